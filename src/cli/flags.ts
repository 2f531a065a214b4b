/** The flags of `train`, with their help texts. */
import type { ArgsDef } from 'citty';
import { defaultRate } from '../nn/optimizers.js';
import { AUGMENT_HELP } from './augment.js';
import { ACTIVATION_HELP, INITIALIZER_HELP, OPTIMIZER_HELP } from './choices.js';
import { DATA_HELP } from './data.js';
import {
  CHECKPOINT_EVERY,
  DEFAULT_FOLDER,
  DEFAULT_SEED,
  defaultsFor,
  defaultsOf,
  TEST_SHARE,
  validationShare,
} from './defaults.js';
import { SCHEDULE_HELP } from './schedule.js';
import { TABLE_FLAGS } from './table/flags.js';
import { TABLE_NAMES } from './table/read.js';

const TABLE_DROPOUT = defaultsFor('table', 0).dropout;

/** The flags, in the groups of the help text. */
export const TRAIN_FLAGS = {
  data: {
    data: {
      type: 'positional',
      required: false,
      description: `a table (${TABLE_NAMES}), ${DATA_HELP}, or a folder of IDX files such as MNIST; default digits`,
    },
    ...TABLE_FLAGS,
    test: {
      type: 'string',
      valueHint: 'SHARE',
      description: `rows for the final test alone; default ${TEST_SHARE}; a folder brings its own test part`,
    },
    validation: {
      type: 'string',
      valueHint: 'SHARE',
      description: `rows that choose the best epoch, 0 for none; default ${validationShare('table')}, for a folder ${validationShare('idx')} of its training part`,
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
    'l1-proximal': { type: 'boolean', description: 'L1 as a step after the update, which reaches zero exactly' },
    l2: { type: 'string', valueHint: 'LAMBDA', description: 'penalty λ/2 Σ w² on all weights; default 0' },
    'penalize-biases': { type: 'boolean', description: 'the penalties hold for biases too' },
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
      description: `share of hidden values dropped in training; default ${TABLE_DROPOUT} for tables, else 0`,
    },
    'dropout-keep': { type: 'string', valueHint: 'P', description: 'the same as a share that is kept' },
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
    threads: { type: 'string', valueHint: 'N', description: 'a number, or `auto`: as many as pay; default auto' },
    kernel: {
      type: 'string',
      valueHint: 'NAME',
      description:
        '`simd` (the same bits on every machine), `relaxed` (fused multiply-add), `turbo` (256 bits where a self-test finds them); ' +
        'default turbo',
    },
    reproducible: { type: 'boolean', description: 'the bits of `simd`, with `turbo` too, which is faster' },
  },
  output: {
    out: { type: 'string', valueHint: 'FOLDER', description: `where model and report go; default ${DEFAULT_FOLDER}` },
    checkpoint: {
      type: 'boolean',
      description:
        'keeps `checkpoint.safetensors` there while it trains: after a crash, a kill or Ctrl-C the same command goes on ' +
        'from it, and ends with the bytes of a run that nothing interrupted',
    },
    'checkpoint-every': {
      type: 'string',
      valueHint: 'TIME',
      description: `how long training may go on within an epoch before the next one; default ${CHECKPOINT_EVERY / 1000}s`,
    },
    force: {
      type: 'boolean',
      description: 'overwrite files there that this command did not write, and begin anew in spite of a checkpoint',
    },
    json: { type: 'boolean', description: 'one JSON object per line on stdout, and nothing else' },
    quiet: { type: 'boolean', description: 'no progress, and only the result' },
  },
} as const satisfies Record<string, ArgsDef>;
