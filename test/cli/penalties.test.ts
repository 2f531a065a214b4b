/** How the command reads penalties, and what it makes of them. */
import { describe, expect, it } from 'vitest';
import { answerTo } from '../../src/cli/answer.js';
import type { Arguments } from '../../src/cli/arguments.js';
import { defaultsFor } from '../../src/cli/defaults.js';
import { layersOf } from '../../src/cli/layers.js';
import { decided, repeatCommand, trainFlags } from '../../src/cli/options.js';
import { type DenseLayer, l1, l1l2 } from '../../src/index.js';

const trainOptions = async (args: Arguments) => decided(await trainFlags(args), defaultsFor('digits', 4200));
const ten = answerTo({ task: { kind: 'classes', classes: Array.from({ length: 10 }, (_, i) => String(i)) } });

async function denseLayers(flags: Readonly<Record<string, string | boolean>>): Promise<DenseLayer[]> {
  const layers = layersOf(await trainOptions({ data: 'digits', ...flags }), ten);
  return layers.filter((layer): layer is DenseLayer => layer.kind === 'dense');
}

describe('penalties of the command', () => {
  it.each([
    [{ l1: '0.01' }, l1l2({ l1: 0.01, l2: 0 }), undefined],
    [{ l1: '0.01', 'l1-proximal': true }, l1(0.01, { proximal: true }), undefined],
    [{ l2: '0.1', 'penalize-biases': true }, l1l2({ l1: 0, l2: 0.1 }), l1l2({ l1: 0, l2: 0.1 })],
    [{}, undefined, undefined],
  ])('%j are on every dense layer', async (flags, weights, biases) => {
    const layers = await denseLayers(flags);
    expect(layers.length).toBe(2);
    for (const layer of layers) {
      expect(layer.weightRegularizer).toEqual(weights);
      expect(layer.biasRegularizer).toEqual(biases);
    }
  });

  it.each([
    [{ 'l1-proximal': true }, '`--l1-proximal` needs a strength'],
    [{ l1: '1', l2: '1', 'l1-proximal': true }, '`--l1-proximal` does not go with `--l2`'],
    [{ 'penalize-biases': true }, '`--penalize-biases` needs a penalty'],
  ])('%j are refused', async (flags, words) => {
    await expect(trainOptions({ data: 'digits', ...flags })).rejects.toThrow(words);
  });

  it('are in the command that repeats the run, switches without a value', async () => {
    const options = await trainOptions({ l1: '0.5', 'l1-proximal': true, 'penalize-biases': true, diagnostics: true });
    const command = repeatCommand(options, 64);
    expect(command).toContain(' --l1 0.5 --l1-proximal --penalize-biases ');
    expect(command).toMatch(/ --diagnostics( |$)/);
    expect(command).not.toMatch(/true|false/);
  });
});
