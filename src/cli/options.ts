/** What the flags of `train` come to, and the command line they came from. */
import { MOST_THREADS } from '../../assembly/abi.js';
import { maxNorm } from '../nn/constraints.js';
import { defaultRate } from '../nn/optimizers.js';
import { KERNEL_NAMES, type KernelName } from '../runtime/choice.js';
import { type Arguments, fail, Values } from './arguments.js';
import { readAugmentation } from './augment.js';
import { type Bagging, baggingText, readBagging } from './bagging.js';
import { readActivation, readInitializer, readOptimizer } from './choices.js';
import { dataKind } from './data.js';
import { type DataKind, isPlane } from './dataset.js';
import {
  CHECKPOINT_EVERY,
  DEFAULT_FOLDER,
  DEFAULT_SEED,
  type Defaults,
  TEST_SHARE,
  validationShare,
} from './defaults.js';
import { commandLine, programWords } from './invocation.js';
import { usable } from './named.js';
import { readSchedule } from './schedule.js';
import { givenTableFlag, kindsText, type TableFlags, tableFlags } from './table/flags.js';

/** All of a training, decided. */
export interface TrainOptions {
  readonly kind: DataKind;
  readonly data: string;
  /** What the flags say of a table. */
  readonly table: TableFlags;
  readonly test: number | undefined;
  readonly validation: number;
  readonly hidden: readonly number[];
  /** As given; read by src/cli/choices.ts, as initializers and optimizer are. */
  readonly activation: string;
  readonly weightInitializer: string | undefined;
  readonly biasInitializer: string | undefined;
  readonly l1: number;
  readonly l1Proximal: boolean;
  readonly l2: number;
  readonly penalizeBiases: boolean;
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
  readonly threads: number | 'auto';
  readonly kernel: KernelName;
  readonly reproducible: boolean;
  readonly out: string;
  readonly force: boolean;
  /** Milliseconds between two checkpoints within an epoch; undefined: there are none. */
  readonly checkpoint: number | undefined;
}

/** What is decided by how many rows there are, where no flag says it. */
type Sized = Pick<
  TrainOptions,
  'hidden' | 'activation' | 'keep' | 'epochs' | 'batchSize' | 'learningRate' | 'patience'
>;

/** The flags as they were given, checked; data need not be read for that. */
export type TrainFlags = Omit<TrainOptions, keyof Sized> & {
  readonly [K in keyof Sized]: Exclude<Sized[K], { readonly atMost: number }> | undefined;
};

/** What dropout keeps: as `--dropout-keep` has it, or what `--dropout` leaves. */
function keepOf(verb: string, values: Values): number | undefined {
  const rate = values.share('dropout', true);
  const keep = values.positive('dropout-keep');
  if (rate !== undefined && keep !== undefined) {
    fail(verb, '`--dropout` and `--dropout-keep` say the same thing: give one of them.');
  }
  if (keep !== undefined && keep > 1) fail(verb, `\`--dropout-keep\` must be at most 1, not ${keep}.`);
  return keep ?? (rate === undefined ? undefined : 1 - rate);
}

/** The kernels: the command owns its process, so it may set flags of the engine. */
function kernels(verb: string, values: Values): Pick<TrainOptions, 'kernel' | 'reproducible'> {
  const kernel = values.oneOf('kernel', KERNEL_NAMES) ?? 'turbo';
  const reproducible = values.has('reproducible');
  if (kernel === 'relaxed' && reproducible) {
    fail(
      verb,
      '`--reproducible` does not go with `--kernel relaxed`, whose bits depend on the machine; use `--kernel simd`.',
    );
  }
  return { kernel, reproducible };
}

/** The penalties, and that their switches have something to act on. */
function penalties(verb: string, values: Values): Pick<TrainOptions, 'l1' | 'l1Proximal' | 'l2' | 'penalizeBiases'> {
  const [l1, l2] = [values.amount('l1') ?? 0, values.amount('l2') ?? 0];
  const [l1Proximal, penalizeBiases] = [values.has('l1-proximal'), values.has('penalize-biases')];
  if (l1Proximal && l1 === 0) fail(verb, '`--l1-proximal` needs a strength: give `--l1` too, such as `--l1 1e-4`.');
  if (l1Proximal && l2 > 0) fail(verb, '`--l1-proximal` does not go with `--l2`: leave one of them out.');
  if (penalizeBiases && l1 + l2 === 0) fail(verb, '`--penalize-biases` needs a penalty: give `--l1` or `--l2` too.');
  return { l1, l1Proximal, l2, penalizeBiases };
}

/** How often there are checkpoints within an epoch; undefined for none. */
function checkpointOf(verb: string, values: Values): number | undefined {
  const every = values.milliseconds('checkpoint-every');
  if (!values.has('checkpoint')) {
    if (every !== undefined) fail(verb, '`--checkpoint-every` needs `--checkpoint`.');
    return undefined;
  }
  if (values.text('bagging') !== undefined) {
    fail(verb, '`--checkpoint` is for a single model, and `--bagging` trains several: leave one of them out.');
  }
  return every ?? CHECKPOINT_EVERY;
}

/** Reads the flags. @throws ArgumentError for a value that cannot be used, in one sentence. */
export async function trainFlags(args: Arguments): Promise<TrainFlags> {
  const verb = 'train';
  const values = new Values(verb, args);
  const data = values.text('data') ?? 'digits';
  const kind = await dataKind(verb, data);
  const test = values.share('test', false);
  const validation = values.share('validation', true) ?? validationShare(kind);
  const stray = kind === 'table' ? undefined : givenTableFlag(values);
  if (stray) fail(verb, `\`--${stray}\` is for tables, such as a CSV, and ${data} is none.`);
  if (kind === 'idx' && test !== undefined)
    fail(verb, '`--test` does not fit an IDX folder: its t10k files are the test part.');
  if ((kind === 'idx' ? 0 : (test ?? TEST_SHARE)) + validation >= 1) {
    fail(verb, '`--test` and `--validation` must leave rows for training: together they must stay below 1.');
  }
  const patience = values.whole('patience', 1);
  if (patience !== undefined && validation === 0)
    fail(verb, '`--patience` needs validation rows, and `--validation` is 0.');
  const activation = values.text('activation');
  if (activation !== undefined) readActivation(verb, activation);
  const weightInitializer = values.text('weight-initializer');
  if (weightInitializer !== undefined) readInitializer(verb, 'weight-initializer', weightInitializer);
  const biasInitializer = values.text('bias-initializer');
  if (biasInitializer !== undefined) readInitializer(verb, 'bias-initializer', biasInitializer);
  const optimizer = values.text('optimizer') ?? 'adam';
  readOptimizer(verb, optimizer);
  const schedule = values.text('schedule');
  if (schedule !== undefined) readSchedule(verb, schedule);
  const augment = values.text('augment');
  if (augment !== undefined) {
    if (isPlane(kind)) fail(verb, `\`--augment\` is for images, and ${kind} are points.`);
    if (kind === 'table') fail(verb, '`--augment` is for images, and a table has none.');
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
  const threads = values.text('threads') === 'auto' ? 'auto' : (values.whole('threads', 1, '`auto` or ') ?? 'auto');
  if (threads !== 'auto' && threads > MOST_THREADS) {
    fail(verb, `\`--threads\` must be \`auto\` or at most ${MOST_THREADS}, and is ${threads}.`);
  }
  return {
    kind,
    data,
    table: tableFlags(verb, values),
    test: kind === 'idx' ? undefined : (test ?? TEST_SHARE),
    validation,
    hidden: values.widths('hidden'),
    activation,
    weightInitializer,
    biasInitializer,
    ...penalties(verb, values),
    maxNorm: limit,
    inputDropout: values.share('input-dropout', true) ?? 0,
    keep: keepOf(verb, values),
    batchNorm,
    epochs: values.whole('epochs', 1),
    batchSize,
    optimizer,
    learningRate: values.amount('learning-rate'),
    schedule,
    augment,
    bagging: bagging === undefined ? undefined : readBagging(verb, bagging),
    clipNorm: values.positive('clip-norm'),
    clipValue: values.positive('clip-value'),
    patience,
    timeLimit: values.milliseconds('time-limit'),
    classWeight: values.oneOf('class-weight', ['balanced']),
    diagnostics: values.has('diagnostics'),
    seed: values.whole('seed', 0) ?? DEFAULT_SEED,
    threads,
    ...kernels(verb, values),
    out: values.text('out') ?? DEFAULT_FOLDER,
    force: values.has('force'),
    checkpoint: checkpointOf(verb, values),
  };
}

/** The flags, with what suits the data where none is given. */
export function decided(flags: TrainFlags, defaults: Defaults): TrainOptions {
  const { optimizer, validation } = flags;
  const { kind: rule } = readOptimizer('train', optimizer);
  return {
    ...flags,
    hidden: flags.hidden ?? defaults.hidden,
    activation: flags.activation ?? defaults.activation,
    keep: flags.keep ?? 1 - defaults.dropout,
    epochs: flags.epochs ?? defaults.epochs,
    batchSize: flags.batchSize ?? { atMost: defaults.batchSize },
    learningRate: flags.learningRate ?? (rule.startsWith('adam') ? defaults.adam : defaultRate(rule)),
    patience: validation === 0 ? undefined : (flags.patience ?? defaults.patience),
  };
}

/** The flags that give the same run again: every option in full, so that they outlive a change of defaults. */
export function flagsOf(
  options: TrainOptions,
  batchSize: number,
): readonly (readonly [string, string | number | true])[] {
  const flags: readonly (readonly [name: string, value: string | number | boolean | undefined])[] = [
    ['target', options.table.target],
    ['task', options.table.task],
    ['drop', options.table.drop],
    ['kind', kindsText(options.table)],
    ['log', options.table.log],
    ['time', options.table.time],
    ['group', options.table.group],
    ['folds', options.table.folds],
    ['test', options.test],
    ['validation', options.validation],
    ['hidden', options.hidden.join(',') || 'none'],
    ['activation', options.activation],
    ['weight-initializer', options.weightInitializer],
    ['bias-initializer', options.biasInitializer],
    ['l1', options.l1 || undefined],
    ['l1-proximal', options.l1Proximal],
    ['l2', options.l2 || undefined],
    ['penalize-biases', options.penalizeBiases],
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
    ['kernel', options.kernel],
    ['reproducible', options.reproducible],
    ['diagnostics', options.diagnostics],
    ['out', options.out === DEFAULT_FOLDER ? undefined : options.out],
  ];
  return flags.flatMap(([name, value]) => (value === undefined || value === false ? [] : [[name, value] as const]));
}

/** The command line that gives the same run again. */
export function repeatCommand(options: TrainOptions, batchSize: number): string {
  const words = flagsOf(options, batchSize).flatMap(([name, value]) => {
    return value === true ? [`--${name}`] : [`--${name}`, String(value)];
  });
  return commandLine([...programWords(), 'train', options.data, ...words]);
}
