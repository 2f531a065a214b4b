/** The flags of `train`: their definitions, their defaults for each data set, and the command line they came from. */
import type { ArgsDef } from 'citty';
import { maxNorm } from '../nn/constraints.js';
import { defaultRate } from '../nn/optimizers.js';
import { type Arguments, fail, Values } from './arguments.js';
import { AUGMENT_HELP, readAugmentation } from './augment.js';
import { type Bagging, baggingText, readBagging } from './bagging.js';
import {
  ACTIVATION_HELP,
  INITIALIZER_HELP,
  OPTIMIZER_HELP,
  readActivation,
  readInitializer,
  readOptimizer,
} from './choices.js';
import { type DataKind, dataKind } from './data.js';
import { DEFAULT_FOLDER, DEFAULT_SEED, DEFAULTS, defaultsOf, TEST_SHARE } from './defaults.js';
import { commandLine, programWords } from './invocation.js';
import { usable } from './named.js';
import { readSchedule, SCHEDULE_HELP } from './schedule.js';

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
      valueHint: 'NAME:KEY=VALUE',
      description: `of hidden layers, such as \`leakyRelu:slope=0.2\`; ${ACTIVATION_HELP}; ${defaultsOf('activation')}`,
    },
    'weight-initializer': {
      type: 'string',
      valueHint: 'NAME:KEY=VALUE,…',
      description: `how all weights begin: ${INITIALIZER_HELP}; default by activation, heNormal or glorotUniform`,
    },
    'bias-initializer': {
      type: 'string',
      valueHint: 'NAME:KEY=VALUE,…',
      description: 'how all biases begin, such as `constant:value=0.01`; default zeros',
    },
    l1: { type: 'string', valueHint: 'LAMBDA', description: 'penalty λ Σ |w| on all weights; default 0' },
    l2: { type: 'string', valueHint: 'LAMBDA', description: 'penalty λ/2 Σ w² on all weights; default 0' },
    'max-norm': {
      type: 'string',
      valueHint: 'C',
      description: 'the largest norm of the incoming weights of a unit; default any',
    },
    'input-dropout': {
      type: 'string',
      valueHint: 'RATE',
      description: 'share of inputs dropped in training; default 0',
    },
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
    optimizer: {
      type: 'string',
      valueHint: 'NAME:KEY=VALUE,…',
      description: `such as \`rmsprop\` or \`sgd:momentum=0.9,nesterov\`; ${OPTIMIZER_HELP}; default adam`,
    },
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
    bagging: {
      type: 'string',
      valueHint: 'N[:SHARE]',
      description:
        'trains N models, each on its own sample of the training rows, drawn with replacement, and takes the mean of ' +
        'their answers; `10:0.8` draws 0.8 times as many rows as there are; default one model, on all rows',
    },
    patience: {
      type: 'string',
      valueHint: 'N',
      description: `epochs without a better validation loss before training ends; ${defaultsOf('patience')}`,
    },
    'time-limit': {
      type: 'string',
      valueHint: 'TIME',
      description: 'such as `60s` or `2m`: training then ends, the best is kept; with --bagging all members share it',
    },
    diagnostics: {
      type: 'boolean',
      description: 'looks after every epoch at what updates do to each layer: drawings in the report, and warnings',
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
    threads: { type: 'string', valueHint: 'N', description: '1 or `auto`, which is 1 today' },
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
  /** As given; read by src/cli/choices.ts, as initializers and optimizer are. */
  readonly activation: string;
  readonly weightInitializer: string | undefined;
  readonly biasInitializer: string | undefined;
  readonly l1: number;
  readonly l2: number;
  readonly maxNorm: number | undefined;
  /** Share of the inputs that dropout drops. */
  readonly inputDropout: number;
  /** Share of hidden values that dropout keeps; 1 for no dropout. */
  readonly keep: number;
  readonly batchNorm: 'before' | 'after' | undefined;
  readonly epochs: number;
  /** As given; by default at most the training rows there are. */
  readonly batchSize: number | { readonly atMost: number };
  readonly optimizer: string;
  readonly learningRate: number;
  /** As given; read by src/cli/schedule.ts. */
  readonly schedule: string | undefined;
  /** As given; read by src/cli/augment.ts. */
  readonly augment: string | undefined;
  readonly bagging: Bagging | undefined;
  readonly clipNorm: number | undefined;
  readonly clipValue: number | undefined;
  readonly patience: number | undefined;
  readonly timeLimit: number | undefined;
  readonly classWeight: 'balanced' | undefined;
  readonly diagnostics: boolean;
  readonly seed: number;
  readonly threads: 1 | 'auto';
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
  const activation = values.text('activation') ?? defaults.activation;
  readActivation(verb, activation);
  const weightInitializer = values.text('weight-initializer');
  if (weightInitializer !== undefined) readInitializer(verb, 'weight-initializer', weightInitializer);
  const biasInitializer = values.text('bias-initializer');
  if (biasInitializer !== undefined) readInitializer(verb, 'bias-initializer', biasInitializer);
  const optimizer = values.text('optimizer') ?? 'adam';
  const { kind: rule } = readOptimizer(verb, optimizer);
  const schedule = values.text('schedule');
  if (schedule !== undefined) readSchedule(verb, schedule);
  const augment = values.text('augment');
  if (augment !== undefined) {
    if (kind === 'spirals') fail(verb, '`--augment` is for images, and spirals are points.');
    readAugmentation(verb, augment);
  }
  const bagging = values.text('bagging');
  const limit = values.positive('max-norm');
  if (limit !== undefined) usable(verb, 'max-norm', String(values.text('max-norm')), () => maxNorm(limit));
  const batchNorm = values.oneOf('batch-norm', ['before', 'after']);
  const batchSize = values.whole('batch-size', 1);
  if (batchNorm && batchSize === 1) {
    fail(verb, '`--batch-norm` needs batches of at least two rows, and `--batch-size` is 1.');
  }
  const threads = values.text('threads') ?? 'auto';
  if (threads !== '1' && threads !== 'auto') fail(verb, '`--threads` must be 1 or `auto`: more do not exist yet.');
  return {
    kind,
    data,
    test: kind === 'idx' ? undefined : (test ?? TEST_SHARE),
    validation,
    hidden: values.widths('hidden') ?? defaults.hidden,
    activation,
    weightInitializer,
    biasInitializer,
    l1: values.amount('l1') ?? 0,
    l2: values.amount('l2') ?? 0,
    maxNorm: limit,
    inputDropout: values.share('input-dropout', true) ?? 0,
    keep: keepOf(verb, values),
    batchNorm,
    epochs: values.whole('epochs', 1) ?? defaults.epochs,
    batchSize: batchSize ?? { atMost: defaults.batchSize },
    optimizer,
    learningRate: values.amount('learning-rate') ?? (rule.startsWith('adam') ? defaults.adam : defaultRate(rule)),
    schedule,
    augment,
    bagging: bagging === undefined ? undefined : readBagging(verb, bagging),
    clipNorm: values.positive('clip-norm'),
    clipValue: values.positive('clip-value'),
    patience: validation === 0 ? undefined : (patience ?? defaults.patience),
    timeLimit: values.milliseconds('time-limit'),
    classWeight: values.oneOf('class-weight', ['balanced']),
    diagnostics: values.has('diagnostics'),
    seed: values.whole('seed', 0) ?? DEFAULT_SEED,
    threads: threads === '1' ? 1 : 'auto',
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
    ['weight-initializer', options.weightInitializer],
    ['bias-initializer', options.biasInitializer],
    ['l1', options.l1 || undefined],
    ['l2', options.l2 || undefined],
    ['max-norm', options.maxNorm],
    ['input-dropout', options.inputDropout || undefined],
    ['dropout-keep', options.keep < 1 ? options.keep : undefined],
    ['batch-norm', options.batchNorm],
    ['epochs', options.epochs],
    ['batch-size', batchSize],
    ['optimizer', options.optimizer],
    ['learning-rate', options.learningRate],
    ['schedule', options.schedule],
    ['augment', options.augment],
    ['bagging', options.bagging && baggingText(options.bagging)],
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
  if (options.diagnostics) words.push('--diagnostics');
  return commandLine([...programWords(), 'train', options.data, ...words]);
}
