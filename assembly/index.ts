/**
 * The only door to the kernels: `run` decodes the records of a program (layout in abi.ts) and calls one kernel each.
 * Kernels take plain pointers and sizes and know nothing of programs; nothing here computes.
 * Every thread runs the same records and takes its share from (thread, threads).
 */
import { Flag, Header, Op, RECORD_BYTES, Step, Word } from './abi';
import { activation, activationGradient } from './activations';
import { add } from './add';
import { noise, randomMap, warp } from './augment';
import { normalize, normalizeGradient } from './batchnorm';
import { dropout } from './dropout';
import { fold, normalizationScale } from './fold';
import { gather } from './gather';
import { gemm } from './gemm/gemm';
import { packB } from './gemm/pack';
import { layerNorm, layerNormGradient, layerNormParameterGradient } from './layernorm';
import { loss } from './losses';
import { metric } from './metrics';
import { moments, runningAverage } from './moments';
import { optimizer } from './optimizers';
import { clip, maxNorm, softThreshold } from './projections';
import { random } from './random';
import { columnSum, penalty, squareSum } from './reduce';
import { softmax, softmaxGradient } from './softmax';
import { standardize } from './standardize';
import { verdict } from './verdict';

/** Word `index` of the record, header or step block at `base`. */
function word(base: usize, index: i32): usize {
  return load<u32>(base + ((<usize>index) << 2));
}

/** Size word `index` of a record: what it holds, or the batch's row count where `flag` is set. */
function size(record: usize, index: i32, flags: i32, flag: i32, rows: i32): i32 {
  return flags & flag ? rows : <i32>word(record, index);
}

/** Float32 word `index` of a record or step block. */
function real(base: usize, index: i32): f32 {
  return load<f32>(base + ((<usize>index) << 2));
}

/** Runs the records first ≤ i < last of `program` as thread `thread` out of `threads`. */
export function run(program: usize, first: i32, last: i32, thread: i32, threads: i32): void {
  const step = word(program, Header.Step);
  const scratch = word(program, Header.Scratch) + <usize>thread * word(program, Header.ScratchStride);
  const rows = <i32>word(step, Step.Rows);
  for (let i = first; i < last; i++) {
    execute(program + RECORD_BYTES + <usize>i * RECORD_BYTES, step, scratch, rows, thread, threads);
  }
}

/** Decodes one record and calls its kernel. */
function execute(r: usize, step: usize, scratch: usize, rows: i32, thread: i32, threads: i32): void {
  const flags = <i32>word(r, Word.Flags);
  const kind = <i32>word(r, Word.Kind);
  const a = word(r, Word.A);
  const b = word(r, Word.B);
  const c = word(r, Word.C);
  const d = word(r, Word.D);
  const e = word(r, Word.E);
  const m = size(r, Word.M, flags, Flag.RowsM, rows);
  const n = size(r, Word.N, flags, Flag.RowsN, rows);
  const k = size(r, Word.K, flags, Flag.RowsK, rows);
  const dense = (flags & Flag.DenseTargets) !== 0;
  switch (<i32>word(r, Word.Op)) {
    case Op.Gather: {
      // k is the step-block word that holds the bound array: Inputs, Targets or Weights
      const scale = real(step, Step.InputScale);
      gather(kind, word(step, k), word(step, Step.Indices), word(step, Step.First), a, m, n, scale, thread, threads);
      break;
    }
    case Op.Standardize:
      standardize(a, b, c, d, m, n, thread, threads);
      break;
    case Op.PackB:
      packB(kind, a, (flags & Flag.TransposeB) !== 0, b, k, n, thread, threads);
      break;
    case Op.Gemm:
      gemm(kind, a, (flags & Flag.TransposeA) !== 0, b, c, m, n, k, d, scratch, thread, threads);
      break;
    case Op.ColumnSum:
      columnSum(a, b, m, n, thread, threads);
      break;
    case Op.Activation:
      activation(kind, a, b, m * n, real(r, Word.P), thread, threads);
      break;
    case Op.ActivationGradient:
      activationGradient(kind, a, b, c, m * n, real(r, Word.P), thread, threads);
      break;
    case Op.Softmax:
      softmax(a, b, m, n, thread, threads);
      break;
    case Op.SoftmaxGradient:
      softmaxGradient(a, b, c, m, n, thread, threads);
      break;
    case Op.Loss:
      loss(kind, dense, a, b, c, d, e, m, n, real(r, Word.P), thread, threads);
      break;
    case Op.Metric:
      // k is the loss whose convention says which class a row of outputs names
      metric(kind, k, dense, a, b, c, m, n, thread);
      break;
    case Op.Penalty:
      penalty(a, b, c, n, real(r, Word.P), real(r, Word.Q), thread, threads);
      break;
    case Op.SquareSum:
      squareSum(a, b, n, thread, threads);
      break;
    case Op.Verdict:
      verdict(a, b, m, c, n, d, k, real(r, Word.P), step, thread);
      break;
    case Op.Optimizer:
      optimizer(
        kind,
        a,
        b,
        c,
        d,
        n,
        step,
        real(r, Word.P),
        real(r, Word.Q),
        real(r, Word.R),
        real(r, Word.F),
        real(r, Word.G),
        thread,
        threads,
      );
      break;
    case Op.Random:
      random(
        kind,
        a,
        n,
        <u32>word(r, Word.K),
        <u32>word(step, Step.SeedLow),
        <u32>word(step, Step.SeedHigh),
        <u32>word(step, Step.Number),
        real(r, Word.P),
        real(r, Word.Q),
        thread,
        threads,
      );
      break;
    case Op.Dropout:
      dropout(
        a,
        b,
        m * n,
        <u32>word(r, Word.K),
        <u32>word(step, Step.SeedLow),
        <u32>word(step, Step.SeedHigh),
        <u32>word(step, Step.Number),
        real(r, Word.P),
        thread,
        threads,
      );
      break;
    case Op.Moments:
      moments(a, b, m, n, thread, threads);
      break;
    case Op.Normalize:
      normalize(a, b, c, d, e, word(r, Word.F), m, n, real(r, Word.P), thread, threads);
      break;
    case Op.NormalizeGradient: {
      const dgamma = word(r, Word.F);
      const dbeta = word(r, Word.G);
      normalizeGradient(a, b, c, d, e, dgamma, dbeta, m, n, real(r, Word.P), thread, threads);
      break;
    }
    case Op.RunningAverage:
      runningAverage(a, b, n, step, real(r, Word.P), thread, threads);
      break;
    case Op.NormalizationScale:
      normalizationScale(a, b, c, d, e, word(r, Word.F), n, real(r, Word.P), thread, threads);
      break;
    case Op.Fold:
      fold(kind, a, b, c, d, e, word(r, Word.F), m, n, thread, threads);
      break;
    case Op.LayerNorm:
      layerNorm(a, b, c, d, e, word(r, Word.F), m, n, real(r, Word.P), thread, threads);
      break;
    case Op.LayerNormGradient:
      layerNormGradient(a, b, c, d, e, word(r, Word.F), m, n, thread, threads);
      break;
    case Op.LayerNormParameterGradient:
      layerNormParameterGradient(a, b, c, d, e, word(r, Word.F), m, n, thread, threads);
      break;
    case Op.Add:
      add(a, b, c, m * n, thread, threads);
      break;
    case Op.Clip:
      clip(a, n, real(r, Word.P), thread, threads);
      break;
    case Op.SoftThreshold:
      softThreshold(a, n, real(r, Word.P), step, thread, threads);
      break;
    case Op.MaxNorm:
      maxNorm(a, m, n, real(r, Word.P), step, thread, threads);
      break;
    case Op.RandomMap:
      randomMap(
        flags,
        a,
        m,
        <u32>word(step, Step.SeedLow),
        <u32>word(step, Step.SeedHigh),
        <u32>word(step, Step.Number),
        real(r, Word.P),
        real(r, Word.Q),
        real(r, Word.R),
        real(r, Word.F),
        real(r, Word.G),
        real(r, Word.E),
        scratch,
        thread,
        threads,
      );
      break;
    case Op.Warp:
      // k is the width of an image, kind its channels
      warp(a, b, c, m, n, k, kind, thread, threads);
      break;
    case Op.Noise:
      noise(
        a,
        b,
        m * n,
        <u32>word(step, Step.SeedLow),
        <u32>word(step, Step.SeedHigh),
        <u32>word(step, Step.Number),
        real(r, Word.P),
        thread,
        threads,
      );
      break;
    default:
      unreachable();
  }
}
