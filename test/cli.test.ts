import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { csvField } from '../src/cli/csvfield.js';
import { predictionTable } from '../src/cli/predict.js';
import { digits } from '../src/data/index.js';
import { dense, sequential } from '../src/index.js';
import { type Ended, program, start, writeIdx } from './cli/command.js';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const windows = process.platform === 'win32';

/** A small model and few epochs: for tests of everything but the accuracy. */
const QUICK = ['--epochs', '2', '--hidden', '8'];
/** A name that no system takes. */
const LONG = 'x'.repeat(5000);

beforeAll(() => {
  if (!existsSync(join(root, 'dist', 'cli.js')))
    throw new Error('The command is not built: run `npm run build` first.');
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lanegrad-cli-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Starts the command in the test's folder. `watch` sees stderr as it grows. */
const lanegrad = (args: readonly string[], watch?: (child: ChildProcess, stderr: string) => void): Promise<Ended> =>
  start(folder, args, watch);

/** Starts the command and demands exit code 0. */
async function done(...args: string[]): Promise<Ended> {
  const ended = await lanegrad(args);
  expect(ended, ended.stderr).toMatchObject({ code: 0 });
  return ended;
}

/** Demands exit code 2 with one line that fits, and nothing on stdout. */
async function refused(args: readonly string[], message: RegExp): Promise<void> {
  const { code, stdout, stderr } = await lanegrad(args);
  expect(stderr).toMatch(message);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
}

const at = (...names: string[]): string => join(folder, ...names);
const model = join('lanegrad-out', 'model.safetensors');
const report = join('lanegrad-out', 'report.html');

interface Line {
  readonly event: string;
  readonly [name: string]: unknown;
}

interface Result extends Line {
  readonly test: {
    readonly accuracy: number;
    readonly correct: number;
    readonly rows: number;
    readonly interval: readonly [number, number];
    readonly baseline: { readonly accuracy: number };
    readonly loss: number;
  };
  readonly stopReason: string;
  readonly epochs: number;
  readonly keptEpoch: number | null;
  readonly next: readonly string[];
}

/** The lines of `--json`. */
function jsonLines(stdout: string): Line[] {
  expect(stdout.endsWith('\n')).toBe(true);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

function resultOf(stdout: string): Result {
  const result = jsonLines(stdout).at(-1) as Result;
  expect(result.event).toBe('result');
  return result;
}

describe('train', () => {
  it('reaches 97 % on digits with its defaults, as the first command of the README promises', async () => {
    const { stdout, stderr } = await done('train');
    expect(stdout).toMatch(/^ {2}data +6,000 images of 16 × 16, digits drawn by code \(seed 42\), 10 classes$/m);
    expect(stdout).toMatch(/^ {2}split +train 4,200 · validation 900 · test 900 /m);
    expect(stdout).toMatch(/^ {2}model +256 → 128 relu → 10 softmax +34,186 parameters, adam 0\.001$/m);
    expect(stdout).toMatch(/^ {2}runtime +kernel (relaxed|turbo), 1 thread /m);
    expect(stdout).toMatch(/^ {2}test +accuracy \d.*baseline 10\.0%.*95% interval .*Wilson.*of 900 rows right$/m);
    expect(stdout).toMatch(/^ {2}saved .*model\.safetensors, .*report\.html$/m);
    expect(stderr).toMatch(/^ {2}epoch +1\/30 +loss [\d.]+ +val [\d.]+ +val acc +[\d.]+% +\S+ rows\/s +ETA /m);
    expect(Number(/accuracy ([\d.]+)%/.exec(stdout)?.[1])).toBeGreaterThanOrEqual(97);
    expect(readdirSync(at('lanegrad-out')).sort()).toEqual(['model.safetensors', 'report.html']);
  });

  it('leaves a linear model on digits below 95 %', async () => {
    const { stdout } = await done('train', '--hidden', 'none', '--json');
    const { accuracy } = resultOf(stdout).test;
    expect(accuracy).toBeLessThan(0.95);
    expect(accuracy).toBeGreaterThan(0.8);
  });

  it.each(['spirals', 'moons', 'circles', 'xor'])('reaches 95 % on %s with its defaults', async (name) => {
    const { stdout } = await done('train', name, '--json');
    const { accuracy, rows } = resultOf(stdout).test;
    expect(accuracy).toBeGreaterThanOrEqual(0.95);
    expect(readFileSync(at(report), 'utf8')).toContain('Decision boundary');
    // evaluate makes the same rows again, and takes the test part
    const again = resultOf((await done('evaluate', model, name, '--json')).stdout).test;
    expect({ accuracy: again.accuracy, rows: again.rows }).toEqual({ accuracy, rows });
  });

  it('writes JSON lines and nothing else with --json', async () => {
    const { stdout } = await done('train', ...QUICK, '--json');
    const lines = jsonLines(stdout);
    expect(lines.map(({ event }) => event)).toEqual(['start', 'epoch', 'epoch', 'result']);
    expect(lines[0]).toMatchObject({ split: { train: 4200, validation: 900, test: 900 }, seed: 42 });
    for (const [i, line] of lines.slice(1, 3).entries()) {
      expect(line).toMatchObject({ epoch: i + 1, epochs: 2 });
      for (const key of ['loss', 'accuracy', 'val_loss', 'val_accuracy', 'rowsPerSecond'])
        expect(line[key]).toBeTypeOf('number');
    }
    const { test, keptEpoch, stopReason } = resultOf(stdout);
    expect({ keptEpoch, stopReason }).toEqual({ keptEpoch: 2, stopReason: 'completed' });
    expect(test.accuracy).toBe(test.correct / test.rows);
    expect(test.interval[0]).toBeLessThan(test.accuracy);
    expect(test.interval[1]).toBeGreaterThan(test.accuracy);
    expect(test.baseline.accuracy).toBe(0.1);
  });

  it('says only the result with --quiet', async () => {
    const { stdout, stderr } = await done('train', ...QUICK, '--quiet');
    expect(stderr).toBe('');
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.trim().split(' ')[0]),
    ).toEqual(['test', 'saved']);
  });

  it('gives the same bytes for the same seed, and others for another', async () => {
    const bytes: Buffer[] = [];
    for (const [i, seed] of ['7', '7', '8'].entries()) {
      await done('train', 'spirals', ...QUICK, '--seed', seed, '--out', `run${i}`, '--quiet');
      bytes.push(readFileSync(at(`run${i}`, 'model.safetensors')));
    }
    expect(bytes[1]).toEqual(bytes[0]);
    expect(bytes[2]).not.toEqual(bytes[0]);
  });

  it.each([
    ['before', /2 → 12 batchNorm relu → 6 batchNorm relu → 2 softmax/, 'batchNorm, activation, dropout'],
    ['after', /2 → 12 relu batchNorm → 6 relu batchNorm → 2 softmax/, 'batchNorm, dropout'],
  ] as const)('puts batch norm %s the activation, and dropout behind both', async (place, widths, layers) => {
    const flags = ['--hidden', '12,6', '--activation', 'relu', '--batch-norm', place, '--dropout', '0.25'];
    const { stdout } = await done('train', 'spirals', ...flags, '--epochs', '2', '--batch-size', '32');
    expect(stdout).toMatch(widths);
    expect(stdout).toContain('dropout keeps 0.75');
    const { stdout: text } = await done('summary', model);
    const kinds = [...text.matchAll(/^([a-z]+)\d+ /gim)].map(([, kind]) => kind);
    expect(kinds.join(', ')).toBe(`dense, ${layers}, dense, ${layers}, dense`);
    const page = readFileSync(at(report), 'utf8');
    for (const flag of [`--batch-norm ${place}`, '--dropout-keep 0.75']) expect(page).toContain(flag);
    await done('evaluate', model, 'spirals');
  });

  it('does what its flags say', async () => {
    const flags = ['--test', '0.2', '--validation', '0', '--hidden', '12,6', '--activation', 'elu', '--l2', '0.001'];
    const more = [
      '--epochs',
      '3',
      '--batch-size',
      '50',
      '--optimizer',
      'sgd',
      '--learning-rate',
      '0.05',
      '--class-weight',
      'balanced',
    ];
    const { stdout } = await done('train', 'spirals', ...flags, ...more, '--threads', '1', '--kernel', 'simd');
    expect(stdout).toMatch(/split +train 1,600 · test 400 /);
    expect(stdout).toMatch(/model +2 → 12 elu → 6 elu → 2 softmax +128 parameters, sgd 0\.05, L2 0\.001/);
    expect(stdout).toContain('the weights of the last completed step are kept');
    const page = readFileSync(at(report), 'utf8');
    for (const flag of [...flags, ...more]) expect(page).toContain(flag);
    const { stdout: text } = await done('summary', model);
    expect(text).toContain('loss crossEntropy · sgd, learning rate 0.05');
    expect(text).toMatch(/dense0 +dense 12 elu +2 → 12/);
    // the file says with which penalty it was trained
    expect(readFileSync(at(model), 'latin1').match(/\\"l2\\":0\.001/g)).toHaveLength(3);
  });

  it('diagnoses with --diagnostics, and trains the same', async () => {
    const layers = ['--hidden', '8,8,8,8,8,8,8,8', '--activation', 'sigmoid', '--epochs', '2'];
    const { stdout } = await done('train', ...layers, '--diagnostics');
    expect(stdout).toMatch(
      /^ {2}warning +layers dense0 to dense\d receive gradients down to \de-\d of those of dense8: vanish/m,
    );
    const page = readFileSync(at(report), 'utf8');
    expect(page).toContain('Layers over the epochs');
    expect(page.replaceAll(/<\/?span>/g, '')).toContain(' --diagnostics</pre>');
    const bytes = readFileSync(at(model));
    const json = await done('train', ...layers, '--diagnostics', '--json');
    const events = jsonLines(json.stdout).filter(({ event }) => event === 'diagnosis');
    expect(events).toMatchObject([
      { epoch: 1, rows: 256 },
      { epoch: 2, rows: 256 },
    ]);
    expect(events[1]?.layers).toMatchObject(Array.from({ length: 9 }, (_, i) => ({ name: `dense${i}` })));
    const quiet = await done('train', ...layers);
    expect(quiet.stdout).not.toContain('warning');
    expect(readFileSync(at(model))).toEqual(bytes);
    expect(readFileSync(at(report), 'utf8')).not.toContain('Layers over the epochs');
  });

  it('ends at the time limit and keeps the best', async () => {
    const { stdout } = await done(
      'train',
      '--epochs',
      '100000',
      '--patience',
      '100000',
      '--time-limit',
      '300ms',
      '--json',
    );
    expect(resultOf(stdout)).toMatchObject({ stopReason: 'timeLimit', keptEpoch: expect.any(Number) });
    expect(readFileSync(at(report), 'utf8')).toContain('stopped by the time limit');
  });

  it('stops early when patience is over', async () => {
    const { stdout } = await done('train', 'spirals', '--epochs', '5000', '--patience', '3', '--json');
    const { stopReason, epochs, keptEpoch } = resultOf(stdout);
    expect(stopReason).toBe('earlyStopping');
    expect(epochs).toBe((keptEpoch as number) + 3);
  });

  it('fails with exit code 1 and one line when training diverges, and saves nothing', async () => {
    const { code, stderr } = await lanegrad(['train', '--optimizer', 'sgd', '--learning-rate', '1e6', '--quiet']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Training diverged at step \d+, epoch 1: .* layer dense\d, operation \w+.*learning rate/);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(existsSync(at('lanegrad-out'))).toBe(false);
  });
});

describe('what is printed can be pasted', () => {
  const shell = (command: string): string => execFileSync('sh', ['-c', command], { cwd: folder, encoding: 'utf8' });

  it.skipIf(windows)('the next commands work', async () => {
    const { stdout } = await done('train', ...QUICK, '--out', "my 'results'", '--json');
    const { next, test } = resultOf(stdout);
    expect(next.map((command) => / (evaluate|predict|summary) /.exec(command)?.[1])).toEqual([
      'evaluate',
      'predict',
      'summary',
    ]);
    const [evaluated, predicted, summed] = next.map(shell);
    expect(evaluated).toContain(`${test.correct} of 900 rows right`);
    expect(predicted).toContain('900 rows');
    expect(existsSync(at("my 'results'", 'predictions.csv'))).toBe(true);
    expect(summed).toContain('trained by lanegrad');
  });

  it.skipIf(windows)("the report's command repeats the run to the last bit", async () => {
    await done('train', 'spirals', ...QUICK, '--seed', '3', '--l2', '1e-4', '--quiet');
    const first = readFileSync(at(model));
    const page = readFileSync(at(report), 'utf8');
    const command = (/<pre>(.*?)<\/pre>/s.exec(page)?.[1] ?? '').replaceAll(/<[^>]*>/g, '').replaceAll('&#39;', "'");
    rmSync(at('lanegrad-out'), { recursive: true });
    shell(command);
    expect(readFileSync(at(model))).toEqual(first);
  });
  if (windows) console.warn('skipped: pasted commands are for POSIX shells, and this is Windows');
});

describe('report.html', () => {
  it('has its parts and names no address', async () => {
    await done('train', ...QUICK, '--quiet');
    const page = readFileSync(at(report), 'utf8');
    for (const part of [
      'Learning curves',
      'best epoch',
      'Confusion matrix',
      'recall',
      'precision',
      'errors on test pictures',
    ]) {
      expect(page).toContain(part);
    }
    for (const part of ['95% interval', 'baseline', 'Configuration', 'Repeat this run', 'seed', 'kernel', 'V8']) {
      expect(page).toContain(part);
    }
    expect(page.match(/<img src="data:image\/png;base64,/g)?.length).toBe(48);
    expect(page.replaceAll(/base64,[\w+/=]+/g, '')).not.toMatch(/https?:|\/\/[a-z]|@import|url\(/i);
  });
});

describe('bad usage: exit code 2 and one sentence', () => {
  it.each<[string, string[], RegExp]>([
    ['an unknown command', ['trian'], /unknown command `trian`: did you mean `train`\?/],
    ['an unknown command in help', ['help', 'trian'], /unknown command `trian`: did you mean `train`\?/],
    ['an unknown flag alone', ['--verison'], /unknown flag `--verison`: did you mean `--version`\?/],
    ['a flag without its command', ['--epochs', '5'], /a command is missing before `--epochs`: see `lanegrad --help`/],
    ['a change twice', ['train', '--augment', 'shift:1,shift:2'], /`--augment` has `shift` twice/],
    ['threads in words', ['train', '--threads', 'many'], /`--threads` must be `auto` or a whole number .*, not "many"/],
    ['an unknown flag', ['train', '--epcohs', '5'], /unknown flag `--epcohs`: did you mean `--epochs`\?/],
    [
      'a flag in camel case',
      ['train', '--batchSize', '5'],
      /unknown flag `--batchSize`: did you mean `--batch-size`\?/,
    ],
    ['an unknown short flag', ['train', '-q'], /unknown flag `-q`: see `lanegrad train --help`/],
    ['a negated flag', ['train', '--no-force'], /unknown flag `--no-force`/],
    ['a flag of another command', ['evaluate', 'm', 'digits', '--epochs', '5'], /evaluate: unknown flag `--epochs`/],
    ['a missing value', ['train', '--epochs'], /`--epochs` needs a value/],
    ['a flag as a value', ['train', '--hidden', '--json'], /`--hidden` needs a value/],
    ['a value too many', ['train', '--force=yes'], /`--force` takes no value/],
    ['an argument too many', ['train', 'digits', 'spirals'], /unexpected argument "spirals"/],
    ['a missing argument', ['evaluate', 'm'], /DATA is missing/],
    ['a word for a number', ['train', '--epochs', 'ten'], /`--epochs` must be a whole number of at least 1, not "ten"/],
    ['a negative number', ['train', '--epochs', '-3'], /`--epochs` must be a whole number/],
    ['no epochs', ['train', '--epochs', '0'], /`--epochs` must be a whole number of at least 1/],
    ['a fraction', ['train', '--batch-size', '2.5'], /`--batch-size` must be a whole number/],
    ['a seed beyond 2^53', ['train', '--seed', '9007199254740993'], /`--seed` must be a whole number below 2\^53/],
    ['widths that are none', ['train', '--hidden', '64,,32'], /`--hidden` must be widths such as/],
    ['a width of 0', ['train', '--hidden', '0'], /`--hidden` must be widths/],
    ['an unknown activation', ['train', '--activation', 'rleu'], /unknown `--activation rleu`: did you mean `relu`\?/],
    ['an unknown optimizer', ['train', '--optimizer', 'adma'], /unknown `--optimizer adma`: did you mean `adam`\?/],
    ['a negative rate', ['train', '--learning-rate', '-1'], /`--learning-rate` must be a number of at least 0/],
    ['an infinite penalty', ['train', '--l2', 'Infinity'], /`--l2` must be a number of at least 0/],
    ['dropout of everything', ['train', '--dropout', '1'], /`--dropout` must be a share from 0 to below 1/],
    ['dropout that keeps nothing', ['train', '--dropout-keep', '0'], /`--dropout-keep` must be a number above 0/],
    ['dropout that keeps too much', ['train', '--dropout-keep', '1.2'], /`--dropout-keep` must be at most 1, not 1\.2/],
    ['dropout twice', ['train', '--dropout', '.2', '--dropout-keep', '.8'], /say the same thing: give one of them/],
    ['batch norm elsewhere', ['train', '--batch-norm', 'behind'], /unknown `--batch-norm behind`/],
    [
      'batch norm of one row',
      ['train', '--batch-norm', 'after', '--batch-size', '1'],
      /`--batch-norm` needs batches of at least two rows, and `--batch-size` is 1/,
    ],
    ['bagging of nothing', ['train', '--bagging', '0'], /`--bagging` must be a whole number of members of at least 1/],
    ['bagging of less', ['train', '--bagging', '-1'], /`--bagging` must be a whole number .*, not "-1"/],
    ['half a member', ['train', '--bagging', '1.5'], /`--bagging` must be a whole number .*, not "1\.5"/],
    ['members in words', ['train', '--bagging', 'ten'], /`--bagging` must be a whole number .*, not "ten"/],
    ['empty samples', ['train', '--bagging', '10:0'], /`--bagging` must be .* a share of the rows up to 1/],
    [
      'a batch larger than a sample',
      ['train', '--bagging', '2:0.1', '--batch-size', '500'],
      /`--batch-size` must not exceed the 420 rows of a sample, and is 500/,
    ],
    ['a norm of almost nothing', ['train', '--max-norm', '1e-9'], /`--max-norm 1e-9` cannot be used: maxNorm: `limit`/],
    ['an unknown initializer', ['train', '--weight-initializer', 'he'], /unknown `--weight-initializer he`/],
    [
      'an option of another optimizer',
      ['train', '--optimizer', 'adam:rho=1'],
      /unknown key `rho` of `--optimizer adam`/,
    ],
    ['a time without unit', ['train', '--time-limit', '60'], /`--time-limit` must be a time with its unit/],
    ['other class weights', ['train', '--class-weight', 'balance'], /did you mean `balanced`\?/],
    ['a test part of everything', ['train', '--test', '1'], /`--test` must be a share between 0 and 1/],
    ['no test part', ['train', '--test', '0'], /`--test` must be a share between 0 and 1/],
    ['parts that leave nothing', ['train', '--test', '.6', '--validation', '.4'], /must leave rows for training/],
    ['patience without validation', ['train', '--patience', '3', '--validation', '0'], /needs validation rows/],
    ['too many threads', ['train', '--threads', '31'], /`--threads` must be `auto` or at most 30, and is 31/],
    ['no threads', ['train', '--threads', '0'], /`--threads` must be `auto` or a whole number of at least 1, not "0"/],
    ['another kernel', ['train', '--kernel', 'simdd'], /did you mean `simd`\?/],
    ['a batch larger than the data', ['train', '--batch-size', '100000'], /must not exceed the 4200 training rows/],
    [
      'a model too large',
      ['train', '--hidden', '100000,100000'],
      /needs an estimated .* but the memory limit is .* smaller batchSize\.$/m,
    ],
    ['augmentation of points', ['train', 'moons', '--augment', 'shift:1'], /is for images, and moons are points/],
    [
      'an unknown data set',
      ['train', 'digist'],
      /neither a known data set, a table nor a folder: did you mean `digits`\?/,
    ],
    ['a folder that is not there', ['train', './digits'], /neither a known data set, a table nor a folder\.$/m],
    ['a file as data', ['train', program], /is a file that is no table \(.*\); of images, DATA is the folder/],
    ['a folder without data', ['train', '.'], /must hold train-images-idx3-ubyte/],
    ['a path that the system does not follow', ['summary', LONG], /summary: `MODEL` must be shorter/],
    ['data that the system does not follow', ['train', LONG], /train: `DATA` must be shorter/],
    ['a model that is not there', ['summary', 'nothing.safetensors'], /nothing\.safetensors does not exist/],
    ['a folder as a model', ['summary', '.'], /is a folder, not a model file/],
    ['a foreign file as a model', ['summary', program], /this is not a safetensors file/],
    ['a file as output folder', ['train', '--out', program], /is not a folder/],
    ['a file within the output path', ['train', '--out', join(program, 'x')], /must lead through directories only/],
  ])('%s', async (_, args, message) => {
    await refused(args, message);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('nothing that another program made is overwritten', () => {
  it('refuses foreign files before training, and replaces them with --force', async () => {
    mkdirSync(at('lanegrad-out'));
    for (const name of ['report.html', 'model.safetensors']) {
      const path = at('lanegrad-out', name);
      writeFileSync(path, 'mine');
      await refused(['train', ...QUICK], new RegExp(`${name} was not written by this command.*--force`));
      expect(readFileSync(path, 'utf8')).toBe('mine');
      await done('train', ...QUICK, '--quiet', '--force');
      expect(readFileSync(path, 'utf8')).not.toBe('mine');
    }
  });

  it("refuses a model that a program of the user's own saved there", async () => {
    mkdirSync(at('lanegrad-out'));
    const own = sequential({ input: 2, layers: [dense(2, { activation: 'softmax' })] }).compile({
      loss: 'crossEntropy',
    });
    writeFileSync(at(model), own.save());
    await refused(['train', ...QUICK], /model\.safetensors was not written by this command/);
    expect(readFileSync(at(model))).toEqual(Buffer.from(own.save()));
  });

  it('replaces its own earlier results, and leaves other files in the folder alone', async () => {
    await done('train', 'spirals', ...QUICK, '--quiet');
    writeFileSync(at('lanegrad-out', 'notes.txt'), 'mine');
    const before = readFileSync(at(model));
    await done('train', 'spirals', ...QUICK, '--quiet', '--seed', '5');
    expect(readFileSync(at(model))).not.toEqual(before);
    expect(readdirSync(at('lanegrad-out')).sort()).toEqual(['model.safetensors', 'notes.txt', 'report.html']);
  });

  it('refuses a foreign table of predictions, and replaces its own', async () => {
    await done('train', 'spirals', ...QUICK, '--quiet');
    writeFileSync(at('table.csv'), 'mine');
    await refused(['predict', model, 'spirals', '--out', 'table.csv'], /table\.csv was not written by this command/);
    await done('predict', model, 'spirals', '--out', 'table.csv', '--force');
    await done('predict', model, 'spirals', '--out', 'table.csv');
    await refused(['predict', model, 'spirals', '--out', join('no', 'table.csv')], /the folder no does not exist/);
  });
});

describe.skipIf(windows)('Ctrl-C', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('(%s) once: keeps, judges and saves the best so far', async (signal) => {
    let sent = false;
    const args = ['train', 'digits', '--epochs', '1000000', '--patience', '1000000', '--hidden', '64', '--json'];
    const { code, stdout, stderr } = await lanegrad(args, (child, text) => {
      if (sent || !text.includes('epoch       3/')) return;
      sent = true;
      child.kill(signal);
    });
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('stopping: the best so far is kept');
    const { stopReason, keptEpoch, test } = resultOf(stdout);
    expect(stopReason).toBe('aborted');
    expect(keptEpoch).toBeGreaterThanOrEqual(1);
    const page = readFileSync(at(report), 'utf8');
    expect(page).toContain('interrupted in epoch');
    // the model on disk is the one that was judged
    const { stdout: again } = await done('evaluate', model, 'digits', '--json');
    expect(resultOf(again).test).toEqual(test);
  });

  it('twice: ends at once with 130', async () => {
    let sent = 0;
    // judging 5,400 rows with 4.7 million weights takes long enough for a second signal to arrive in between
    const args = ['train', '--test', '0.9', '--validation', '0.05', '--hidden', '2048,2048', '--epochs', '1000000'];
    const { code, stderr } = await lanegrad(args, (child, text) => {
      if ((sent === 0 && text.includes('epoch       1/')) || (sent === 1 && text.includes('stopping'))) {
        sent++;
        child.kill('SIGINT');
      }
    });
    expect({ code, sent }, stderr).toEqual({ code: 130, sent: 2 });
    expect(existsSync(at('lanegrad-out'))).toBe(false);
  });
});
if (windows) console.warn('skipped: Ctrl-C, as Windows has no signals that a test can send to another process');

describe('saved models', () => {
  let shared: string;
  let saved: string;
  let trained: Result['test'];
  beforeAll(async () => {
    shared = mkdtempSync(join(tmpdir(), 'lanegrad-model-'));
    const kept = folder;
    folder = shared;
    trained = resultOf((await done('train', '--epochs', '3', '--json')).stdout).test;
    folder = kept;
    saved = join(shared, model);
  });
  afterAll(() => {
    rmSync(shared, { recursive: true });
  });

  it('evaluate takes the test part of the training, and says so', async () => {
    const { stdout } = await done('evaluate', saved, 'digits', '--json');
    expect(resultOf(stdout).test).toEqual(trained);
    const { f1, rocAuc, logLoss } = resultOf(stdout).scores as Record<string, number>;
    expect(Math.abs((f1 as number) - trained.accuracy)).toBeLessThan(0.01);
    expect(rocAuc).toBeGreaterThan(0.99);
    // there is no penalty in this model
    expect(logLoss).toBeCloseTo(trained.loss, 5);
    const { stdout: text } = await done('evaluate', saved, 'digits');
    expect(text).toContain('900 rows: the test part of digits, seed 42, which its training did not use');
    expect(text).toMatch(/^ {2}scores +f1 9[\d.]+% \(mean of the classes\) {3}AUC 0\.99\d\d {3}log loss 0\.[\d]+$/m);
    expect(text).toMatch(/^ {2}class +rows +recall +precision +f1$/m);
    expect(text).toMatch(/^ {2}9 +90( +[\d.]+%){3}$/m);
  });

  it('evaluate takes all rows of another seed, none of which the training used', async () => {
    const { stdout } = await done('evaluate', saved, 'digits', '--seed', '7', '--json');
    expect(resultOf(stdout)).toMatchObject({ data: expect.stringContaining('none of which'), test: { rows: 6000 } });
  });

  it('evaluate warns where the model does not say what it was trained on', async () => {
    const own = sequential({ input: [16, 16], layers: [dense(10, { activation: 'softmax' })] }).compile({
      loss: 'crossEntropy',
    });
    writeFileSync(at('own.safetensors'), own.save());
    const { stdout } = await done('evaluate', 'own.safetensors', 'digits');
    expect(stdout).toMatch(/warning +the model file does not say what it was trained on/);
  });

  it('evaluate and predict refuse rows and models that do not fit', async () => {
    await refused(['evaluate', saved, 'spirals'], /takes rows of 256 values, and those of spirals have 2/);
    await refused(['predict', saved, 'spirals'], /takes rows of 256 values/);
    const few = sequential({ input: [16, 16], layers: [dense(4, { activation: 'softmax' })] }).compile({
      loss: 'crossEntropy',
    });
    writeFileSync(at('few.safetensors'), few.save());
    await refused(['evaluate', 'few.safetensors', 'digits'], /tells 4 classes apart, and the data has class 9/);
    const values = sequential({ input: [16, 16], layers: [dense(1)] }).compile({ loss: 'meanSquaredError' });
    writeFileSync(at('values.safetensors'), values.save());
    await refused(['evaluate', 'values.safetensors', 'digits'], /must tell classes apart/);
  });

  it('a model with one sigmoid output is judged as two classes', async () => {
    const two = sequential({ input: 2, classes: ['in', 'out'], layers: [dense(1, { activation: 'sigmoid' })] }).compile(
      {
        loss: 'binaryCrossEntropy',
      },
    );
    writeFileSync(at('two.safetensors'), two.save());
    const { stdout } = await done('predict', 'two.safetensors', 'spirals');
    const [head, first] = stdout.split('\n');
    expect(head).toBe('row,prediction,probability_in,probability_out');
    const [, name, inside, outside] = (first as string).split(',');
    expect(Number(inside) + Number(outside)).toBeCloseTo(1, 6);
    expect(name).toBe(Number(inside) >= Number(outside) ? 'in' : 'out');
    const scores = resultOf((await done('evaluate', 'two.safetensors', 'spirals', '--json')).stdout).scores;
    expect(scores).toMatchObject({ rocAuc: expect.any(Number), logLoss: expect.any(Number) });
  });

  it('predict writes a table that agrees with evaluate', async () => {
    const { stdout } = await done('predict', saved, 'digits');
    const [head, ...lines] = stdout.trimEnd().split('\n');
    expect(head).toBe(`row,prediction,${Array.from({ length: 10 }, (_, c) => `probability_${c}`).join(',')}`);
    expect(lines).toHaveLength(900);
    const { y } = digits({ seed: 42 });
    let correct = 0;
    for (const line of lines) {
      const [row, prediction, ...shares] = line.split(',').map(Number) as [number, number, ...number[]];
      expect(shares.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 5);
      expect(shares.indexOf(Math.max(...shares))).toBe(prediction);
      if (y[row] === prediction) correct++;
    }
    expect(correct).toBe(trained.correct);
  });

  it('predict does not mind a reader that leaves early', async () => {
    const child = spawn(process.execPath, [program, 'predict', saved, 'digits', '--seed', '9'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let errors = '';
    child.stderr.on('data', (text) => {
      errors += text;
    });
    child.stdout.once('data', () => child.stdout.destroy());
    const left = await new Promise((resolve) => child.on('close', resolve));
    expect({ left, errors }).toEqual({ left: 0, errors: '' });
  });

  it('summary shows layers and origin', async () => {
    const { stdout } = await done('summary', saved);
    expect(stdout).toMatch(/dense0 +dense 128 relu +256 → 128 +32,896/);
    expect(stdout).toContain('classes 0, 1, 2, 3, 4, 5, 6, 7, 8, 9');
    expect(stdout).toMatch(
      /trained by lanegrad \S+ on digits, 6,000 rows in all, test 0\.15, validation 0\.15, seed 42/,
    );
  });

  it('a damaged model is refused in one sentence', async () => {
    const bytes = readFileSync(saved);
    writeFileSync(at('short.safetensors'), bytes.subarray(0, bytes.length / 2));
    await refused(['evaluate', 'short.safetensors', 'digits'], /short\.safetensors: the file is truncated/);
    const flipped = Buffer.from(bytes);
    flipped[bytes.length - 100] = (flipped[bytes.length - 100] as number) ^ 1;
    writeFileSync(at('flipped.safetensors'), flipped);
    await refused(['predict', 'flipped.safetensors', 'digits'], /flipped\.safetensors: the file is damaged/);
  });
});

describe('predictionTable', () => {
  it('quotes what must be quoted', () => {
    expect(['plain', 'a,b', 'say "x"', 'two\nlines', ' space '].map(csvField)).toEqual([
      'plain',
      '"a,b"',
      '"say ""x"""',
      '"two\nlines"',
      ' space ',
    ]);
    const table = predictionTable(Uint32Array.of(4), ['a,b', 'c'], Int32Array.of(0), Float32Array.of(0.75, 0.25));
    expect(table).toBe('row,prediction,"probability_a,b",probability_c\n4,"a,b",0.75,0.25\n');
  });
});

describe('a folder of IDX files', () => {
  it('is trained on, judged on its own test part, and evaluated again', async () => {
    writeIdx(at('pictures'));
    const { stdout } = await done('train', 'pictures', ...QUICK, '--epochs', '20', '--json');
    const lines = jsonLines(stdout);
    expect(lines[0]).toMatchObject({ data: { name: 'pictures' }, split: { train: 540, validation: 60, test: 200 } });
    const { test } = resultOf(stdout);
    expect(test.accuracy).toBeGreaterThan(0.4);
    const { stdout: again } = await done('evaluate', model, './pictures', '--json');
    expect(resultOf(again).test).toEqual(test);
    const { stdout: table } = await done('predict', model, 'pictures');
    expect(
      table
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((line) => Number(line.split(',')[0])),
    ).toEqual([...Array(200).keys()]);
  });

  it('keeps the test part out of training: other test labels give the same model', async () => {
    writeIdx(at('honest'));
    writeIdx(at('spoiled'), true);
    const results: Result[] = [];
    const bytes: Buffer[] = [];
    for (const name of ['honest', 'spoiled']) {
      results.push(
        resultOf(
          (await done('train', name, '--epochs', '20', '--hidden', '32', '--json', '--out', `${name}-out`)).stdout,
        ),
      );
      bytes.push(readFileSync(at(`${name}-out`, 'model.safetensors')));
    }
    expect(bytes[1]).toEqual(bytes[0]);
    expect(results[0]?.test.accuracy).toBeGreaterThan(0.6);
    expect(results[1]?.test.accuracy).toBeLessThan(0.2);
  });

  it('is refused where it is damaged, incomplete, or asked for what it cannot do', async () => {
    writeIdx(at('pictures'));
    await refused(['train', 'pictures', '--test', '0.2'], /`--test` does not fit an IDX folder/);
    const images = at('pictures', 'train-images-idx3-ubyte.gz');
    const whole = readFileSync(images);
    writeFileSync(images, whole.subarray(0, whole.length - 50));
    await refused(['train', 'pictures'], /train-images-idx3-ubyte\.gz: the file must be whole gzip data/);
    writeFileSync(images, gzipSync(Buffer.from('no pictures at all')));
    await refused(['train', 'pictures'], /an IDX file begins with two zero bytes/);
    rmSync(images);
    await refused(['train', 'pictures'], /must hold train-images-idx3-ubyte/);
    expect(existsSync(at('lanegrad-out'))).toBe(false);
  });
});

describe('help and health', () => {
  it('shows help for the program and for each command', async () => {
    for (const args of [[], ['--help'], ['-h'], ['help']]) {
      const { stdout } = await done(...args);
      for (const verb of ['train', 'evaluate', 'predict', 'summary', 'doctor']) expect(stdout).toContain(`  ${verb} `);
    }
    const { stdout } = await done('train', '--help');
    for (const flag of ['--test', '--hidden', '--time-limit', '--kernel', '--force']) expect(stdout).toContain(flag);
    const lines = stdout.slice(0, stdout.indexOf('\nexamples\n')).split('\n');
    expect(lines.length).toBeGreaterThan(50);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(100);
  });

  it('help of a command comes by either order of words', async () => {
    const { stdout } = await done('train', '--help');
    expect((await done('help', 'train')).stdout).toBe(stdout);
    expect((await done('help')).stdout).toBe((await done('--help')).stdout);
  });

  it('shows the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    expect((await done('--version')).stdout).toBe(`${version}\n`);
  });

  it('doctor tells what there is and what is used', async () => {
    const { stdout } = await done('doctor');
    for (const row of ['engine', 'cores', 'memory', 'SIMD', 'relaxed SIMD', 'shared memory', 'uses'])
      expect(stdout).toContain(row);
    expect(stdout).toContain(`Node ${process.versions.node}`);
    const [found] = jsonLines((await done('doctor', '--json')).stdout);
    expect(found).toMatchObject({
      event: 'doctor',
      simd: true,
      uses: { threads: 1, kernel: expect.stringMatching(/^(simd|relaxed|turbo)$/) },
    });
  });
});
