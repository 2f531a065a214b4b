/** Five epochs and five more equal ten, bit for bit: every optimizer with every schedule, and all that draws or keeps something. */
import { describe, expect, it } from 'vitest';
import {
  batchNorm,
  cosineDecay,
  dense,
  dropout,
  exponentialDecay,
  type FitOptions,
  inverseTimeDecay,
  type Layer,
  load,
  oneCycle,
  reduceOnPlateau,
  type Schedule,
  sequential,
  stepDecay,
} from '../../src/index.js';
import { SCHEDULE_NAMES } from '../../src/nn/schedules.js';
import { clusters, sha256 } from './support.js';
import { OPTIMIZERS } from './updating.js';

const { x, y } = clusters(60);
const exact = { optimizer: true } as const;
type Options = FitOptions<readonly [Float32Array, number[]], 'accuracy'>;

/** Every schedule from a rate on, by update and by epoch where it has both. */
const SCHEDULES: Readonly<Record<string, (rate: number) => number | Schedule>> = {
  constant: (rate) => rate,
  'stepDecay by update': (rate) => stepDecay(rate, { drop: 0.5, every: 7 }),
  'stepDecay by epoch': (rate) => stepDecay(rate, { drop: 0.5, every: 3, per: 'epoch' }),
  exponentialDecay: (rate) => exponentialDecay(rate, { rate: 0.05 }),
  inverseTimeDecay: (rate) => inverseTimeDecay(rate, { rate: 0.1, per: 'epoch' }),
  cosineDecay: (rate) => cosineDecay(rate, { steps: 25, warmup: 4 }),
  oneCycle: (rate) => oneCycle(rate, { steps: 28 }),
  'reduceOnPlateau of the training loss': (rate) =>
    reduceOnPlateau(rate, { factor: 0.5, patience: 1, monitor: 'loss' }),
  'reduceOnPlateau of the validation loss': (rate) => reduceOnPlateau(rate, { factor: 0.5, patience: 1 }),
};

/** What may be there or not. */
const PARTS = ['dropout', 'augmentation', 'batch norm', 'early stopping'] as const;
type Part = (typeof PARTS)[number];
const CHOICES = Array.from({ length: 2 ** PARTS.length }, (_, bits) => PARTS.filter((_part, i) => bits & (1 << i)));

const has = (parts: readonly Part[], part: Part) => parts.includes(part);

function make(optimizer: string, schedule: string, parts: readonly Part[]) {
  const { learningRate, ...rule } = OPTIMIZERS[optimizer] as (typeof OPTIMIZERS)[string];
  const rate = SCHEDULES[schedule]?.(learningRate as number) as number;
  const layers: Layer[] = [
    dense(6, { activation: 'relu' }),
    ...(has(parts, 'batch norm') ? [batchNorm()] : []),
    ...(has(parts, 'dropout') ? [dropout({ rate: 0.2 })] : []),
    dense(3, { activation: 'softmax' }),
  ];
  const augment = has(parts, 'augmentation') && { augment: { shift: 1, flipHorizontal: true, noise: 0.1 } };
  return sequential({ input: [2, 2], seed: 4, standardize: true, layers, ...augment }).compile({
    loss: 'crossEntropy',
    optimizer: { ...rule, learningRate: rate } as (typeof OPTIMIZERS)[string],
    metrics: ['accuracy'],
  });
}

/** Ten epochs of one fit: three steps each. With early stopping it may end before the tenth, and keeps the best. */
function optionsOf(parts: readonly Part[]): Options {
  const earlyStopping = has(parts, 'early stopping') && { earlyStopping: { patience: 6 } };
  return { epochs: 10, batchSize: 17, validationSplit: 0.2, ...earlyStopping };
}

it('tries every schedule there is', () => {
  const tried = Object.values(SCHEDULES).map((make) => make(0.1));
  const kinds = tried.map((rate) => (typeof rate === 'number' ? 'constant' : rate.kind));
  expect(new Set(kinds)).toEqual(new Set(['constant', ...SCHEDULE_NAMES]));
});

describe.each(Object.keys(OPTIMIZERS))('%s', (optimizer) => {
  it.each(Object.keys(SCHEDULES))('%s', (schedule) => {
    for (const parts of CHOICES) {
      const named = parts.join(', ');
      const options = optionsOf(parts);
      const whole = make(optimizer, schedule, parts);
      const saved: Uint8Array[] = [];
      const onEpochEnd = () => void saved.push(whole.save(exact));
      const history = whole.fitSync(x, y, { ...options, onEpochEnd });
      const ten = sha256(whole.save(exact));
      // out of a file that was written after the fifth epoch, while the fit was at work
      const again = load<'crossEntropy', 'accuracy'>(saved[4] as Uint8Array);
      const resumed = again.fitSync(x, y, { ...options, resume: true });
      expect(sha256(again.save(exact)), named).toBe(ten);
      if (has(parts, 'early stopping')) expect(resumed, named).toEqual(history);
      else {
        // and as two fits
        const first = make(optimizer, schedule, parts);
        first.fitSync(x, y, { ...options, epochs: 5 });
        const second = load<'crossEntropy', 'accuracy'>(first.save(exact));
        second.fitSync(x, y, { ...options, epochs: 5 });
        expect(sha256(second.save(exact)), named).toBe(ten);
        second.dispose();
        first.dispose();
      }
      again.dispose();
      whole.dispose();
    }
  });
});
