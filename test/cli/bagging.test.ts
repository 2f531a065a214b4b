/** `train --bagging`, and the commands that take what it saves. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { baggingText, epochRows, readBagging, samplesText } from '../../src/cli/bagging.js';
import { type Ending, endingText, meanCurves } from '../../src/cli/ending.js';
import { EXAMPLES } from '../../src/cli/examples.js';
import { spreadOn } from '../../src/cli/judging.js';
import { spirals } from '../../src/data/index.js';
import { decodeSafetensors } from '../../src/format/safetensors.js';
import { ArgumentError, type History, loadEnsemble } from '../../src/index.js';
import { type Ended, start, writeIdx } from './command.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lanegrad-bagging-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

async function done(...args: string[]): Promise<Ended> {
  const ended = await start(folder, args);
  expect(ended, ended.stderr).toMatchObject({ code: 0 });
  return ended;
}

const model = join('lanegrad-out', 'model.safetensors');
const bytesOf = (path = model): Uint8Array => readFileSync(join(folder, path));
const page = (): string => readFileSync(join(folder, 'lanegrad-out', 'report.html'), 'utf8');

type Line = Readonly<Record<string, unknown>> & { readonly event: string };

interface Result extends Line {
  readonly test: { readonly accuracy: number; readonly correct: number };
  readonly stopReason: string;
  readonly members: readonly { readonly member: number; readonly epochs: number; readonly keptEpoch: number | null }[];
  readonly outOfBag: { readonly rows: number; readonly accuracy: number; readonly loss: number } | null;
  readonly spread: { readonly right: number | null; readonly wrong: number | null };
}

function jsonLines(stdout: string): Line[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

const resultOf = (stdout: string): Result => jsonLines(stdout).at(-1) as Result;

const SMALL = ['spirals', '--hidden', '8', '--epochs', '3'];

describe('--bagging', () => {
  it('reads members, and perhaps a share', () => {
    expect(readBagging('train', '10')).toEqual({ members: 10, sampleFraction: 1 });
    expect(readBagging('train', '3:0.5')).toEqual({ members: 3, sampleFraction: 0.5 });
    for (const text of ['10', '3:0.5']) expect(baggingText(readBagging('train', text))).toBe(text);
    expect(epochRows(readBagging('train', '3:0.5'), 1001)).toBe(501);
    expect(epochRows(undefined, 1001)).toBe(1001);
    expect(samplesText(readBagging('train', '3:0.5'), 100)).toBe(
      'samples of 50 rows each, drawn with replacement (0.5 of the rows)',
    );
    expect(samplesText(readBagging('train', '1'), 100)).toBe('all 100 rows, as it is the only one');
  });

  it.each(['0', '-1', '1.5', 'ten', '', '10:', '10:0', '10:1.1', '10:-0.5', '10:half', '10x', '1e1', '10:0.5:2'])(
    'refuses %j',
    (text) => {
      expect(() => readBagging('train', text)).toThrow(ArgumentError);
      expect(() => readBagging('train', text)).toThrow(
        `\`--bagging\` must be a whole number of members of at least 1, such as \`10\`, perhaps with a share of the rows ` +
          `up to 1, such as \`10:0.8\`, not ${JSON.stringify(text)}.`,
      );
    },
  );

  it('is refused before any data is read', async () => {
    const { code, stdout, stderr } = await start(folder, ['train', '.', '--bagging', '0']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^lanegrad train: `--bagging` must be .*\n$/);
  });
});

describe('an ensemble', () => {
  it('is trained, told about, judged, saved, and taken by the other commands', async () => {
    const { stdout, stderr } = await done('train', ...SMALL, '--bagging', '3:0.5', '--batch-size', '32');
    expect(stdout).toMatch(/^ {2}model +2 → 8 tanh → 2 softmax +3 × 42 parameters, adam 0\.01$/m);
    expect(stdout).toMatch(/^ {2}bagging +3 members on samples of 700 rows each, drawn with replacement \(0\.5 of/m);
    expect(stdout).toMatch(/training +trained 3 members, all 3 epochs each; of each, the weights of its best epoch/);
    expect(stdout).toMatch(/^ {2}bagging +out-of-bag accuracy [\d.]+% +loss [\d.]+ +[\d,]+ training rows/m);
    expect(stderr.match(/^ {2}member [123]\/3 {2}epoch [123]\/3 {2}loss .* ETA /gm)).toHaveLength(9);

    const { document } = parseHTML(page());
    const settings = document.querySelector('.settings')?.textContent ?? '';
    expect(settings).toContain('the mean of 3 members');
    expect(settings).toContain('samples of 700 rows each, drawn with replacement (0.5 of the rows)');
    expect(settings).toContain('3 × 42');
    expect(document.querySelector('.facts')?.textContent).toMatch(/members3.*out-of-bag accuracy.*spread of members/s);
    expect(document.querySelector('.curve')?.textContent).toContain('validation, mean');
    expect(page()).toContain('--bagging 3:0.5');

    const right = /([\d,]+ of 300 rows right)/.exec(stdout)?.[1] as string;
    expect((await done('evaluate', model, 'spirals')).stdout).toContain(right);
    const table = (await done('predict', model, 'spirals')).stdout.trimEnd().split('\n');
    expect(table).toHaveLength(301);
    expect(table[0]).toBe('row,prediction,probability_0,probability_1');
    const { x, y } = spirals({ seed: 42 });
    const mean = loadEnsemble(bytesOf()).predict(x);
    let correct = 0;
    for (const line of table.slice(1)) {
      const [row, prediction, first] = line.split(',').map(Number) as [number, number, number];
      expect(Math.abs(first - (mean[2 * row] as number))).toBeLessThan(1e-6);
      if (prediction === y[row]) correct++;
    }
    expect(right).toBe(`${correct} of 300 rows right`);
    const { stdout: text } = await done('summary', model);
    expect(text).toMatch(/^bagging · 3 members · samples of 0\.5 of the rows · seed 42 · each:/);
    expect(text).toContain('on spirals, 2,000 rows in all, test 0.15, validation 0.15, seed 42');
    expect(text).not.toContain('Ctrl-C');
  });

  it('writes JSON lines that name the member', async () => {
    const { stdout } = await done('train', ...SMALL, '--bagging', '2', '--json');
    const lines = jsonLines(stdout);
    expect(lines.map(({ event, member, epoch }) => [event, member, epoch].join(' ').trim())).toEqual([
      'start',
      'epoch 1 1',
      'epoch 1 2',
      'epoch 1 3',
      'epoch 2 1',
      'epoch 2 2',
      'epoch 2 3',
      'result',
    ]);
    expect(lines[0]).toMatchObject({ bagging: { members: 2, sampleFraction: 1, sampleRows: 1400 } });
    expect(lines[1]).toMatchObject({ members: 2, epochs: 3, val_loss: expect.any(Number) });
    const { members, outOfBag, spread, stopReason, test } = resultOf(stdout);
    expect(stopReason).toBe('completed');
    expect(members).toMatchObject([
      { member: 1, epochs: 3, stopReason: 'completed' },
      { member: 2, epochs: 3, stopReason: 'completed' },
    ]);
    expect(outOfBag?.rows).toBeGreaterThan(600);
    expect(outOfBag?.accuracy).toBeGreaterThan(0.4);
    expect(spread.right).toBeGreaterThan(0);
    const { stdout: again } = await done('evaluate', model, 'spirals', '--json');
    expect(resultOf(again).test).toEqual(test);
  });

  it('is diagnosed member by member; the first one is shown', async () => {
    const flags = ['train', 'spirals', '--bagging', '2', '--hidden', '60,60', '--epochs', '2', '--diagnostics'];
    const { stdout } = await done(...flags, '--json');
    const events = jsonLines(stdout).filter(({ event }) => event === 'diagnosis');
    expect(events.map(({ member, epoch }) => [member, epoch])).toEqual([
      [1, 1],
      [1, 2],
      [2, 1],
      [2, 2],
    ]);
    expect(events[0]?.layers).not.toEqual(events[2]?.layers);
    expect(page()).toContain('This is the first of 2 members.');
    const told = await done(...flags);
    expect(told.stdout).toMatch(/^ {2}warning +member 1: there are 3962 parameters for 1400 training rows: /m);
  });

  it('is the same to the last byte for the same command, and replaces its own file', async () => {
    await done('train', ...SMALL, '--bagging', '2', '--seed', '7', '--quiet');
    const first = bytesOf();
    await done('train', ...SMALL, '--bagging', '2', '--seed', '7', '--quiet');
    expect(bytesOf()).toEqual(first);
    await done('train', ...SMALL, '--bagging', '2', '--seed', '8', '--quiet');
    expect(bytesOf()).not.toEqual(first);
  });

  it('has its members stop early, each by itself', async () => {
    const { stdout } = await done('train', 'spirals', '--bagging', '3', '--epochs', '500', '--patience', '2', '--json');
    const { stopReason, members } = resultOf(stdout);
    expect(stopReason).toBe('earlyStopping');
    for (const { epochs, keptEpoch } of members) expect(epochs).toBe((keptEpoch as number) + 2);
    expect(new Set(members.map(({ epochs }) => epochs)).size).toBeGreaterThan(1);
  });

  it('shares the time limit among its members', async () => {
    const time = ['--epochs', '100000', '--patience', '100000', '--time-limit', '600ms'];
    const { stdout } = await done('train', 'spirals', '--bagging', '3', ...time, '--json');
    const { stopReason, members } = resultOf(stdout);
    expect(stopReason).toBe('timeLimit');
    expect(members).toHaveLength(3);
    for (const { keptEpoch } of members) expect(keptEpoch).toBeGreaterThanOrEqual(1);
    expect(page()).toContain('stopped by the time limit, which 3 members shared');
  });

  it('keeps the last steps where there are no validation rows', async () => {
    const { stdout } = await done('train', ...SMALL, '--bagging', '2', '--validation', '0', '--json');
    expect(resultOf(stdout).members).toMatchObject([{ keptEpoch: null }, { keptEpoch: null }]);
    expect(parseHTML(page()).document.querySelector('.curve')?.textContent).not.toContain('validation');
  });

  it('says which member diverged, and saves nothing', async () => {
    const rate = ['--optimizer', 'sgd', '--learning-rate', '1e6'];
    const { code, stderr } = await start(folder, ['train', '--bagging', '2', ...rate, '--quiet']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Member 1 of 2: Training diverged at step \d+, epoch 1: .*\n$/);
    expect(() => bytesOf()).toThrow(/ENOENT/);
  });

  it('is refused where its file is damaged, in one sentence', async () => {
    await done('train', ...SMALL, '--bagging', '2', '--quiet');
    const bytes = bytesOf();
    const flipped = Buffer.from(bytes);
    flipped[bytes.length - 100] = (flipped[bytes.length - 100] as number) ^ 1;
    for (const [content, message] of [
      [bytes.subarray(0, bytes.length / 2), /^lanegrad: bad\.safetensors: the file is truncated.*\n$/],
      [flipped, /^lanegrad: bad\.safetensors: the file is damaged.*\n$/],
    ] as const) {
      writeFileSync(join(folder, 'bad.safetensors'), content);
      for (const args of [
        ['evaluate', 'bad.safetensors', 'spirals'],
        ['summary', 'bad.safetensors'],
      ]) {
        const { code, stdout, stderr } = await start(folder, args);
        expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
        expect(stderr).toMatch(message);
      }
    }
  });
});

/** The tensors of one member of an ensemble's file. */
function member(bytes: Uint8Array, i: number): readonly (readonly [string, readonly number[]])[] {
  const { tensors } = decodeSafetensors(bytes, 'test');
  return [...tensors]
    .filter(([name]) => name.startsWith(`member${i}/`))
    .map(([name, { data }]) => [name, Array.from(data)] as const);
}

/** Trains with --json, and sends SIGINT when the progress says so. */
async function interrupted(when: RegExp, ...args: string[]): Promise<Ended> {
  let sent = false;
  const ended = await start(folder, ['train', ...args, '--json'], (child, text) => {
    if (sent || !when.test(text)) return;
    sent = true;
    child.kill('SIGINT');
  });
  expect({ code: ended.code, sent }, ended.stderr).toEqual({ code: 0, sent: true });
  expect(ended.stderr).toContain('stopping: the members that are trained are kept, judged and saved');
  return ended;
}

const windows = process.platform === 'win32';
describe.skipIf(windows)('Ctrl-C', () => {
  it('keeps the members that were trained, as an ensemble of their own', async () => {
    const flags = ['--hidden', '64', '--epochs', '40', '--patience', '40'];
    const { stdout } = await interrupted(/member +2\/20 +epoch +2\//, 'digits', ...flags, '--bagging', '20');
    const { stopReason, members, plannedMembers, outOfBag, test } = resultOf(stdout);
    expect({ stopReason, plannedMembers, outOfBag }).toEqual({
      stopReason: 'aborted',
      plannedMembers: 20,
      outOfBag: null,
    });
    expect(members.length).toBeGreaterThanOrEqual(1);
    expect(members.length).toBeLessThan(20);
    for (const { epochs } of members) expect(epochs).toBe(40);
    const kept = bytesOf();
    expect(loadEnsemble(kept).members).toBe(members.length);
    expect(page()).toMatch(/interrupted in member \d+ of 20; the .*trained before it (is|are) kept/);
    expect(page()).toContain(`${members.length} of 20`);
    // what is on disk is what was judged, and says what it is not
    expect(resultOf((await done('evaluate', model, 'digits', '--json')).stdout).test).toEqual(test);
    expect((await done('summary', model)).stdout).toContain('interrupted before all 20 members were trained');
    // and its members are those of the run that nobody interrupts
    await done('train', 'digits', ...flags, '--bagging', '2', '--quiet');
    expect(member(kept, 0).length).toBeGreaterThan(3);
    expect(member(bytesOf(), 0)).toEqual(member(kept, 0));
  });

  it('keeps the first member alone where none was trained to its end', async () => {
    const flags = ['--hidden', '64', '--epochs', '1000000', '--patience', '1000000', '--bagging', '3'];
    const { stdout } = await interrupted(/member 1\/3 +epoch +3\//, 'digits', ...flags);
    const { stopReason, members, test } = resultOf(stdout);
    expect(stopReason).toBe('aborted');
    expect(members).toMatchObject([{ member: 1, stopReason: 'aborted' }]);
    expect(members[0]?.keptEpoch).toBeGreaterThanOrEqual(1);
    expect(page()).toContain('interrupted in member 1 of 3; it alone is kept, with the weights of its epoch');
    expect(resultOf((await done('evaluate', model, 'digits', '--json')).stdout).test).toEqual(test);
  });
});
if (windows) console.warn('skipped: Ctrl-C, as Windows has no signals that a test can send to another process');

describe('the examples of the help', () => {
  it('are shown as they are, one of them with everything', async () => {
    const { stdout } = await done('train', '--help');
    expect(stdout.slice(stdout.indexOf('\nexamples\n')).trimEnd().split('\n').slice(2)).toEqual(
      EXAMPLES.map((line) => `  ${line}`),
    );
    expect(EXAMPLES).toContain(
      'lanegrad train path/to/mnist --optimizer rmsprop --schedule inverse:k=1e-3 --dropout 0.2 --batch-norm before ' +
        '--l2 1e-4 --augment rotate:15,flip-h --bagging 10 --patience 5 --diagnostics',
    );
  });

  it.each(EXAMPLES)('%s', async (line) => {
    writeIdx(join(folder, 'path', 'to', 'mnist'));
    writeFileSync(join(folder, 'orders.csv'), ORDERS);
    const [name, ...words] = line.split(' ');
    expect(name).toBe('lanegrad');
    // few epochs; the folder is small as it is
    const small = line.includes('mnist') ? [] : ['--epochs', '3'];
    await done(...words, ...small, '--quiet');
    const { metadata } = decodeSafetensors(bytesOf(), 'test');
    expect(metadata.format).toBe(line.includes('--bagging') ? 'lanegrad-ensemble/1' : 'lanegrad/1');
    const text = JSON.stringify(metadata);
    for (const [flag, trace] of Object.entries(TRACES)) if (line.includes(flag)) expect(text).toMatch(trace);
  });
});

/** The table of the examples, small. */
const ORDERS = `order_id,zip,amount,churned\n${Array.from({ length: 60 }, (_, i) => `${i},${11000 + (i % 4)},${(i * 7) % 13}.5,${i % 3 === 0 ? 'yes' : 'no'}`).join('\n')}\n`;

/** What a flag leaves in the file. */
const TRACES = {
  '--drop order_id': /order_id[\\"]+,[\\"]+kind[\\"]+:[\\"]+dropped/,
  '--kind zip=category': /category[\\"]+,[\\"]+name[\\"]+:[\\"]+zip/,
  'leakyRelu:slope=0.2': /leakyRelu[\\"]+,[\\"]+slope[\\"]+:0\.2/,
  'sgd:momentum=0.9,nesterov': /momentum[\\"]+:0\.9,[\\"]+nesterov[\\"]+:true/,
  'ewaMomentum:alpha=0.9': /ewaMomentum/,
  '--input-dropout 0.1': /dropout[\\"]+,[\\"]+keep[\\"]+:0\.9/,
  '--max-norm 3': /maxNorm[\\"]+,[\\"]+limit[\\"]+:3/,
  '--weight-initializer heUniform': /weightInitializer[\\"]+:{[\\"]+kind[\\"]+:[\\"]+heUniform/,
  '--optimizer rmsprop': /rmsprop/,
  '--dropout 0.2': /dropout[\\"]+,[\\"]+keep[\\"]+:0\.8/,
  '--batch-norm before': /batchNorm/,
  '--augment rotate:15,flip-h': /flipHorizontal[\\"]+:true.*rotate[\\"]+:\[-15,15\]/,
  '--augment shift:1': /shift[\\"]+:{[\\"]+x[\\"]+:1/,
};

/** A history of these losses. */
function history(loss: readonly number[], stopReason: History<'accuracy'>['stopReason'] = 'completed') {
  const metrics = { loss, accuracy: loss, val_loss: loss };
  return { metrics, stopReason, best: { epoch: loss.length, value: loss.at(-1) ?? Number.NaN } };
}

describe('how an ensemble ended', () => {
  it('has the mean of its members as curves, as far as all of them were trained', () => {
    expect(meanCurves([history([4, 2, 1]), history([2, 1])])).toEqual({
      loss: [3, 1.5],
      accuracy: [3, 1.5],
      val_loss: [3, 1.5],
    });
  });

  const text = (reason: Ending['reason'], members: readonly History<'accuracy'>[], planned = members.length) => {
    const whole = { metrics: meanCurves(members), stopReason: reason, best: { epoch: 0, value: Number.NaN } };
    const bagging = { members, planned, outOfBag: undefined };
    const ending = { reason, history: whole, keptEpoch: 0, seconds: 1, rowsPerSecond: 1, bagging };
    return endingText(ending, { epochs: 3, patience: 1 });
  };

  it('is told in words', () => {
    const [long, short] = [history([3, 2, 1]), history([3, 2], 'earlyStopping')];
    expect(text('completed', [long, long])).toMatch(
      /^trained 2 members, all 3 epochs each; of each, the weights of its/,
    );
    expect(text('earlyStopping', [long, short])).toMatch(
      /^trained 2 members, 2 – 3 of 3 epochs each, 1 stopped early \(no better validation loss for 1 epoch\); of each/,
    );
    expect(text('timeLimit', [history([3], 'timeLimit')])).toMatch(/limit, which 1 member shared, 1 of 3 epochs each;/);
    expect(text('aborted', [long], 4)).toBe(
      'interrupted in member 2 of 4; the member trained before it is kept, and no other',
    );
    expect(text('aborted', [long, short], 4)).toBe(
      'interrupted in member 3 of 4; the 2 trained before it are kept, and no other',
    );
    expect(text('aborted', [long, short])).toMatch(/^interrupted after the last member was trained; of each/);
    expect(text('aborted', [history([3], 'aborted')], 4)).toBe(
      'interrupted in member 1 of 4; it alone is kept, with the weights of its epoch 1',
    );
    const none = { metrics: {}, stopReason: 'aborted', best: { epoch: 0, value: Number.NaN } } as never;
    expect(text('aborted', [none], 4)).toMatch(/it alone is kept, as its last completed step left it$/);
  });
});

describe('the spread', () => {
  it('is the mean deviation of the answer, over right rows and over wrong ones', () => {
    const deviation = Float32Array.of(0.5, 9, 9, 0.25, 0.125, 9);
    const judge = { predict: () => deviation, evaluate: async () => ({ loss: 0 }) };
    const rows = { x: { data: new Float32Array(3), shape: [3, 1] }, y: Uint8Array.of(0, 1, 1) };
    const answers = { predictions: Int32Array.of(0, 1, 0), probabilities: new Float32Array(6) };
    const several = { ...judge, predictWithSpread: () => ({ deviation }) };
    expect(spreadOn(several, rows, answers)).toEqual({ right: 0.375, wrong: 0.125 });
    expect(spreadOn(several, { ...rows, y: Uint8Array.of(0, 1, 0) }, answers)?.wrong).toBe(null);
    expect(spreadOn(judge, rows, answers)).toBe(undefined);
  });
});
