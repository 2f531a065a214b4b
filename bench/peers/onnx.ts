/**
 * A dense net as an ONNX file, written by hand: protocol buffers are tags, lengths and bytes (protobuf.dev, "Encoding"), and
 * of ONNX (onnx.proto, IR version 8, operator set 13) a chain of Gemm, Relu and Softmax needs very little.
 */
import type { LayerValues } from '../nets.js';

/** Field numbers of onnx.proto. */
const MODEL = { irVersion: 1, graph: 7, opsetImport: 8 };
const OPSET = { version: 2 };
const GRAPH = { node: 1, name: 2, initializer: 5, input: 11, output: 12 };
const NODE = { input: 1, output: 2, opType: 4, attribute: 5 };
const ATTRIBUTE = { name: 1, i: 3, type: 20 };
const TENSOR = { dims: 1, dataType: 2, name: 8, rawData: 9 };
const VALUE = { name: 1, type: 2 };
const FLOAT = 1;
const INT = 2;

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return Uint8Array.of(...bytes, rest);
}

const join = (...parts: readonly Uint8Array[]): Uint8Array => Buffer.concat(parts);
/** A number: wire type 0. */
const number = (field: number, value: number): Uint8Array => join(varint(field * 8), varint(value));
/** Bytes, text or a message: wire type 2. */
const bytes = (field: number, value: Uint8Array): Uint8Array =>
  join(varint(field * 8 + 2), varint(value.length), value);
const text = (field: number, value: string): Uint8Array => bytes(field, Buffer.from(value));

function tensor(name: string, dims: readonly number[], values: Float32Array): Uint8Array {
  return join(
    ...dims.map((dim) => number(TENSOR.dims, dim)),
    number(TENSOR.dataType, FLOAT),
    text(TENSOR.name, name),
    bytes(TENSOR.rawData, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)),
  );
}

function node(type: string, inputs: readonly string[], output: string, flags: Readonly<Record<string, number>> = {}) {
  const attributes = Object.entries(flags).map(([name, value]) =>
    bytes(NODE.attribute, join(text(ATTRIBUTE.name, name), number(ATTRIBUTE.i, value), number(ATTRIBUTE.type, INT))),
  );
  return join(
    ...inputs.map((name) => text(NODE.input, name)),
    text(NODE.output, output),
    text(NODE.opType, type),
    ...attributes,
  );
}

/** A float matrix of any number of rows: TypeProto { tensor_type { elem_type, shape { dim { param or value } } } }. */
function value(name: string, columns: number): Uint8Array {
  const shape = join(bytes(1, text(2, 'rows')), bytes(1, number(1, columns)));
  return join(text(VALUE.name, name), bytes(VALUE.type, bytes(1, join(number(1, FLOAT), bytes(2, shape)))));
}

/** The bytes: input `x` [rows, inputs], output `y` [rows, outputs], probabilities. */
export function onnxModel(layers: readonly LayerValues[]): Uint8Array {
  const nodes: Uint8Array[] = [];
  const tensors: Uint8Array[] = [];
  let h = 'x';
  layers.forEach(({ weight, bias, inputs, outputs }, i) => {
    tensors.push(tensor(`w${i}`, [outputs, inputs], weight), tensor(`b${i}`, [outputs], bias));
    nodes.push(node('Gemm', [h, `w${i}`, `b${i}`], `z${i}`, { transB: 1 }));
    const last = i === layers.length - 1;
    h = last ? 'y' : `h${i}`;
    nodes.push(last ? node('Softmax', [`z${i}`], h, { axis: 1 }) : node('Relu', [`z${i}`], h));
  });
  const graph = join(
    ...nodes.map((one) => bytes(GRAPH.node, one)),
    text(GRAPH.name, 'dense'),
    ...tensors.map((one) => bytes(GRAPH.initializer, one)),
    bytes(GRAPH.input, value('x', layers[0]?.inputs ?? 0)),
    bytes(GRAPH.output, value('y', layers.at(-1)?.outputs ?? 0)),
  );
  return join(
    number(MODEL.irVersion, 8),
    bytes(MODEL.graph, graph),
    bytes(MODEL.opsetImport, number(OPSET.version, 13)),
  );
}
