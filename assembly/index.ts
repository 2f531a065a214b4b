/**
 * The only door to the kernels: `run` decodes the records of a program (layout in abi.ts) and calls one kernel each.
 * Kernels take plain pointers and sizes and know nothing of programs; nothing here computes.
 * Every thread runs the same records and takes its share from (thread, threads): `lead` is thread 0 of a team, `serve` is
 * every other one. Both return after each job, so that engines may replace their first translation by a better one.
 */
import { Flag, Header, Op, RECORD_BYTES, Step, Sync, Word } from './abi';
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
import { Team } from './team';
import { verdict } from './verdict';

/** How records, headers and step blocks are read: no calls, of which a record would have a dozen. */
class Read {
  /** Word `index` of the record, header or step block at `base`. */
  @inline static word(base: usize, index: i32): usize {
    return load<u32>(base + ((<usize>index) << 2));
  }

  /** Size word `index` of a record: what it holds, or the batch's row count where `flag` is set. */
  @inline static size(record: usize, index: i32, flags: i32, flag: i32, rows: i32): i32 {
    return flags & flag ? rows : <i32>Read.word(record, index);
  }

  /** Float32 word `index` of a record or step block. */
  @inline static real(base: usize, index: i32): f32 {
    return load<f32>(base + ((<usize>index) << 2));
  }
}

/** Runs the records first ≤ i < last of `program` as thread `thread` out of `threads`, without waiting for any other. */
export function run(program: usize, first: i32, last: i32, thread: i32, threads: i32): void {
  const step = Read.word(program, Header.Step);
  const scratch = Read.word(program, Header.Scratch) + <usize>thread * Read.word(program, Header.ScratchStride);
  const rows = <i32>Read.word(step, Step.Rows);
  for (let i = first; i < last; i++) {
    execute(program + RECORD_BYTES + <usize>i * RECORD_BYTES, step, scratch, rows, thread, threads);
  }
}

/**
 * Runs the records first ≤ i < last of `program` with a team, as its thread 0: with `wanted` threads, or with as many of
 * them as come. Where `pieces` is not 0, each record is cut into so many and only those from ≤ p < to are done: who
 * does a piece then has no say in where it is cut. Returns the number of threads; 0 where one of them failed.
 */
export function lead(
  sync: usize,
  program: usize,
  first: i32,
  last: i32,
  from: i32,
  to: i32,
  pieces: i32,
  wanted: i32,
  patience: i32,
): i32 {
  store<usize>(sync + (Sync.Program << 2), program);
  store<i32>(sync + (Sync.First << 2), first);
  store<i32>(sync + (Sync.Last << 2), last);
  store<i32>(sync + (Sync.From << 2), from);
  store<i32>(sync + (Sync.To << 2), to);
  store<i32>(sync + (Sync.Pieces << 2), pieces);
  store<i32>(sync + (Sync.Wanted << 2), wanted);
  const threads = 1 + popcnt<i32>(Team.post(sync, wanted, patience));
  return take(sync, Read.word(program, Header.Scratch), 0, threads) ? threads : 0;
}

/**
 * Waits for the job after `seen` and does its share, as worker `id`. Returns the number of the job it knows of now: `seen`
 * where none came for a long time. Returns −1 where the job failed.
 */
export function serve(sync: usize, id: i32, seen: i32): i32 {
  if (!Team.awaitJob(sync, seen, true)) return seen;
  const job = <i32>Read.word(sync, Sync.Job);
  if (id >= <i32>Read.word(sync, Sync.Wanted)) return job;
  const list = Team.join(sync, id);
  if (list === 0) {
    // too late: the others are at it, and on a busy machine the core is better left to them
    Team.awaitJob(sync, job, false);
    return job;
  }
  const scratch = Read.word(sync, Sync.Scratch) + <usize>(id - 1) * Read.word(sync, Sync.ScratchStride);
  // who has joined need not have come first to the job that was seen
  const joined = <i32>Read.word(sync, Sync.Job);
  return take(sync, scratch, 1 + popcnt<i32>(list & ((1 << id) - 1)), 1 + popcnt<i32>(list)) ? joined : -1;
}

/** Does this thread's share of the job, from barrier to barrier, and waits for the others; false where one failed. */
function take(sync: usize, scratch: usize, thread: i32, threads: i32): bool {
  const program = Read.word(sync, Sync.Program);
  const last = <i32>Read.word(sync, Sync.Last);
  const from = <i32>Read.word(sync, Sync.From);
  const to = <i32>Read.word(sync, Sync.To);
  const pieces = <i32>Read.word(sync, Sync.Pieces);
  const step = Read.word(program, Header.Step);
  const rows = <i32>Read.word(step, Step.Rows);
  for (let i = <i32>Read.word(sync, Sync.First); i < last; i++) {
    const record = program + RECORD_BYTES + <usize>i * RECORD_BYTES;
    if (pieces === 0) execute(record, step, scratch, rows, thread, threads);
    else
      for (let piece = from + thread; piece < to; piece += threads) execute(record, step, scratch, rows, piece, pieces);
    // the last record ends with the job, so it always has one
    const barrier: bool = i + 1 === last || (Read.word(record, Word.Flags) & Flag.Barrier) !== 0;
    if (threads > 1 && barrier && !Team.barrier(sync, thread, threads)) return false;
  }
  return true;
}

/** Decodes one record and calls its kernel. */
function execute(r: usize, step: usize, scratch: usize, rows: i32, thread: i32, threads: i32): void {
  const flags = <i32>Read.word(r, Word.Flags);
  const kind = <i32>Read.word(r, Word.Kind);
  const a = Read.word(r, Word.A);
  const b = Read.word(r, Word.B);
  const c = Read.word(r, Word.C);
  const d = Read.word(r, Word.D);
  const e = Read.word(r, Word.E);
  const m = Read.size(r, Word.M, flags, Flag.RowsM, rows);
  const n = Read.size(r, Word.N, flags, Flag.RowsN, rows);
  const k = Read.size(r, Word.K, flags, Flag.RowsK, rows);
  const dense = (flags & Flag.DenseTargets) !== 0;
  switch (<i32>Read.word(r, Word.Op)) {
    case Op.Gather: {
      // k is the step-block word that holds the bound array: Inputs, Targets or Weights
      const scale = Read.real(step, Step.InputScale);
      gather(
        kind,
        Read.word(step, k),
        Read.word(step, Step.Indices),
        Read.word(step, Step.First),
        a,
        m,
        n,
        scale,
        thread,
        threads,
      );
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
      activation(kind, a, b, m * n, Read.real(r, Word.P), thread, threads);
      break;
    case Op.ActivationGradient:
      activationGradient(kind, a, b, c, m * n, Read.real(r, Word.P), thread, threads);
      break;
    case Op.Softmax:
      softmax(a, b, m, n, thread, threads);
      break;
    case Op.SoftmaxGradient:
      softmaxGradient(a, b, c, m, n, thread, threads);
      break;
    case Op.Loss:
      loss(kind, dense, a, b, c, d, e, m, n, Read.real(r, Word.P), thread, threads);
      break;
    case Op.Metric:
      // k is the loss whose convention says which class a row of outputs names
      metric(kind, k, dense, a, b, c, m, n, thread);
      break;
    case Op.Penalty:
      penalty(a, b, c, n, Read.real(r, Word.P), Read.real(r, Word.Q), thread, threads);
      break;
    case Op.SquareSum:
      squareSum(a, b, n, thread, threads);
      break;
    case Op.Verdict:
      verdict(a, b, m, c, n, d, k, Read.real(r, Word.P), step, thread);
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
        Read.real(r, Word.P),
        Read.real(r, Word.Q),
        Read.real(r, Word.R),
        Read.real(r, Word.F),
        Read.real(r, Word.G),
        thread,
        threads,
      );
      break;
    case Op.Random:
      random(
        kind,
        a,
        n,
        <u32>Read.word(r, Word.K),
        <u32>Read.word(step, Step.SeedLow),
        <u32>Read.word(step, Step.SeedHigh),
        <u32>Read.word(step, Step.Number),
        Read.real(r, Word.P),
        Read.real(r, Word.Q),
        thread,
        threads,
      );
      break;
    case Op.Dropout:
      dropout(
        a,
        b,
        m * n,
        <u32>Read.word(r, Word.K),
        <u32>Read.word(step, Step.SeedLow),
        <u32>Read.word(step, Step.SeedHigh),
        <u32>Read.word(step, Step.Number),
        Read.real(r, Word.P),
        thread,
        threads,
      );
      break;
    case Op.Moments:
      moments(a, b, m, n, thread, threads);
      break;
    case Op.Normalize:
      normalize(a, b, c, d, e, Read.word(r, Word.F), m, n, Read.real(r, Word.P), thread, threads);
      break;
    case Op.NormalizeGradient: {
      const dgamma = Read.word(r, Word.F);
      const dbeta = Read.word(r, Word.G);
      normalizeGradient(a, b, c, d, e, dgamma, dbeta, m, n, Read.real(r, Word.P), thread, threads);
      break;
    }
    case Op.RunningAverage:
      runningAverage(a, b, n, step, Read.real(r, Word.P), thread, threads);
      break;
    case Op.NormalizationScale:
      normalizationScale(a, b, c, d, e, Read.word(r, Word.F), n, Read.real(r, Word.P), thread, threads);
      break;
    case Op.Fold:
      fold(kind, a, b, c, d, e, Read.word(r, Word.F), m, n, thread, threads);
      break;
    case Op.LayerNorm:
      layerNorm(a, b, c, d, e, Read.word(r, Word.F), m, n, Read.real(r, Word.P), thread, threads);
      break;
    case Op.LayerNormGradient:
      layerNormGradient(a, b, c, d, e, Read.word(r, Word.F), m, n, thread, threads);
      break;
    case Op.LayerNormParameterGradient:
      layerNormParameterGradient(a, b, c, d, e, Read.word(r, Word.F), m, n, thread, threads);
      break;
    case Op.Add:
      add(a, b, c, m * n, thread, threads);
      break;
    case Op.Clip:
      clip(a, n, Read.real(r, Word.P), thread, threads);
      break;
    case Op.SoftThreshold:
      softThreshold(a, n, Read.real(r, Word.P), step, thread, threads);
      break;
    case Op.MaxNorm:
      maxNorm(a, m, n, Read.real(r, Word.P), step, thread, threads);
      break;
    case Op.RandomMap:
      randomMap(
        flags,
        a,
        m,
        <u32>Read.word(step, Step.SeedLow),
        <u32>Read.word(step, Step.SeedHigh),
        <u32>Read.word(step, Step.Number),
        Read.real(r, Word.P),
        Read.real(r, Word.Q),
        Read.real(r, Word.R),
        Read.real(r, Word.F),
        Read.real(r, Word.G),
        Read.real(r, Word.E),
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
        <u32>Read.word(step, Step.SeedLow),
        <u32>Read.word(step, Step.SeedHigh),
        <u32>Read.word(step, Step.Number),
        Read.real(r, Word.P),
        thread,
        threads,
      );
      break;
    default:
      unreachable();
  }
}
