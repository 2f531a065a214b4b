import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { loadTable } from 'lanegrad';
import { split, Table } from 'lanegrad/data';
import { readTable } from 'lanegrad/node';
import type { Row, Section } from '../section.js';
import { deviation, estimate, mean } from '../statistics.js';
import { figure } from '../table.js';

/** Shares of the rows, as the command takes them. */
const TEST = 0.15;
const VALIDATION = 0.15;

interface Problem {
  /** FILE.csv.gz in the folder. */
  readonly file: string;
  readonly title: string;
  readonly target: string;
  readonly task: 'classification' | 'regression';
  /** What the product is to reach, as a share. */
  readonly goal: number;
}

const PROBLEMS: readonly Problem[] = [
  { file: 'digits', title: 'digits', target: 'label', task: 'classification', goal: 0.965 },
  { file: 'breast_cancer', title: 'breast cancer', target: 'label', task: 'classification', goal: 0.965 },
  { file: 'wine', title: 'wine', target: 'label', task: 'classification', goal: 0.97 },
  { file: 'iris', title: 'iris', target: 'label', task: 'classification', goal: 0.95 },
  { file: 'abalone', title: 'abalone', target: 'rings', task: 'regression', goal: 0.55 },
  { file: 'winequality_red', title: 'wine quality, red', target: 'quality', task: 'regression', goal: 0.35 },
  {
    file: 'california_housing',
    title: 'California housing',
    target: 'median_house_value',
    task: 'regression',
    goal: 0.78,
  },
];

/** Name of the column with the numbers of rows, which no file has. */
const ROW = '\u0000row';

/** Rows of a part, by their numbers in the file. */
interface Parts {
  readonly seed: number;
  readonly train: readonly number[];
  readonly test: readonly number[];
}

/** The parts of the command, found as it finds them; `train` has the validation rows too. */
async function partsOf(path: string, { target, task }: Problem, seed: number): Promise<Parts & { rows: Table }> {
  const table = await readTable(path);
  const numbers = { type: 'number', values: Float64Array.from({ length: table.rows }, (_, row) => row) } as const;
  const all = new Table(
    new Map([...table.names.map((name) => [name, table.column(name)] as const), [ROW, numbers]]),
    table.rows,
  );
  const by = task === 'classification' ? { stratify: target } : {};
  const { train, validation, test } = split(all, { test: TEST, validation: VALIDATION, seed, ...by });
  const rowsOf = (part: Table) => Array.from({ length: part.rows }, (_, row) => part.value(row, ROW) as number);
  return { seed, train: [...rowsOf(train), ...rowsOf(validation)], test: rowsOf(test), rows: test };
}

/** One run of the command: its figure on the test rows, and its seconds from start to end. */
function train(
  node: string,
  path: string,
  target: string,
  seed: number,
  out: string,
): { score: number; seconds: number } {
  const words = ['bin/lanegrad.cjs', 'train', path, '--target', target, '--seed', String(seed), '--out', out];
  const begin = performance.now();
  const { status, stdout, stderr } = spawnSync(node, [...words, '--json', '--quiet', '--force'], { encoding: 'utf8' });
  const seconds = (performance.now() - begin) / 1000;
  if (status !== 0) throw new Error(`tabular: the command ended with ${status}: ${stderr.trim().split('\n').at(-1)}`);
  const { test } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as {
    test: { accuracy?: number; r2?: number };
  };
  return { score: (test.accuracy ?? test.r2) as number, seconds };
}

/**
 * That both sides are judged by the same rows is found rather than believed: the saved model, asked for the rows that
 * scikit-learn is given, must be worth what the command said.
 */
async function checkRows(out: string, { task, title }: Problem, rows: Table, score: number): Promise<void> {
  using model = loadTable(readFileSync(join(out, 'model.safetensors')));
  const found = (await model.evaluate(rows)) as { readonly accuracy?: number; readonly r2?: number };
  const again = task === 'classification' ? found.accuracy : found.r2;
  // another kernel may round otherwise
  if (again === undefined || Math.abs(again - score) > 1e-4)
    throw new Error(
      `tabular: ${title} has ${again} on these rows, and ${score} by the command: they are not the same.`,
    );
}

interface Peer {
  readonly version: string;
  readonly scores: readonly number[];
  readonly standardized: readonly number[];
}

/** scikit-learn on the same rows. */
function learn(python: string, path: string, { target, task }: Problem, splits: readonly Parts[]): Peer {
  const input = `${JSON.stringify({ path, target, task, splits })}\n`;
  const { status, stdout, stderr, error } = spawnSync(python, ['bench/peers/tabular.py'], {
    input,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) throw new Error(`tabular: scikit-learn: ${error?.message ?? stderr.trim().split('\n').at(-1)}`);
  return JSON.parse(stdout) as Peer;
}

/** Sets of rows with names by the command, without a flag but the target, beside scikit-learn. */
export const tabular: Section = {
  title: 'Tables by the command, beside scikit-learn',
  document: 'docs/command.md',
  byKernel: false,
  about:
    'accuracy and R² on the test rows in percent, means over the seeds 1 to 5 (± standard deviation): of `lanegrad train FILE --target NAME ' +
    "--seed N` without another flag, and of scikit-learn's MLPClassifier and MLPRegressor with their defaults behind median imputation, " +
    'StandardScaler and OneHotEncoder (`bench/peers/tabular.py`). The test rows are the same; scikit-learn, which has no validation rows by ' +
    'default, learns from those too. MLPRegressor does not standardize its target by itself, which costs it California housing: the next ' +
    'column has it with TransformedTargetRegressor. Goals are what this project asked of itself. Seconds are from the command to its end, ' +
    'model and report saved: the median, and the most',
  flags: ' --data FOLDER',
  how: 'one run for each seed',
  async measure({ node, python, data, seeds }) {
    if (data === undefined) throw new Error('tabular: there is no folder of tables.');
    const rows: Row[] = [];
    const out = mkdtempSync(join(tmpdir(), 'lanegrad-bench-'));
    try {
      for (const problem of PROBLEMS) {
        const path = resolve(data, `${problem.file}.csv.gz`);
        if (!existsSync(path)) throw new Error(`tabular: there is no ${problem.file}.csv.gz in ${data}.`);
        const runs: { score: number; seconds: number }[] = [];
        const splits: Parts[] = [];
        for (const seed of seeds) {
          const run = train(node, path, problem.target, seed, out);
          const { rows: tested, ...parts } = await partsOf(path, problem, seed);
          await checkRows(out, problem, tested, run.score);
          runs.push(run);
          splits.push(parts);
        }
        const peer = learn(python, path, problem, splits);
        const what = `${problem.title}, ${problem.target}`;
        const unit = problem.task === 'classification' ? 'accuracy, %' : 'R², %';
        const scored = (who: string, scores: readonly number[]): Row => {
          const value = 100 * mean(scores);
          const spread = 100 * deviation(scores);
          // classes have no target to standardize
          if (scores.length === 0) return { what, who, value: Number.NaN, unit, spread: 0, samples: 0 };
          return {
            what,
            who,
            value,
            unit,
            spread: spread / Math.abs(value),
            samples: scores.length,
            facts: { deviation: spread },
          };
        };
        const seconds = runs.map((run) => run.seconds);
        rows.push(
          scored(
            'lanegrad train',
            runs.map(({ score }) => score),
          ),
          scored(`scikit-learn ${peer.version}`, peer.scores),
          scored('its target standardized', peer.standardized),
          { what, who: 'goal', value: 100 * problem.goal, unit, spread: 0, samples: 1 },
          {
            what,
            who: 'seconds',
            value: estimate(seconds).median,
            unit,
            spread: estimate(seconds).spread,
            samples: seconds.length,
            facts: { most: Math.max(...seconds) },
          },
        );
        console.error(
          `  ${what}: ${rows
            .filter((row) => row.what === what)
            .map(({ who, value }) => `${who} ${value.toFixed(2)}`)
            .join(', ')}`,
        );
      }
    } finally {
      rmSync(out, { recursive: true, force: true });
    }
    return rows;
  },
  notes({ facts }) {
    if (facts?.most !== undefined) return `at most ${figure(Number(facts.most))}`;
    return facts?.deviation === undefined ? '' : `± ${figure(Number(facts.deviation))}`;
  },
};
