/** Operations on given matrices through the real builder, planner and runtime: for tests below the facade. */
import { Tile } from '../../assembly/abi.js';
import { ProgramBuilder } from '../../src/program/builder.js';
import { plan } from '../../src/program/plan.js';
import { Program } from '../../src/program/program.js';
import { type Tensor, tensorBytes } from '../../src/program/tensor.js';
import { createRuntime } from '../../src/runtime/runtime.js';

/** A matrix that a program reads: float32 values, or class indices. */
export interface Given {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array | Int32Array;
}

const runtime = createRuntime();

/**
 * Builds a program over the given matrices, runs it once (or as `run` has it), and returns the values of the tensors that
 * `build` names.
 */
export function compute<G extends string, R extends string>(
  given: Readonly<Record<G, Given>>,
  build: (b: ProgramBuilder, tensors: Readonly<Record<G, Tensor>>) => Record<R, Tensor>,
  run: (program: Program) => void = (program) => program.run(0, program.length),
): Record<R, Float32Array> {
  let bytes = 0;
  const tensors = {} as Record<G, Tensor>;
  for (const [name, { rows, columns, data }] of Object.entries<Given>(given)) {
    const type = data instanceof Int32Array ? 'i32' : 'f32';
    tensors[name as G] = { name, rows, columns, type, space: 'constants', offset: bytes };
    bytes += Math.ceil(data.byteLength / 64) * 64;
  }
  const builder = new ProgramBuilder(new Map(), Tile.Narrow);
  const results = build(builder, tensors);
  const constants = runtime.reserve(bytes, 'given');
  for (const [name, { data }] of Object.entries<Given>(given)) {
    const at = constants.offset + (tensors[name as G].offset as number);
    new Uint8Array(runtime.buffer, at, data.byteLength).set(
      new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    );
  }
  const planned = plan(builder.instructions, 1, Object.values<Tensor>(results), false);
  const program = new Program(runtime, 'test', planned, { constants });
  try {
    run(program);
    const values = Object.entries<Tensor>(results).map(([name, tensor]) => {
      return [name, runtime.floats(program.address(tensor), tensorBytes(tensor, 1) / 4).slice()] as const;
    });
    return Object.fromEntries(values) as Record<R, Float32Array>;
  } finally {
    program.release();
    runtime.release(constants);
  }
}
