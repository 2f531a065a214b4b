/** What the types of estimators and of cross-validation let through and what they refuse; see facade.ts. */
import { dense, outputLayer, sequential } from 'lanegrad';
import { kFold, type Table } from 'lanegrad/data';
import { crossValidate, MLPClassifier, type MLPParameters, MLPRegressor } from 'lanegrad/estimators';

export async function estimators(x: number[][], names: string[], numbers: Float32Array) {
  const estimator = await new MLPClassifier<string>({ hiddenLayerSizes: [8], activation: 'tanh' }).fit(x, names);
  const labels: string[] = estimator.predict(x);
  const [[probability] = []]: number[][] = estimator.predictProba(x);
  const parameters: MLPParameters = estimator.setParams({ alpha: 0.1 }).getParams();
  const either: (string | number)[] = new MLPClassifier().fitSync(x, [0, 1]).predict(x);
  const classes: readonly number[] = new MLPClassifier<number>().fitSync(x, new Uint8Array(2)).classes;
  const values: Float32Array = new MLPRegressor(parameters).fitSync(x, numbers).predict(x);
  const bytes: Uint8Array = estimator.model.save();

  // @ts-expect-error names, not numbers
  await estimator.fit(x, [0, 1]);
  // @ts-expect-error no such activation there
  new MLPClassifier({ activation: 'sigmoid' });
  // @ts-expect-error parameters do not change but by setParams
  parameters.alpha = 1;
  return { labels, probability, either, classes, values, bytes };
}

export async function validated(table: Table, x: Float32Array, y: Uint8Array) {
  const result = await crossValidate(table, {
    features: { target: 'late' },
    build: (features) =>
      sequential({ input: features, layers: [outputLayer(features)] }).compile({ metrics: ['accuracy'] }),
    fit: { epochs: 3, earlyStopping: { patience: 1, monitor: 'val_accuracy' } },
    onFold: ({ fold, scores }) => console.log(fold, scores.accuracy.toFixed(3)),
  });
  const mean: number = result.scores.accuracy.mean;
  // @ts-expect-error it was not asked for
  result.scores.f1;
  const layers = [dense(1, { activation: 'sigmoid' })];
  const build = () => sequential({ input: 2, layers }).compile({ loss: 'binaryCrossEntropy', metrics: ['f1'] });
  const deviation: number = (await crossValidate(x, y, { build, groups: y, folds: 3 })).scores.f1.deviation;
  // @ts-expect-error rows to judge by are cut out of the training rows
  await crossValidate(x, y, { build, fit: { validationSplit: 0.1 } });
  const [first] = kFold(100, { labels: y });
  const tested: Uint32Array | undefined = first?.test;
  return { mean, deviation, tested };
}
