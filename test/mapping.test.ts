/** docs/mapping.md: what it says of lanegrad compiles, and what its first table pairs trains. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import * as data from '../src/data/index.js';
import * as estimators from '../src/estimators/index.js';
import * as lanegrad from '../src/index.js';
import * as metrics from '../src/metrics/index.js';
import * as node from '../src/node/index.js';
import { textOf } from './support/source.js';

const root = fileURLToPath(new URL('../', import.meta.url));
const folder = join(root, 'build', 'mapping');
const text = textOf('docs/mapping.md');

/** Rows of the table behind a heading, cells by the names of the columns. */
function tableBehind(heading: string): ReadonlyMap<string, string>[] {
  const section = text.slice(text.indexOf(`\n## ${heading}\n`));
  const [head = '', , ...lines] = (/(^\|.+\|\n)+/m.exec(section)?.[0] ?? '').trimEnd().split('\n');
  const cellsOf = (line: string) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
  const names = cellsOf(head);
  return lines.map((line) => {
    const cells = cellsOf(line);
    expect(cells, line).toHaveLength(names.length);
    return new Map(names.map((name, i) => [name, cells[i] as string]));
  });
}

/** What stands between backticks. */
const quoted = (cell = ''): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);

const SECTIONS = ['Keras', 'PyTorch', 'scikit-learn'];
const tasks = tableBehind('From the task to the model');
const snippets = SECTIONS.flatMap((section) => tableBehind(section).flatMap((row) => quoted(row.get('lanegrad'))));

/** What the snippets may use. */
const PREAMBLE = `
import { ${Object.keys(lanegrad).join(', ')} } from 'lanegrad';
import { ${Object.keys(data).join(', ')} } from 'lanegrad/data';
import { ${Object.keys(estimators).join(', ')} } from 'lanegrad/estimators';
import { ${Object.keys(metrics).join(', ')} } from 'lanegrad/metrics';
import { ${Object.keys(node).join(', ')} } from 'lanegrad/node';

declare const x: Float32Array;
declare const y: Uint8Array;
declare const t: Float32Array;
declare const bytes: Uint8Array;
declare function use(value: unknown): void;
const classifier = sequential({ input: 4, layers: [dense(3, { activation: 'softmax' })] }).compile({
  loss: 'crossEntropy',
  metrics: ['accuracy'],
});
const regressor = sequential({ input: 4, layers: [dense(1)] }).compile({ loss: 'meanSquaredError', metrics: ['r2'] });
const estimator = new MLPClassifier<number>();
`;

describe('docs/mapping.md', () => {
  it('has a row for much, and each says in code what it is here, or that it is not there', () => {
    for (const section of SECTIONS) {
      const rows = tableBehind(section);
      expect(rows.length).toBeGreaterThan(25);
      for (const row of rows) {
        const cell = row.get('lanegrad');
        if (cell !== '–') expect(quoted(cell).length, [...row.values()].join(' | ')).toBeGreaterThan(0);
      }
    }
  });

  it('compiles, every piece of code in it', () => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const lines = snippets.map((code) => `  use(${code});`);
    writeFileSync(join(folder, 'snippets.ts'), `${PREAMBLE}\nexport async function all() {\n${lines.join('\n')}\n}\n`);
    [...text.matchAll(/```ts\n([\s\S]*?)```/g)].forEach(([, program = ''], i) => {
      writeFileSync(join(folder, `program${i}.ts`), `${program}\nexport {};\n`);
    });
    const compilerOptions = { rootDir: '../..', noEmit: true, noUnusedLocals: false };
    const config = { extends: '../../tsconfig.json', compilerOptions, include: ['*.ts'] };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const compiler = fileURLToPath(import.meta.resolve('typescript/package.json')).replace('package.json', 'bin/tsc');
    const { stdout } = spawnSync(process.execPath, [compiler, '-p', folder], { encoding: 'utf8' });
    expect(stdout).toBe('');
  });

  it('names in the middle column exports of today, each with the right options', () => {
    // what compiles may still be refused when it runs: factories of layers, losses, optimizers and schedules do run here
    const names = { ...lanegrad, ...data, ...estimators, ...metrics };
    const factories = snippets.filter(
      (code) => !/classifier|estimator|regressor|bytes|await|Runtime|compile|^'/.test(code),
    );
    expect(factories.length).toBeGreaterThan(60);
    for (const code of factories) {
      expect(
        () => new Function(...Object.keys(names), `return (${code});`)(...Object.values(names)),
        code,
      ).not.toThrow();
    }
  });
});

/** Targets of the tasks, by row: of rows x₀ … x₃. */
const TARGETS: Readonly<Record<string, (x: readonly number[], row: number) => unknown>> = {
  'one of two classes': ([a = 0]) => Number(a > 0),
  'one of many classes (or of two)': ([a = 0]) => (a > 0.3 ? 'high' : a < -0.3 ? 'low' : 'middle'),
  'several yes or no at once': ([a = 0, b = 0, c = 0]) => [a, b, c].map((value) => Number(value > 0)),
  'a number': ([a = 0, b = 0]) => a + b,
  'a number, with outliers': ([a = 0, b = 0], row) => (row % 20 === 0 ? 5 : a + b),
  'a number, its median rather than its mean': ([a = 0, b = 0]) => a + b,
  'several numbers': ([a = 0, b = 0, c = 0]) => [a + b, b - c, c],
  'an amount that is never negative': ([a = 0]) => Math.abs(a),
};

describe('from the task to the model', () => {
  const x = Array.from({ length: 200 }, (_, row) => [1, 2, 3, 4].map((k) => Math.sin(k * row * row + k)));
  const evaluated = (code: string): unknown =>
    new Function('dense', 'huber', `return (${code});`)(lanegrad.dense, lanegrad.huber);

  it('has targets here for every row', () => {
    expect(tasks.map((row) => row.get('task'))).toEqual(Object.keys(TARGETS));
  });

  it.each(tasks.map((row) => [row.get('task') as string, row] as const))('%s', (task, row) => {
    const y = x.map(TARGETS[task] as (typeof TARGETS)[string]);
    const [output] = quoted(row.get('output layer')).map(evaluated) as [lanegrad.Layer];
    const [loss] = quoted(row.get('loss')).map(evaluated) as [lanegrad.LossName];
    const model = lanegrad
      .sequential({ input: 4, seed: 1, layers: [lanegrad.dense(16, { activation: 'tanh' }), output] })
      .compile({
        loss,
        metrics: quoted(row.get('metrics')).map(evaluated) as lanegrad.MetricName[],
        optimizer: lanegrad.adam({ learningRate: 0.01 }),
      });
    const { loss: losses = [], ...others } = model.fitSync(x, y as never, { epochs: 20 }).metrics;
    expect(losses.at(-1)).toBeLessThan(0.7 * (losses[0] as number));
    expect(Object.keys(others)).toEqual(quoted(row.get('metrics')).map(evaluated));
    for (const value of Object.values(others).flat()) expect(Number.isFinite(value)).toBe(true);
    const outputs = Array.isArray(y[0]) || task.includes('many') ? 3 : 1;
    expect(model.predict(x)).toHaveLength(200 * outputs);
  });

  it('takes two names with one sigmoid output, as it says', () => {
    const layers = [lanegrad.dense(1, { activation: 'sigmoid' })];
    const model = lanegrad.sequential({ input: 4, layers }).compile({
      loss: 'binaryCrossEntropy',
      metrics: ['f1'],
      optimizer: lanegrad.adam({ learningRate: 0.05 }),
    });
    const names = x.map(([a = 0]) => (a > 0 ? 'yes' : 'no'));
    model.fitSync(x, names, { epochs: 50 });
    const right = model.predictLabels(x).filter((name, row) => name === names[row]).length;
    expect(right).toBeGreaterThan(150);
    expect(metrics.accuracy(names, model.predictLabels(x))).toBe(right / 200);
  });
});
