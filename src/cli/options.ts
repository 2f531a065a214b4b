/** The flags of `train`: their definitions, their defaults for each data set, and the command line they came from. */
import type { ArgsDef } from 'citty';
import { MOST_THREADS } from '../../assembly/abi.js';
import { ACTIVATION_NAMES, type ActivationName } from '../nn/activations.js';
import { defaultRate, OPTIMIZER_NAMES, type Optimizer } from '../nn/optimizers.js';
import { type Arguments, fail, Values } from './arguments.js';
import { AUGMENT_HELP, readAugmentation } from './augment.js';
import { type DataKind, dataKind } from './data.js';
import { commandLine, programWords } from './invocation.js';
import { readSchedule, SCHEDULE_HELP } from './schedule.js';

/** Where results go unless --out says otherwise. */
export const DEFAULT_FOLDER = 'lanegrad-out';

/** What every run begins with unless --seed says otherwise. */
export const DEFAULT_SEED = 42;

/** Share of the rows for the test unless --test says otherwise; a folder brings its own test part. */
const TEST_SHARE = 0.15;

/** What suits each kind of data; found by trying, see docs/command.md. */
const DEFAULTS = {
  digits: { hidden: [128], activation: 'relu', epochs: 30, batchSize: 64, adam: 1e-3, patience: 5, validation: 0.15 },
  spirals: {
    hidden: [32, 32],
    activation: 'tanh',
    epochs: 200,
    batchSize: 32,
    adam: 1e-2,
    patience: 30,
    validation: 0.15,
  },
  idx: { hidden: [128], activation: 'relu', epochs: 5, batchSize: 128, adam: 1e-3, patience: 5, validation: 0.1 },
} as const satisfies Record<DataKind, { readonly activation: ActivationName; readonly [name: string]: unknown }>;

/** The defaults of a flag, for its help text. */
function defaultsOf(name: keyof (typeof DEFAULTS)['digits']): string {
  const { digits, spirals, idx } = DEFAULTS;
  return `default ${digits[name]}, for spirals ${spirals[name]}, for a folder ${idx[name]}`;
}

/** The flags, in the groups of the help text. */
export const TRAIN_FLAGS = {
  data: {
    data: {
      type: 'positional',
      required: false,
      description: '`digits` (default) or `spirals`, made by code, or a folder of IDX files such as MNIST',
    },
    test: {
      type: 'string',
      valueHint: 'SHARE',
      description: `rows for the final test alone; default ${TEST_SHARE}; a folder brings its own test part`,
    },
    validation: {
      type: 'string',
      valueHint: 'SHARE',
      description: `rows that choose the best epoch, 0 for none; ${defaultsOf('validation')} (of its training part)`,
    },
  },
  model: {
    hidden: {
      type: 'string',
      valueHint: 'WIDTHS',
      description: `hidden layers, such as \`64,32\`, or \`none\` for a linear model; ${defaultsOf('hidden')}`,
    },
    activation: {
      type: 'string',
      valueHint: 'NAME',
      description: `of hidden layers: ${ACTIVATION_NAMES.join(', ')}; ${defaultsOf('activation')}`,
    },
    l1: { type: 'string', valueHint: 'LAMBDA', description: 'penalty λ Σ |w| on all weights; default 0' },
    l2: { type: 'string', valueHint: 'LAMBDA', description: 'penalty λ/2 Σ w² on all weights; default 0' },
    dropout: {
      type: 'string',
      valueHint: 'RATE',
      description: 'share of hidden values dropped in training; default 0',
    },
    'dropout-keep': { type: 'string', valueHint: 'P', description: 'the same as a share that is kept; default 1' },
    'batch-norm': {
      type: 'string',
      valueHint: 'PLACE',
      description: 'batch normalization `before` or `after` the activation of hidden layers; default none',
    },
  },
  training: {
    epochs: { type: 'string', valueHint: 'N', description: `passes over the training rows; ${defaultsOf('epochs')}` },
    'batch-size': { type: 'string', valueHint: 'N', description: `rows per update; ${defaultsOf('batchSize')}` },
    optimizer: { type: 'string', valueHint: 'NAME', description: `${OPTIMIZER_NAMES.join(', ')}; default adam` },
    'learning-rate': {
      type: 'string',
      valueHint: 'RATE',
      description: `for adam and adamw ${defaultsOf('adam')}; for the others as in the library (sgd ${defaultRate('sgd')})`,
    },
    schedule: {
      type: 'string',
      valueHint: 'NAME:KEY=VALUE,…',
      description: `how the learning rate changes, such as \`inverse:k=1e-3\` or \`cosine\`; ${SCHEDULE_HELP}; default constant`,
    },
    'clip-norm': { type: 'string', valueHint: 'C', description: 'the largest norm of the gradient; default any' },
    'clip-value': { type: 'string', valueHint: 'C', description: 'the largest size of its elements; default any' },
    augment: {
      type: 'string',
      valueHint: 'CHANGE,…',
      description: `other images in every step, such as \`rotate:15,shift:2,flip-h\`; ${AUGMENT_HELP}; default as they are`,
    },
    patience: {
      type: 'string',
      valueHint: 'N',
      description: `epochs without a better validation loss before training ends; ${defaultsOf('patience')}`,
    },
    'time-limit': {
      type: 'string',
      valueHint: 'TIME',
      description: 'such as `60s` or `2m`: training then ends, the best is kept',
    },
    'class-weight': {
      type: 'string',
      valueHint: 'balanced',
      description: 'rare classes count as much as frequent ones',
    },
    seed: {
      type: 'string',
      valueHint: 'N',
      description: `decides data made by code, parts, first weights and order of rows; default ${DEFAULT_SEED}`,
    },
  },
  runtime: {
    threads: { type: 'string', valueHint: 'N', description: 'a number, or `auto`: as many as pay' },
    kernel: { type: 'string', valueHint: 'NAME', description: '`simd` or `auto`, which is simd today' },
  },
  output: {
    out: { type: 'string', valueHint: 'FOLDER', description: `where model and report go; default ${DEFAULT_FOLDER}` },
    force: { type: 'boolean', description: 'overwrite files there that this command did not write' },
    json: { type: 'boolean', description: 'one JSON object per line on stdout, and nothing else' },
    quiet: { type: 'boolean', description: 'no progress, and only the result' },
  },
} as const satisfies Record<string, ArgsDef>;

/** All of a training, decided. */
export interface TrainOptions {
  readonly kind: DataKind;
  readonly data: string;
  readonly test: number | undefined;
  readonly validation: number;
  readonly hidden: readonly number[];
  readonly activation: ActivationName;
  readonly l1: number;
  readonly l2: number;
  /** Share of hidden values that dropout keeps; 1 for no dropout. */
  readonly keep: number;
  readonly batchNorm: 'before' | 'after' | undefined;
  readonly epochs: number;
  /** As given; by default at most the training rows there are. */
  readonly batchSize: number | { readonly atMost: number };
  readonly optimizer: Optimizer['kind'];
  readonly learningRate: number;
  /** As given; read by src/cli/schedule.ts. */
  readonly schedule: string | undefined;
  /** As given; read by src/cli/augment.ts. */
  readonly augment: string | undefined;
  readonly clipNorm: number | undefined;
  readonly clipValue: number | undefined;
  readonly patience: number | undefined;
  readonly timeLimit: number | undefined;
  readonly classWeight: 'balanced' | undefined;
  readonly seed: number;
  readonly threads: number | 'auto';
  readonly kernel: 'auto' | 'simd';
  readonly out: string;
  readonly force: boolean;
}

/** What dropout keeps: as `--dropout-keep` has it, or what `--dropout` leaves. */
function keepOf(verb: string, values: Values): number {
  const rate = values.share('dropout', true);
  const keep = values.positive('dropout-keep');
  if (rate !== undefined && keep !== undefined) {
    fail(verb, '`--dropout` and `--dropout-keep` say the same thing: give one of them.');
  }
  if (keep !== undefined && keep > 1) fail(verb, `\`--dropout-keep\` must be at most 1, not ${keep}.`);
  return keep ?? 1 - (rate ?? 0);
}

/** Reads the flags. @throws ArgumentError for a value that cannot be used, in one sentence. */
export async function trainOptions(args: Arguments): Promise<TrainOptions> {
  const verb = 'train';
  const values = new Values(verb, args);
  const data = values.text('data') ?? 'digits';
  const kind = await dataKind(verb, data);
  const defaults = DEFAULTS[kind];
  const test = values.share('test', false);
  const validation = values.share('validation', true) ?? defaults.validation;
  if (kind === 'idx' && test !== undefined)
    fail(verb, '`--test` does not fit an IDX folder: its t10k files are the test part.');
  if ((kind === 'idx' ? 0 : (test ?? TEST_SHARE)) + validation >= 1) {
    fail(verb, '`--test` and `--validation` must leave rows for training: together they must stay below 1.');
  }
  const patience = values.whole('patience', 1);
  if (patience !== undefined && validation === 0)
    fail(verb, '`--patience` needs validation rows, and `--validation` is 0.');
  const optimizer = values.oneOf('optimizer', OPTIMIZER_NAMES) ?? 'adam';
  const schedule = values.text('schedule');
  if (schedule !== undefined) readSchedule(verb, schedule);
  const augment = values.text('augment');
  if (augment !== undefined) {
    if (kind === 'spirals') fail(verb, '`--augment` is for images, and spirals are points.');
    readAugmentation(verb, augment);
  }
  const batchNorm = values.oneOf('batch-norm', ['before', 'after']);
  const batchSize = values.whole('batch-size', 1);
  if (batchNorm && batchSize === 1) {
    fail(verb, '`--batch-norm` needs batches of at least two rows, and `--batch-size` is 1.');
  }
  const threads = values.text('threads') === 'auto' ? 'auto' : (values.whole('threads', 1) ?? 'auto');
  if (threads !== 'auto' && threads > MOST_THREADS) {
    fail(verb, `\`--threads\` must be \`auto\` or at most ${MOST_THREADS}, and is ${threads}.`);
  }
  return {
    kind,
    data,
    test: kind === 'idx' ? undefined : (test ?? TEST_SHARE),
    validation,
    hidden: values.widths('hidden') ?? defaults.hidden,
    activation: values.oneOf('activation', ACTIVATION_NAMES) ?? defaults.activation,
    l1: values.amount('l1') ?? 0,
    l2: values.amount('l2') ?? 0,
    keep: keepOf(verb, values),
    batchNorm,
    epochs: values.whole('epochs', 1) ?? defaults.epochs,
    batchSize: batchSize ?? { atMost: defaults.batchSize },
    optimizer,
    learningRate:
      values.amount('learning-rate') ?? (optimizer.startsWith('adam') ? defaults.adam : defaultRate(optimizer)),
    schedule,
    augment,
    clipNorm: values.positive('clip-norm'),
    clipValue: values.positive('clip-value'),
    patience: validation === 0 ? undefined : (patience ?? defaults.patience),
    timeLimit: values.milliseconds('time-limit'),
    classWeight: values.oneOf('class-weight', ['balanced']),
    seed: values.whole('seed', 0) ?? DEFAULT_SEED,
    threads,
    kernel: values.oneOf('kernel', ['simd', 'auto']) ?? 'auto',
    out: values.text('out') ?? DEFAULT_FOLDER,
    force: values.has('force'),
  };
}

/** The command line that gives the same run again: every option in full, so that it outlives a change of defaults. */
export function repeatCommand(options: TrainOptions, batchSize: number, kernel: string): string {
  const flags: readonly (readonly [string, string | number | undefined])[] = [
    ['test', options.test],
    ['validation', options.validation],
    ['hidden', options.hidden.join(',') || 'none'],
    ['activation', options.activation],
    ['l1', options.l1 || undefined],
    ['l2', options.l2 || undefined],
    ['dropout-keep', options.keep < 1 ? options.keep : undefined],
    ['batch-norm', options.batchNorm],
    ['epochs', options.epochs],
    ['batch-size', batchSize],
    ['optimizer', options.optimizer],
    ['learning-rate', options.learningRate],
    ['schedule', options.schedule],
    ['augment', options.augment],
    ['clip-norm', options.clipNorm],
    ['clip-value', options.clipValue],
    ['patience', options.patience],
    ['time-limit', options.timeLimit === undefined ? undefined : `${options.timeLimit}ms`],
    ['class-weight', options.classWeight],
    ['seed', options.seed],
    ['kernel', kernel],
    ['out', options.out === DEFAULT_FOLDER ? undefined : options.out],
  ];
  const words = flags.flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, String(value)]));
  return commandLine([...programWords(), 'train', options.data, ...words]);
}
