/** The golden fixtures of optimizers, schedules and clipping, but for forms that are not ours; those are counted and told. */
import { afterAll, describe, expect, it } from 'vitest';
import { Optimizer as Rule, Step } from '../assembly/abi.js';
import { decodeSafetensors } from '../src/format/safetensors.js';
import {
  adagrad,
  adam,
  adamw,
  ewaMomentum,
  exponentialDecay,
  inverseTimeDecay,
  type Optimizer,
  type Rate,
  rmsprop,
  sequential,
  sgd,
  stepDecay,
} from '../src/index.js';
import { LearningRate } from '../src/model/rate.js';
import { partials } from '../src/program/ops.js';
import { type GoldenCase, goldenCases } from './support/golden.js';
import { check, known, networkOf, targetsOf } from './support/goldenNetwork.js';
import { compute } from './support/tensors.js';

const FILES = ['schedules', 'clipping-0', 'clipping-1', ...[0, 1, 2, 3, 4, 5].map((part) => `optimizers-${part}`)];

type Config = Readonly<Record<string, unknown>>;

/** Rates by schedule; a formula that is not built in is a user's function. */
const SCHEDULES: Record<string, (numbers: Readonly<Record<string, number>>) => Rate> = {
  constant: ({ alpha0 }) => alpha0 as number,
  step: ({ alpha0 = 0, drop = 0, every = 0 }) => stepDecay(alpha0, { drop, every }),
  exponential: ({ alpha0 = 0, k = 0 }) => exponentialDecay(alpha0, { rate: k }),
  inverse: ({ alpha0 = 0, k = 0 }) => inverseTimeDecay(alpha0, { rate: k }),
  linear_goodfellow: ({ alpha0 = 0, alpha_end = 0, tau = 0 }) => {
    return (t) => alpha0 + (alpha_end - alpha0) * Math.min(t / tau, 1);
  },
};

function rateOf({ lr, schedule }: Config): Rate {
  if (typeof lr === 'number') return lr;
  const { schedule: name, ...numbers } = schedule as Record<string, number> & { schedule: string };
  return (SCHEDULES[name] as (typeof SCHEDULES)[string])(numbers);
}

const adamOf = ({ rho1, rho2, delta }: Config, learningRate: Rate) => {
  return { learningRate, beta1: rho1 as number, beta2: rho2 as number, epsilon: delta as number };
};
const adamwOf = ({ betas, eps }: Config, learningRate: Rate) => {
  const [beta1, beta2] = betas as [number, number];
  return { learningRate, beta1, beta2, epsilon: eps as number };
};

const OPTIMIZERS: Record<string, (config: Config, learningRate: Rate) => Optimizer> = {
  sgd: (_, learningRate) => sgd({ learningRate }),
  momentum_ewa: ({ a }, learningRate) => ewaMomentum({ learningRate, alpha: a as number }),
  // v here is −1/ε times theirs
  momentum_goodfellow: ({ a }, learningRate) => sgd({ learningRate, momentum: a as number }),
  adagrad: ({ delta }, learningRate) => adagrad({ learningRate, epsilon: delta as number }),
  rmsprop: ({ rho, delta }, learningRate) => {
    return rmsprop({ learningRate, rho: rho as number, epsilon: delta as number });
  },
  adam: (config, learningRate) => {
    const { decoupled_weight_decay: weightDecay } = config as { decoupled_weight_decay?: number };
    if (weightDecay === undefined) return adam(adamOf(config, learningRate));
    return adamw({ ...adamOf(config, learningRate), weightDecay, decayAll: true });
  },
  torch_momentum: ({ momentum }, learningRate) => sgd({ learningRate, momentum: momentum as number }),
  torch_nesterov: ({ momentum }, learningRate) => sgd({ learningRate, momentum: momentum as number, nesterov: true }),
  torch_adagrad: ({ eps }, learningRate) => adagrad({ learningRate, epsilon: eps as number }),
  // its weight decay is a penalty on weights and biases, see networkOf
  torch_adam: (config, learningRate) => adam(adamwOf(config, learningRate)),
  torch_adamw: (config, learningRate) => {
    return adamw({ ...adamwOf(config, learningRate), weightDecay: config.weight_decay as number, decayAll: true });
  },
};

/** Forms of optimizers that the fixtures have and this library does not: alternatives to its own. */
const OTHER_FORMS: readonly { readonly why: string; readonly is: (config: Config) => unknown }[] = [
  { why: 'Nesterov with the gradient at θ + av', is: ({ optimizer }) => optimizer === 'nesterov_goodfellow' },
  { why: 'adagrad with δ inside the root', is: ({ delta_inside_sqrt }) => delta_inside_sqrt },
  { why: 'momentum with dampening', is: ({ dampening }) => dampening },
  { why: 'rmsprop with δ outside the root', is: ({ optimizer }) => optimizer === 'torch_rmsprop' },
  { why: 'amsgrad', is: ({ amsgrad }) => amsgrad },
];

/** Why a case is left out, or undefined. */
function leftOut({ config }: GoldenCase): string | undefined {
  return OTHER_FORMS.find(({ is }) => is(config))?.why;
}

/** Fifty updates through trainOnBatch. */
function runOptimizer(one: GoldenCase): void {
  const { input, layers, parameters, loss } = networkOf(one, true);
  const rate = rateOf(one.config);
  const optimizer = known(OPTIMIZERS, one, 'optimizer')(one.config, rate);
  const { clip_norm: clipNorm } = one.config as { clip_norm?: number };
  const model = sequential({ input, layers }).compile({ loss: loss.name, optimizer, clipNorm });
  model.setParameters(parameters);
  const { steps, nb } = one.config as { steps: number; nb: number };
  const flat = (arrays: Readonly<Record<string, { data: Float32Array }>>, prefix = ''): number[] =>
    layers.flatMap((_, i) =>
      ['weight', 'bias'].flatMap((part) => [...(arrays[`${prefix}dense${i}.${part}`]?.data ?? [])]),
    );
  const results: Record<string, ArrayLike<number>> = {};
  const losses: number[] = [];
  const rates: number[] = [];
  const rateAt = new LearningRate(rate);
  for (let t = 0; t < steps; t++) {
    const logs = model.trainOnBatch(one.floats(`x${t % nb}`), targetsOf(one, `t${t % nb}`) as number[][]);
    losses.push(one.config.weight_decay ? logs.dataLoss : logs.loss);
    rates.push(rateAt.at(t, 0));
    results[`theta@${t + 1}`] = flat(model.parameters());
  }
  const states = Object.fromEntries(decodeSafetensors(model.save({ optimizer: true }), 'golden').tensors);
  const [first, second] = [flat(states, '_state0.'), flat(states, '_state1.')];
  results.loss = losses;
  results.lr = rates;
  const goodfellow = one.config.optimizer === 'momentum_goodfellow';
  results['v@50'] = goodfellow ? first.map((value) => -(rate as number) * value) : first;
  results['s@50'] = first;
  results['r@50'] = second.length > 0 ? second : first;
  check(one, results);
}

/** Rates by the update, as training evaluates them. */
function runSchedule(one: GoldenCase): void {
  const rate = new LearningRate(rateOf({ schedule: one.config }));
  check(one, { alpha: one.input('t').data.map((t) => rate.at(t, 0)) });
}

/** Gradients through the operations of an update with rate 1, from parameters that are 0: what is left is −g as used. */
function runClip(one: GoldenCase): void {
  const { max_norm: clipNorm, clip_value: clipValue } = one.config as { max_norm: number; clip_value: number | null };
  const names = one.expected.filter((name) => /^clipped_\d+$/.test(name)).map((_, i) => i);
  const sizes = names.map((i) => one.floats(`g${i}`).length);
  const data = new Float32Array(sizes.reduce((sum, size) => sum + Math.ceil(size / 16) * 16, 0));
  const starts = sizes.map((_, i) => sizes.slice(0, i).reduce((sum, size) => sum + Math.ceil(size / 16) * 16, 0));
  names.forEach((i) => {
    data.set(one.floats(`g${i}`), starts[i]);
  });
  let norm = 0;
  const used = (limit: { norm?: number; value?: number }) => {
    const size = { rows: 1, columns: data.length };
    const given = {
      g: { ...size, data },
      theta: { ...size, data: new Float32Array(data.length) },
      rowLoss: { rows: 1, columns: 1, data: new Float32Array(1) },
    };
    const { theta } = compute(
      given,
      (b, tensors) => {
        if (limit.value !== undefined) b.clip(tensors.g, limit.value);
        const squares = b.doubles('squares', partials(data.length));
        b.squareSum(tensors.g, squares);
        b.verdict(tensors.rowLoss, undefined, undefined, squares, limit.norm);
        const rule = { kind: Rule.Sgd, hyper: [0, 0, 0], multiplier: 1, decay: 0 } as const;
        b.optimizer(tensors.theta, tensors.g, [], rule);
        return { theta: tensors.theta };
      },
      (program) => {
        program.step.setFloat(Step.LearningRate, 1);
        program.run(0, program.length);
        norm = program.step.double(Step.GradientNorm);
      },
    );
    return names.map((i) => theta.subarray(starts[i], (starts[i] as number) + (sizes[i] as number)).map((x) => -x));
  };
  const byValue = used(clipValue === null ? {} : { value: clipValue });
  const byNorm = used({ norm: clipNorm });
  const entries = names.flatMap((i) => [
    [`clipped_${i}`, byNorm[i]] as const,
    // PyTorch adds 1e-6 to the norm, which is within the tolerance
    [`clipped_torch_${i}`, byNorm[i]] as const,
    [`clipped_value_${i}`, byValue[i]] as const,
  ]);
  check(one, { ...(Object.fromEntries(entries) as Record<string, Float32Array>), norm: [norm] });
}

/** How each kind of case is run. */
const RUNNERS: Record<string, (one: GoldenCase) => void> = {
  optimizer: runOptimizer,
  schedule: runSchedule,
  clip: runClip,
};

let ran = 0;
const others = new Map<string, number>();

describe.each(FILES)('golden %s', (file) => {
  const cases = goldenCases(file);
  const ready = cases.filter((one) => {
    const reason = leftOut(one);
    if (reason !== undefined) others.set(reason, (others.get(reason) ?? 0) + 1);
    return reason === undefined;
  });

  it('holds cases of known kinds', () => {
    expect(cases.length).toBeGreaterThan(0);
    expect(cases.map(({ kind }) => kind).filter((kind) => !(kind in RUNNERS))).toEqual([]);
  });

  for (const one of ready) {
    it(one.id, () => {
      RUNNERS[one.kind]?.(one);
      ran++;
    });
  }
});

afterAll(() => {
  const reasons = [...others].map(([reason, count]) => `${count} with ${reason}`);
  console.warn(`golden: ${ran} cases ran; forms that are not ours were left out: ${reasons.join(', ') || 'none'}.`);
});
