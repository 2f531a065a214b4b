/** Bagging: what the members train on, what they say together, and that one of them alone is the single model. */
import { describe, expect, it } from 'vitest';
import { fitFeatures, tableOf } from '../../src/data/index.js';
import { decodeSafetensors, encodeSafetensors } from '../../src/format/safetensors.js';
import {
  ArgumentError,
  adam,
  type BaggingOptions,
  BusyError,
  bagging,
  createRuntime,
  DisposedError,
  dense,
  FormatError,
  load,
  loadEnsemble,
  MemoryLimitError,
  outputLayer,
  type SequentialConfig,
  sequential,
} from '../../src/index.js';
import { bootstrap, memberSeed } from '../../src/model/vote.js';
import { clusters, curve, sha256 } from './support.js';

const { x, y } = clusters(90, { noise: 1.5 });

/** An architecture for `clusters` with three classes. */
function architecture(more: Partial<SequentialConfig> = {}, runtime = createRuntime()) {
  const layers = [dense(8, { activation: 'tanh' }), dense(3, { activation: 'softmax' })];
  return sequential({ input: 4, seed: 3, layers, ...more }, { runtime });
}

const COMPILED = { loss: 'crossEntropy', metrics: ['accuracy'], optimizer: adam({ learningRate: 0.02 }) } as const;
const FIT = { epochs: 5, batchSize: 16 };

/** A trained ensemble. */
function trained(options: BaggingOptions, more?: Partial<SequentialConfig>) {
  const ensemble = bagging(architecture(more), options).compile(COMPILED);
  return { ensemble, history: ensemble.fitSync(x, y, FIT) };
}

/** Member i of an ensemble's file as a model of its own. */
function memberModel(bytes: Uint8Array, member: number) {
  const { tensors, metadata } = decodeSafetensors(bytes, 'test');
  const own = [...tensors].flatMap(([name, tensor]) => {
    const prefix = `member${member}/`;
    return name.startsWith(prefix) ? [[name.slice(prefix.length), tensor] as const] : [];
  });
  const facts = JSON.parse(metadata[`member${member}`] as string) as Record<string, string>;
  return load(encodeSafetensors({ tensors: new Map(own), metadata: facts }));
}

describe('one member with the full sample', () => {
  it.each([{}, { standardize: true }])('is the single model, bit for bit: %j', async (more) => {
    const single = architecture(more).compile(COMPILED);
    const history = single.fitSync(x, y, FIT);
    const { ensemble, history: bagged } = trained({ members: 1 }, more);
    expect(ensemble.predict(x)).toEqual(single.predict(x));
    expect(ensemble.predictClasses(x)).toEqual(single.predictClasses(x));
    expect(bagged).toEqual({ members: [history], outOfBag: undefined });
    expect(ensemble.history).toEqual(bagged);
    const [{ dataLoss, accuracy }, judged] = [single.evaluateSync(x, y), await ensemble.evaluate(x, y)];
    expect(judged.accuracy).toBe(accuracy);
    // probabilities are rounded, then taken the logarithm of
    expect(Math.abs(judged.loss - dataLoss)).toBeLessThan(1e-6);
    expect(ensemble.predictWithSpread(x).deviation.every((value) => value === 0)).toBe(true);
  });
});

describe('the samples', () => {
  it('are drawn with replacement, other ones for every member, seed and number of rows', () => {
    const rows = Uint32Array.from({ length: 2000 }, (_, i) => 3 * i);
    const samples = [0, 1, 2].map((member) => bootstrap(rows, 1, 7, member));
    expect(new Set(samples.map(String)).size).toBe(3);
    expect(String(bootstrap(rows, 1, 7, 1))).toBe(String(samples[1]));
    expect(String(bootstrap(rows, 1, 8, 1))).not.toBe(String(samples[1]));
    for (const sample of samples) {
      expect(sample.length).toBe(2000);
      expect(sample.every((row) => row % 3 === 0 && row < 6000)).toBe(true);
      // 1 − (1 − 1/n)ⁿ of the rows are drawn, 63.2 %; the deviation of that share is 0.7 % for 2000 rows
      expect(Math.abs(new Set(sample).size / 2000 - 0.632)).toBeLessThan(0.028);
    }
    expect(bootstrap(rows, 0.25, 7, 0).length).toBe(500);
    expect(bootstrap(rows, 1e-9, 7, 0).length).toBe(1);
  });

  it('leave the first member the seed of the single model, and give the others their own', () => {
    const seeds = Array.from({ length: 20 }, (_, i) => memberSeed(3, 7, i));
    expect(seeds[0]).toBe(3);
    expect(new Set(seeds).size).toBe(20);
    expect(seeds.every((seed) => Number.isSafeInteger(seed) && seed >= 0)).toBe(true);
  });
});

describe('several members', () => {
  it('predict the mean of what each of them predicts, and tell the spread', () => {
    const { ensemble } = trained({ members: 4 });
    const models = [0, 1, 2, 3].map((member) => memberModel(ensemble.save(), member));
    const outputs = models.map((model) => model.predict(x));
    expect(new Set(outputs.map(String)).size).toBe(4);
    const { mean, deviation } = ensemble.predictWithSpread(x);
    expect(ensemble.predict(x)).toEqual(mean);
    for (let i = 0; i < mean.length; i++) {
      const values = outputs.map((output) => output[i] as number);
      const average = values.reduce((sum, value) => sum + value, 0) / 4;
      const variance = values.reduce((sum, value) => sum + (value - average) ** 2, 0) / 4;
      expect(Math.abs((mean[i] as number) - average)).toBeLessThan(2 ** -24);
      expect(Math.abs((deviation[i] as number) - Math.sqrt(variance))).toBeLessThan(1e-7);
    }
  });

  it('judge with the mean', async () => {
    const { ensemble } = trained({ members: 3 });
    const mean = ensemble.predict(x);
    const loss = y.reduce((sum, label, row) => sum - Math.log(mean[3 * row + label] as number), 0) / y.length;
    const classes = ensemble.predictClasses(x);
    const hits = y.filter((label, row) => classes[row] === label).length;
    const judged = await ensemble.evaluate(x, y);
    expect(judged.accuracy).toBe(hits / y.length);
    expect(Math.abs(judged.loss - loss)).toBeLessThan(1e-6);
    expect(ensemble.evaluateSync(x, y)).toEqual(judged);
  });

  it('judge each training row by the members that never saw it', () => {
    const { ensemble, history } = trained({ members: 3 });
    const all = Uint32Array.from(y, (_, row) => row);
    const unseen = [0, 1, 2].map((member) => {
      const sample = new Set(bootstrap(all, 1, 3, member));
      return all.map((row) => (sample.has(row) ? 0 : 1));
    });
    const models = [0, 1, 2].map((member) => memberModel(ensemble.save(), member));
    const outputs = models.map((model) => model.predict(x));
    let [rows, hits, loss] = [0, 0, 0];
    y.forEach((label, row) => {
      const jury = [0, 1, 2].filter((member) => unseen[member]?.[row] === 1);
      if (jury.length === 0) return;
      const mean = [0, 1, 2].map((j) => {
        return jury.reduce((sum, member) => sum + (outputs[member]?.[3 * row + j] as number), 0) / jury.length;
      });
      rows++;
      hits += mean.indexOf(Math.max(...mean)) === label ? 1 : 0;
      loss -= Math.log(mean[label] as number);
    });
    expect(rows).toBeLessThan(y.length);
    expect(history.outOfBag?.rows).toBe(rows);
    expect(history.outOfBag?.accuracy).toBe(hits / rows);
    expect(Math.abs((history.outOfBag?.loss as number) - loss / rows)).toBeLessThan(1e-6);
  });

  it('give the same bits for the same seeds, and go on from a checkpoint', () => {
    const [one, two] = [trained({ members: 2 }), trained({ members: 2 })];
    expect(sha256(one.ensemble.save({ optimizer: true }))).toBe(sha256(two.ensemble.save({ optimizer: true })));
    expect(one.history).toEqual(two.history);
    expect(trained({ members: 2, seed: 4 }).ensemble.predict(x)).not.toEqual(one.ensemble.predict(x));
    const loaded = loadEnsemble<'crossEntropy', 'accuracy'>(one.ensemble.save({ optimizer: true }));
    expect(loaded.members).toBe(2);
    expect(loaded.predict(x)).toEqual(one.ensemble.predict(x));
    loaded.fitSync(x, y, FIT);
    two.ensemble.fitSync(x, y, FIT);
    expect(sha256(loaded.save({ optimizer: true }))).toBe(sha256(two.ensemble.save({ optimizer: true })));
  });

  it('keep names and target units', () => {
    const names = y.map((label) => ['ash', 'elm', 'oak'][label] as string);
    const named = bagging(architecture({ standardize: true }), { members: 2 }).compile(COMPILED);
    named.fitSync(x, names, FIT);
    expect(named.classes).toEqual(['ash', 'elm', 'oak']);
    const labels = named.predictLabels(x);
    expect(labels).toEqual(Array.from(named.predictClasses(x), (i) => ['ash', 'elm', 'oak'][i]));
    expect(loadEnsemble(named.save()).predictLabels(x)).toEqual(labels);

    const data = curve(80, { size: 100, offset: 1000 });
    const layers = [dense(8, { activation: 'tanh' }), dense(1)];
    const values = bagging(sequential({ input: 3, layers, standardizeTarget: true }), { members: 3 }).compile({
      loss: 'meanSquaredError',
      metrics: ['rmse'],
    });
    values.fitSync(data.x, data.y, { epochs: 3 });
    const { mean, deviation } = values.predictWithSpread(data.x);
    const squares = data.y.reduce((sum, target, row) => sum + ((mean[row] as number) - target) ** 2, 0);
    const { rmse } = values.evaluateSync(data.x, data.y);
    expect(Math.abs(rmse / Math.sqrt(squares / data.y.length) - 1)).toBeLessThan(1e-4);
    const outputs = [0, 1, 2].map((member) => memberModel(values.save(), member).predict(data.x));
    mean.forEach((average, i) => {
      const squares = outputs.reduce((sum, output) => sum + ((output[i] as number) - average) ** 2, 0);
      // a mean near 1000 is rounded to 3e-5, each output as well
      expect(Math.abs((deviation[i] as number) - Math.sqrt(squares / 3))).toBeLessThan(2e-4);
    });
    expect(Math.max(...deviation)).toBeGreaterThan(1);
  });

  it('train on a share of the rows, with validation rows and early stopping', () => {
    const ensemble = bagging(architecture(), { members: 3, sampleFraction: 0.5 }).compile(COMPILED);
    const members: number[] = [];
    const { members: histories, outOfBag } = ensemble.fitSync(x, y, {
      epochs: 30,
      validationSplit: 0.2,
      earlyStopping: { patience: 2 },
      onEpochEnd: ({ member, epoch }) => {
        members.push(member);
        return member === 1 && epoch === 2 ? 'stop' : undefined;
      },
    });
    expect(new Set(members)).toEqual(new Set([0, 1, 2]));
    expect(histories.map(({ metrics }) => metrics.val_loss?.length)[1]).toBe(2);
    expect(histories[1]?.stopReason).toBe('callback');
    // only rows that may be trained on are judged
    expect(outOfBag?.rows).toBeLessThanOrEqual(72);
  });
});

describe('an ensemble', () => {
  it('gives the event loop back, and lets nobody disturb its fit', async () => {
    const ensemble = bagging(architecture(), { members: 3 }).compile(COMPILED);
    const seen = new Set<number>();
    let turns = 0;
    const fit = ensemble.fit(x, y, {
      ...FIT,
      sliceMs: 0,
      onProgress: ({ member }) => {
        seen.add(member);
        turns++;
      },
    });
    await expect(ensemble.fit(x, y)).rejects.toThrow(BusyError);
    expect(() => ensemble.evaluateSync(x, y)).toThrow(/at work \(fit\)/);
    expect(ensemble.predict(x).length).toBe(270);
    expect(loadEnsemble(ensemble.save()).members).toBe(3);
    const history = await fit;
    expect(seen).toEqual(new Set([0, 1, 2]));
    expect(turns).toBeGreaterThan(3 * 5 * 6);
    const sync = bagging(architecture(), { members: 3 }).compile(COMPILED);
    expect(sync.fitSync(x, y, FIT)).toEqual(history);
    expect(sha256(sync.save())).toBe(sha256(ensemble.save()));
  });

  it('tells what it is', () => {
    const ensemble = bagging(architecture(), { members: 3, sampleFraction: 0.5 }).compile(COMPILED);
    expect(ensemble.summary()).toMatch(
      /^bagging · 3 members · samples of 0\.5 of the rows · seed 3 · each:\ninput 4 · /,
    );
    expect(['simd', 'relaxed']).toContain(ensemble.runtime.kernel);
  });

  it('stores the rows once, and gives all its memory back', () => {
    const runtime = createRuntime();
    const before = runtime.used;
    const ensemble = bagging(architecture({}, runtime), { members: 3 }).compile(COMPILED);
    const compiled = runtime.used;
    let during = 0;
    ensemble.fitSync(x, y, {
      ...FIT,
      onEpochEnd: () => {
        const data = runtime.map().match(/training data/g) ?? [];
        during = Math.max(during, data.length);
      },
    });
    expect(during).toBe(1);
    ensemble.dispose();
    expect(compiled).toBeGreaterThan(before);
    expect(runtime.used).toBe(before);
    expect(() => ensemble.predict(x)).toThrow(DisposedError);
  });

  it('ends when it is aborted, out of time or disposed', async () => {
    const make = () => bagging(architecture(), { members: 2 }).compile(COMPILED);
    const control = new AbortController();
    const aborted = make();
    const reason = new Error('enough');
    const fit = aborted.fit(x, y, {
      ...FIT,
      sliceMs: 0,
      signal: control.signal,
      onProgress: () => control.abort(reason),
    });
    await expect(fit).rejects.toBe(reason);
    expect(aborted.history?.members.map(({ stopReason }) => stopReason)).toEqual(['aborted']);
    expect(aborted.fitSync(x, y, { epochs: 1 }).members.length).toBe(2);
    const half = make();
    const halves = new AbortController();
    const fitted = half.fit(x, y, {
      ...FIT,
      sliceMs: 0,
      signal: halves.signal,
      onProgress: ({ member }) => member === 1 && halves.abort(reason),
    });
    await expect(fitted).rejects.toBe(reason);
    expect(half.history?.outOfBag).toBe(undefined);
    expect(half.history?.members.map(({ stopReason }) => stopReason)).toEqual(['completed', 'aborted']);
    expect(half.history?.members[0]).toEqual(make().fitSync(x, y, FIT).members[0]);
    const { members } = make().fitSync(x, y, { epochs: 1e6, timeLimit: 60 });
    expect(members.map(({ stopReason }) => stopReason)).toEqual(['timeLimit', 'timeLimit']);
    const gone = make();
    await expect(gone.fit(x, y, { ...FIT, sliceMs: 0, onProgress: () => gone.dispose() })).rejects.toThrow(
      DisposedError,
    );
  });
});

describe('bagging refuses', () => {
  it.each([
    [
      'no members',
      { members: 0 },
      /bagging: `members` must be a positive integer\. Received: 0\. Help: write bagging\(/,
    ],
    ['no options', undefined as never, /bagging: `members` must be a positive integer\. Received: undefined\. Help:/],
    ['half a member', { members: 1.5 }, /`members` must be a positive integer/],
    ['an empty sample', { members: 2, sampleFraction: 0 }, /`sampleFraction` must be above 0\. Received: 0/],
    [
      'more than there is',
      { members: 2, sampleFraction: 1.5 },
      /`sampleFraction` must be a number from 0 to 1\. Received: 1\.5/,
    ],
    ['a negative seed', { members: 2, seed: -1 }, /bagging: `seed`/],
    ['an unknown option', { members: 2, sampleFractoin: 1 }, /did you mean `sampleFraction`\?/],
  ])('%s', (_, options, message) => {
    expect(() => bagging(architecture(), options)).toThrow(ArgumentError);
    expect(() => bagging(architecture(), options)).toThrow(message);
  });

  it('what is no architecture', () => {
    const model = architecture().compile(COMPILED);
    expect(() => bagging(model as never, { members: 2 })).toThrow(
      /what `sequential` returns for rows of numbers is needed\. Received: a Model\. Help: it comes before compile/,
    );
    const features = fitFeatures(
      tableOf([
        { a: 1, y: 2 },
        { a: 2, y: 3 },
      ]),
      { target: 'y' },
    );
    const ofTable = sequential({ input: features, layers: [outputLayer(features)] });
    // @ts-expect-error an architecture of a table
    expect(() => bagging(ofTable, { members: 2 })).toThrow(
      'Received: a TableArchitecture. Help: it comes before compile; of a table, give `input: features.width`, and fit what ' +
        'encodeExamples returns.',
    );
  });

  it('batches larger than a sample, before anything changes', () => {
    const ensemble = bagging(architecture(), { members: 2, sampleFraction: 0.1 }).compile(COMPILED);
    expect(() => ensemble.fitSync(x, y, { batchSize: 10 })).toThrow(/must not exceed the 9 training rows/);
    expect(() => ensemble.fitSync(x, y, { epochs: 1 })).not.toThrow();
  });

  it('more members than the memory holds, and keeps none of it', () => {
    const runtime = createRuntime({ memoryLimit: 1 << 21 });
    const before = runtime.used;
    expect(() => bagging(architecture({}, runtime), { members: 5000 }).compile(COMPILED)).toThrow(MemoryLimitError);
    expect(runtime.used).toBe(before);
  });

  it('no file to which others have added entries of their own', () => {
    const { ensemble } = trained({ members: 2 });
    const { tensors, metadata } = decodeSafetensors(ensemble.save(), 'test');
    const bytes = encodeSafetensors({ tensors, metadata: { ...metadata, note: 'mine' } });
    expect(loadEnsemble(bytes).predict(x)).toEqual(ensemble.predict(x));
  });

  it('files of another kind, and damaged ones', () => {
    const { ensemble } = trained({ members: 2 });
    const bytes = ensemble.save();
    expect(() => load(bytes)).toThrow(/this is an ensemble of models\. Help: load it with loadEnsemble/);
    expect(() => loadEnsemble(architecture().compile(COMPILED).save())).toThrow(/read single models with load/);
    expect(() => loadEnsemble(bytes.subarray(0, bytes.length - 4))).toThrow(FormatError);
    const { tensors, metadata } = decodeSafetensors(bytes, 'test');
    const changed = (facts: Record<string, string>, drop = /$^/) => {
      const kept = new Map([...tensors].filter(([name]) => !drop.test(name)));
      return () => loadEnsemble(encodeSafetensors({ tensors: kept, metadata: { ...metadata, ...facts } }));
    };
    expect(changed({ bagging: '{"members":3}' })).toThrow(/there are 2 members of 3/);
    expect(changed({ bagging: '{"members":2,"sampleFraction":2}' })).toThrow(FormatError);
    expect(changed({ bagging: 'no' })).toThrow(/what is known of the ensemble is not a JSON object/);
    expect(changed({ member1: '7' })).toThrow(/what is known of member 1 is not a JSON object/);
    expect(changed({}, /^member1\/dense0.bias/)).toThrow(/dense0\.bias is missing/);
    const other = JSON.parse(metadata.member1 as string) as Record<string, string>;
    const wider = (other.architecture as string).replace('"units":8', '"units":9');
    expect(changed({ member1: JSON.stringify({ ...other, architecture: wider }) })).toThrow(/not of one architecture/);
  });
});
