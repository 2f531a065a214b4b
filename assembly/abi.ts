/**
 * The contract between the two languages: the one file that both AssemblyScript (asc) and TypeScript (tsc) compile.
 * Plain enums and untyped integer constants only, so that both compilers read it alike.
 *
 * A program in linear memory:
 *
 *     program ─▶ ┌────────────────────┐
 *                │ header   16 words  │  Header: count, step block, scratch
 *                ├────────────────────┤
 *                │ record 0 16 words  │  Word: operation, flags, kind, operands A…G, sizes M N K, immediates P Q R
 *                ├────────────────────┤
 *                │ record 1 16 words  │
 *                └────────────────────┘
 *
 * Adding an enum row here is the first line of every recipe in CONTRIBUTING.md; tables typed over these enums and the
 * contract test then name every place that is still missing.
 */

/** What a record does. Each row has a kernel (assembly/index.ts), an operation row (src/program/ops.ts) and an oracle. */
export enum Op {
  Gather,
  Standardize,
  PackB,
  Gemm,
  ColumnSum,
  Activation,
  ActivationGradient,
  Softmax,
  SoftmaxGradient,
  Loss,
  Metric,
  Penalty,
  SquareSum,
  Verdict,
  Optimizer,
  Random,
  Dropout,
  Moments,
  Normalize,
  NormalizeGradient,
  RunningAverage,
  NormalizationScale,
  Fold,
  LayerNorm,
  LayerNormGradient,
  LayerNormParameterGradient,
  Add,
  Clip,
  SoftThreshold,
  MaxNorm,
  RandomMap,
  Warp,
  Noise,
}

/**
 * `kind` of PackB and Gemm: the shape of the register tile. It decides how fast a product is on an engine, and never one
 * bit of it (assembly/gemm/gemm.ts).
 */
export enum Tile {
  /** 3 × 12, for 128-bit registers */
  Narrow,
  /** 3 × 12, with several steps of the sum per turn of the loop, for engines that do not spill then */
  NarrowUnrolled,
  /** 6 × 8, for 128-bit registers and fused multiplication and addition */
  Tall,
  /** 16 columns, for engines that join two 128-bit operations into one of 256 bits */
  Wide,
}

/** `kind` of Activation and ActivationGradient. Softmax works on rows and is an operation of its own. */
export enum Activation {
  Linear,
  Sigmoid,
  Tanh,
  Relu,
  LeakyRelu,
  Elu,
  Softplus,
  Gelu,
  GeluTanh,
  Silu,
}

/** `kind` of Loss, and `k` of the metrics that need to know how a row of outputs names its class. */
export enum Loss {
  CrossEntropy,
  BinaryCrossEntropy,
  MeanSquaredError,
  MeanAbsoluteError,
  Huber,
}

/** `kind` of Metric: which sums a batch adds to the float64 accumulators. */
export enum Metric {
  /** accumulators [hits, count] */
  Accuracy,
  /** accumulators [count], then per output [Σe², Σt, Σt²] */
  SquaredError,
  /** accumulators [count], then per output Σ|e| */
  AbsoluteError,
  /** accumulators per class (per output for binary losses) [right answers, answers, rows] */
  ClassCounts,
}

/** `kind` of Optimizer. Momentum is the heavy ball, and the exponentially weighted average too. */
export enum Optimizer {
  Sgd,
  Adam,
  Momentum,
  Nesterov,
  Adagrad,
  Rmsprop,
  AdamW,
}

/** `kind` of Random. */
export enum Distribution {
  /** uniform between P and Q; rounding may reach Q where |P| is large against Q − P */
  Uniform,
  /** normal with mean P and standard deviation Q */
  Normal,
}

/** `kind` of Gather: how a row is stored in the data set, and so what becomes of it in the batch. */
export enum Element {
  /** 32-bit words are copied as they are: float32 values, or int32 class indices */
  Word,
  /** uint8 becomes float32, times InputScale of the step block */
  Uint8,
}

/** `kind` of Fold: which side of the weights the scale belongs to. */
export enum Side {
  /** a normalization behind the dense layer: one scale per row of W */
  Outputs,
  /** a normalization in front of it: one scale per column of W */
  Inputs,
}

/** The words of a record. F and G are two more immediates (S, T) where an operation has at most five operands; E is one
 * (U) where it has at most four. */
export enum Word {
  Op,
  Flags,
  Kind,
  A,
  B,
  C,
  D,
  E,
  F,
  G,
  M,
  N,
  K,
  P,
  Q,
  R,
}

/** Bits of Word.Flags. */
export enum Flag {
  /** M, N or K follow the batch: the kernel is given `rows` of the step block instead */
  RowsM = 1,
  RowsN = 2,
  RowsK = 4,
  /** Gemm, PackB: the stored matrix is the transposed one */
  TransposeA = 8,
  TransposeB = 16,
  /** Loss, Metric: targets are rows of float32, not class indices */
  DenseTargets = 32,
  /** a later record depends on this one in a way that only a barrier after it makes safe */
  Barrier = 64,
  /** RandomMap: images are mirrored with probability ½ */
  FlipHorizontal = 128,
  FlipVertical = 256,
}

/** Words of the program header. */
export enum Header {
  Count,
  Step,
  Scratch,
  ScratchStride,
  /** not 0 where thread 0 may not sleep, as the one of a page; written once */
  Awake,
}

/** 32-bit words of the step block: what changes from step to step. Rows from Status on are written by kernels. */
export enum Step {
  /** rows in this batch (u32) */
  Rows,
  /** position in the indices (or the row of the data, without indices) at which this batch begins (u32) */
  First,
  /** update number, from 0 (u32) */
  Number,
  /** seed (u64 as two u32) */
  SeedLow,
  SeedHigh,
  /** learning rate of this update (f32) */
  LearningRate,
  /** the optimizer's bias corrections 1/(1 − ρᵗ) of this update (f32) */
  Correction1,
  Correction2,
  /** row numbers of the epoch in training order (pointer to u32), or 0: rows in stored order */
  Indices,
  /** the bound data set: pointers to its inputs, targets and row weights */
  Inputs,
  Targets,
  Weights,
  /** what a uint8 input is multiplied by (f32) */
  InputScale,
  /** 0 while loss and gradient are finite, 1 when the optimizer held still (u32) */
  Status = 16,
  /** what the optimizer multiplies the gradient by: 1, or c/‖g‖ where the norm is clipped to c (f32) */
  GradientScale,
  /** float64 from here on, two words each: J, L, Ω-term, gradient norm, Σw of this batch … */
  Loss = 18,
  DataLoss = 20,
  Penalty = 22,
  GradientNorm = 24,
  WeightSum = 26,
  /** … and since the totals were cleared: ΣJ·Σw, ΣL·Σw, Σw */
  TotalLoss = 28,
  TotalDataLoss = 30,
  TotalWeight = 32,
}

/**
 * Words of the sync block of a team of threads (assembly/team.ts). What several threads write to begins a cache line of its
 * own (16 words); behind a word that is slept on stands the number of those who sleep.
 */
export enum Sync {
  /** number of the job: raising it posts one */
  Job,
  JobSleepers,
  /** workers that are up: bit t for thread t */
  Ready = 16,
  /** workers that do this job, and Closed once nobody may join any more */
  Joined = 32,
  JoinedSleepers,
  /** threads that have come to the barrier … */
  Arrived = 48,
  /** … and how many barriers all have passed */
  Phase = 64,
  PhaseSleepers,
  /** 0; or the thread that trapped, Silent, or Ended: everybody leaves, and the block is not used again */
  Failed = 80,
  /** workers that have left a job that failed */
  Left,
  /** the job, written by thread 0 before it is posted: records of a program, or pieces of a record (run in index.ts) */
  Program = 96,
  First,
  Last,
  From,
  To,
  Pieces,
  Wanted,
  /** scratch of worker 1, and bytes from there to that of the next one; written once */
  Scratch,
  ScratchStride,
  /** not 0 where thread 0 may not sleep, as the one of a page; written once */
  Awake,
  /** bytes of the message of the thread that trapped, and its text (UTF-8) */
  MessageBytes = 112,
  Message,

  /** in Joined: no worker, so never a bit of one */
  Closed = 0x40000000,
  /** in Failed: someone did not come to a barrier */
  Silent = 1000,
  /** in Failed: the team is dissolved */
  Ended = 1001,
}

/** Most threads of a team: a worker is a bit of a word, and 30 stands for Sync.Closed. */
export const MOST_THREADS = 30;
/** Bytes of a sync block, and of the message at its end. */
export const SYNC_BYTES = 960;
export const MESSAGE_BYTES = 508;

/** Bytes of a record, and of the program header. */
export const RECORD_BYTES = 64;
/** Bytes of a step block (136 in use, padded to three cache lines). */
export const STEP_BYTES = 192;
/** Alignment of every region and tensor, in bytes: one cache line. */
export const ALIGNMENT = 64;

/** Columns of the register tiles of the matrix product (enum Tile), which panels of a packed B are as wide as. */
export const NARROW_COLUMNS = 12;
export const TALL_COLUMNS = 8;
export const WIDE_COLUMNS = 16;
/** Depth of a block of the matrix product: k values that stay in cache (KC). */
export const BLOCK_DEPTH = 256;
/** Most rows of A in a block (MC): a multiple of the rows of every tile. A block (135 KB) stays in the second-level cache. */
export const BLOCK_ROWS = 132;
/** Floats from row to row of a turned block of A: a cache line more than a row, so that rows use different cache sets. */
export const BLOCK_STRIDE = BLOCK_DEPTH + 16;
/** Scratch of one thread: a turned block of A, a panel of C for its right edge, and a row of zeros three panels wide. */
export const SCRATCH_BYTES = (BLOCK_ROWS * BLOCK_STRIDE + BLOCK_ROWS * WIDE_COLUMNS + 3 * WIDE_COLUMNS) * 4;

/** Counter word 3 of dropout's random words: `Domain.dropout` of src/random.ts. */
export const DROPOUT_DOMAIN = 5;
/** The same for the maps and the noise of augmentation: `Domain.augment` and `Domain.noise`. */
export const AUGMENT_DOMAIN = 7;
export const NOISE_DOMAIN = 8;

/** Elements per partial sum of a slab-wide reduction: fixed, so the sum does not depend on the thread count. */
export const REDUCE_BLOCK = 1024;
