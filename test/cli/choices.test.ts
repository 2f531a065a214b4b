/** How the command reads names with settings: optimizers, activations, initializers. */
import { describe, expect, it } from 'vitest';
import {
  ACTIVATION_HELP,
  INITIALIZER_HELP,
  OPTIMIZER_HELP,
  readActivation,
  readInitializer,
  readOptimizer,
} from '../../src/cli/choices.js';
import {
  ArgumentError,
  adagrad,
  adam,
  adamw,
  constant,
  elu,
  ewaMomentum,
  heUniform,
  leakyRelu,
  normal,
  orthogonal,
  rmsprop,
  sgd,
  uniform,
  zeros,
} from '../../src/index.js';
import { ACTIVATION_NAMES } from '../../src/nn/activations.js';
import { INITIALIZER_NAMES } from '../../src/nn/initializers.js';
import { OPTIMIZER_NAMES } from '../../src/nn/optimizers.js';

const learningRate = 0.5;

describe('--optimizer', () => {
  it.each([
    ['sgd', sgd({ learningRate })],
    ['sgd:momentum=0.9,nesterov', sgd({ learningRate, momentum: 0.9, nesterov: true })],
    ['ewaMomentum:alpha=.8', ewaMomentum({ learningRate, alpha: 0.8 })],
    ['adagrad:epsilon=1e-6', adagrad({ learningRate, epsilon: 1e-6 })],
    ['rmsprop:rho=0.99', rmsprop({ learningRate, rho: 0.99 })],
    ['adam:beta1=0.8,beta2=0.99', adam({ learningRate, beta1: 0.8, beta2: 0.99 })],
    ['adamw:weightDecay=0.1,decayAll', adamw({ learningRate, weightDecay: 0.1, decayAll: true })],
  ])('reads %s', (text, optimizer) => {
    expect(readOptimizer('train', text).make(learningRate)).toEqual(optimizer);
  });

  it.each([
    ['adma', /unknown `--optimizer adma`: did you mean `adam`\?/],
    ['adam:beta=1', /unknown key `beta` of `--optimizer adam`: did you mean `beta1`\?/],
    ['sgd:learningRate=1', /unknown key `learningRate` of `--optimizer sgd`: known are `momentum`, `nesterov`/],
    ['sgd:nesterov=yes', /`nesterov` of `--optimizer sgd` takes no value, and here it is `nesterov=yes`/],
    ['sgd:momentum', /`--optimizer sgd` needs a value for `momentum`/],
    ['sgd:nesterov', /`--optimizer sgd:nesterov` cannot be used: sgd: `nesterov` needs a `momentum` above 0/],
    ['adam:beta1=much', /cannot be used: adam: `beta1` must be .* Received: NaN/],
  ])('refuses %j', (text, message) => {
    expect(() => readOptimizer('train', text)).toThrow(ArgumentError);
    expect(() => readOptimizer('train', text)).toThrow(message);
  });
});

describe('--activation', () => {
  it('reads a name, and one with its parameter', () => {
    expect(ACTIVATION_NAMES.map((name) => readActivation('train', name))).toEqual(ACTIVATION_NAMES);
    expect(readActivation('train', 'leakyRelu:slope=0.2')).toEqual(leakyRelu({ slope: 0.2 }));
    expect(readActivation('train', 'elu:alpha=0.5')).toEqual(elu({ alpha: 0.5 }));
  });

  it.each([
    ['rleu', /unknown `--activation rleu`: did you mean `relu`\?/],
    ['relu:slope=1', /unknown key `slope` of `--activation relu`: none is known/],
    ['elu:alpha=0', /`--activation elu:alpha=0` cannot be used: hidden layers, activation: `alpha` must be/],
  ])('refuses %j', (text, message) => {
    expect(() => readActivation('train', text)).toThrow(ArgumentError);
    expect(() => readActivation('train', text)).toThrow(message);
  });
});

describe('--weight-initializer, --bias-initializer', () => {
  it.each([
    ['heUniform', heUniform()],
    ['uniform:low=-0.1,high=0.2', uniform(-0.1, 0.2)],
    ['uniform', uniform()],
    ['normal:standardDeviation=0.01', normal(0, 0.01)],
    ['orthogonal:gain=1.5', orthogonal({ gain: 1.5 })],
    ['constant:value=0.01', constant(0.01)],
    ['zeros', zeros()],
  ])('reads %s', (text, initializer) => {
    expect(readInitializer('train', 'weight-initializer', text)).toEqual(initializer);
  });

  it.each([
    ['weight-initializer', 'heUnifrom', /unknown `--weight-initializer heUnifrom`: did you mean `heUniform`\?/],
    ['weight-initializer', 'uniform:low=1,high=0', /cannot be used: uniform: `low` must be less than `high`/],
    ['bias-initializer', 'constant', /`--bias-initializer constant` cannot be used: constant: `value` must be/],
    ['bias-initializer', 'orthogonal', /must fit a vector, and orthogonal is for matrices/],
  ] as const)('refuses --%s %s', (flag, text, message) => {
    expect(() => readInitializer('train', flag, text)).toThrow(ArgumentError);
    expect(() => readInitializer('train', flag, text)).toThrow(message);
  });
});

describe('the help', () => {
  it.each([
    [OPTIMIZER_HELP, OPTIMIZER_NAMES],
    [ACTIVATION_HELP, ACTIVATION_NAMES],
    [INITIALIZER_HELP, INITIALIZER_NAMES],
  ])('names all: %s', (help, names) => {
    expect(help.replaceAll(/ \([^)]*\)/g, '').split(', ')).toEqual(names);
  });

  it('names the keys', () => {
    expect(OPTIMIZER_HELP).toContain('sgd (momentum, nesterov)');
    expect(ACTIVATION_HELP).toContain('leakyRelu (slope), elu (alpha)');
  });
});
