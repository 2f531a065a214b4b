// Scores of MLPClassifier and MLPRegressor beside scikit-learn's, on the same rows: `node scripts/estimators.mjs`, after a build. Needs
// python3 with scikit-learn (set PYTHON for another). The figures that test/estimators/estimators.test.ts holds ours to come from here.
import { spawnSync } from 'node:child_process';
import { friedman, moons } from '../dist/data.js';
import { MLPClassifier, MLPRegressor } from '../dist/estimators.js';

const SEEDS = [1, 2, 3, 4, 5];

/** Rows of { data, shape } as lists. */
const rowsOf = ({ data, shape: [rows, width] }) =>
  Array.from({ length: rows }, (_, row) => Array.from(data.subarray(row * width, (row + 1) * width)));

const sets = (make, options) => [1, 2].map((seed) => make({ ...options, rows: seed === 1 ? 500 : 2000, seed }));

const TASKS = [
  ['moons, defaults', MLPClassifier, sets(moons, { noise: 0.3 }), {}],
  [
    'moons, early stopping',
    MLPClassifier,
    sets(moons, { noise: 0.3 }),
    { earlyStopping: true, learningRateInit: 0.01 },
  ],
  [
    'moons, sgd, tanh',
    MLPClassifier,
    sets(moons, { noise: 0.3 }),
    { solver: 'sgd', activation: 'tanh', learningRateInit: 0.1 },
  ],
  [
    'moons, logistic, alpha 1',
    MLPClassifier,
    sets(moons, { noise: 0.3 }),
    { activation: 'logistic', alpha: 1, learningRateInit: 0.01 },
  ],
  ['friedman, defaults', MLPRegressor, sets(friedman, { noise: 1 }), { maxIter: 1000 }],
  [
    'friedman, alpha 10',
    MLPRegressor,
    sets(friedman, { noise: 1 }),
    { maxIter: 1000, learningRateInit: 0.01, alpha: 10 },
  ],
];

const PROGRAM = `
import json, sys, warnings, sklearn
from sklearn.neural_network import MLPClassifier, MLPRegressor
warnings.filterwarnings("ignore")
out = []
for task in json.load(sys.stdin):
    make = {"MLPClassifier": MLPClassifier, "MLPRegressor": MLPRegressor}[task["kind"]]
    models = [make(random_state=seed, **task["options"]).fit(*task["train"]) for seed in task["seeds"]]
    out.append({"scores": [m.score(*task["test"]) for m in models], "epochs": [m.n_iter_ for m in models], "losses": [m.loss_ for m in models]})
print(json.dumps({"version": sklearn.__version__, "tasks": out}))
`;

const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const given = TASKS.map(([, Kind, [train, test], options]) => ({
  kind: Kind.name,
  seeds: SEEDS,
  options: Object.fromEntries(Object.entries(options).map(([name, value]) => [snake(name), value])),
  train: [rowsOf(train.x), Array.from(train.y)],
  test: [rowsOf(test.x), Array.from(test.y)],
}));
const { stdout, stderr, status } = spawnSync(process.env.PYTHON ?? 'python3', ['-c', PROGRAM], {
  input: JSON.stringify(given),
  encoding: 'utf8',
  maxBuffer: 1e8,
});
if (status !== 0) throw new Error(`python3 failed: ${stderr}`);
const theirs = JSON.parse(stdout);

const spread = (values) => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return [mean, Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1))];
};
const shown = (values, digits = 4) =>
  spread(values)
    .map((value) => value.toFixed(digits))
    .join(' ± ');

console.log(
  `scikit-learn ${theirs.version}; score on 2,000 rows, epochs, last loss; mean ± deviation over ${SEEDS.length} seeds`,
);
TASKS.forEach(([name, Kind, [train, test], options], i) => {
  const models = SEEDS.map((randomState) => new Kind({ ...options, randomState }).fitSync(train.x, train.y));
  const ours = [
    models.map((model) => model.score(test.x, test.y)),
    models.map((model) => model.nIter),
    models.map((model) => model.lossCurve.at(-1)),
  ];
  const { scores, epochs, losses } = theirs.tasks[i];
  for (const [who, [score, count, loss]] of [
    ['lanegrad', ours],
    ['scikit-learn', [scores, epochs, losses]],
  ]) {
    console.log(`${name.padEnd(26)}${who.padEnd(14)}${shown(score)}   ${shown(count, 0)}   ${shown(loss)}`);
  }
});
