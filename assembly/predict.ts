/**
 * The kernels of `lanegrad/predict`: what prediction programs consist of, with one tile, for one thread. The same kernels as
 * behind `run` in index.ts, so the same bits; what is not here, a program that predicts does not have.
 */
import { Flag, Header, NARROW_COLUMNS, Op, RECORD_BYTES, Step, Word } from './abi';
import { activation } from './activations';
import { add } from './add';
import { normalize } from './batchnorm';
import { fold, normalizationScale } from './fold';
import { gather } from './gather';
import { product } from './gemm/gemm';
import { packPanels } from './gemm/pack';
import { Whole } from './gemm/tiles.generated';
import { layerNorm } from './layernorm';
import { softmax } from './softmax';
import { standardize } from './standardize';

/** Word `index` of the record, header or step block at `base`. */
function word(base: usize, index: i32): usize {
  return load<u32>(base + ((<usize>index) << 2));
}

/** Float32 word `index` of a record or step block. */
function real(base: usize, index: i32): f32 {
  return load<f32>(base + ((<usize>index) << 2));
}

/** Runs the records first ≤ i < last of `program`. */
export function run(program: usize, first: i32, last: i32): void {
  const step = word(program, Header.Step);
  const rows = <i32>word(step, Step.Rows);
  for (let i = first; i < last; i++) {
    execute(program + RECORD_BYTES + <usize>i * RECORD_BYTES, step, word(program, Header.Scratch), rows);
  }
}

/** Decodes one record and calls its kernel. */
function execute(r: usize, step: usize, scratch: usize, rows: i32): void {
  const flags = <i32>word(r, Word.Flags);
  const kind = <i32>word(r, Word.Kind);
  const a = word(r, Word.A);
  const b = word(r, Word.B);
  const c = word(r, Word.C);
  const d = word(r, Word.D);
  const e = word(r, Word.E);
  const f = word(r, Word.F);
  const p = real(r, Word.P);
  const n = <i32>word(r, Word.N);
  const k = <i32>word(r, Word.K);
  // of the sizes, a prediction has only this one follow the batch
  const m = flags & Flag.RowsM ? rows : <i32>word(r, Word.M);
  switch (<i32>word(r, Word.Op)) {
    case Op.Gather: {
      const scale = real(step, Step.InputScale);
      // rows stand where they were copied to, from the first one on
      gather(kind, word(step, k), 0, 0, a, m, n, scale, 0, 1);
      break;
    }
    case Op.Standardize:
      standardize(a, b, c, d, m, n, 0, 1);
      break;
    case Op.PackB:
      // weights are [units, inputs], as dense layers have them
      packPanels(NARROW_COLUMNS, a, true, b, k, n, 0, 1);
      break;
    case Op.Gemm:
      product<Whole>(a, false, b, c, m, n, k, d, scratch, 0, 1);
      break;
    case Op.Activation:
      activation(kind, a, b, m * n, p, 0, 1);
      break;
    case Op.Softmax:
      softmax(a, b, m, n, 0, 1);
      break;
    case Op.Add:
      add(a, b, c, m * n, 0, 1);
      break;
    case Op.Normalize:
      normalize(a, b, c, d, e, f, m, n, p, 0, 1);
      break;
    case Op.NormalizationScale:
      normalizationScale(a, b, c, d, e, f, n, p, 0, 1);
      break;
    case Op.Fold:
      fold(kind, a, b, c, d, e, f, m, n, 0, 1);
      break;
    case Op.LayerNorm:
      layerNorm(a, b, c, d, e, f, m, n, p, 0, 1);
      break;
    default:
      unreachable();
  }
}
