/** What the types of tables let through and what they refuse; see facade.ts. */
import { adam, dense, load, loadTable, outputLayer, sequential } from 'lanegrad';
import {
  encode,
  encodeExamples,
  type Features,
  fitFeatures,
  parseCsv,
  split,
  type Table,
  tableOf,
} from 'lanegrad/data';
import { openTable, type StoredTable } from 'lanegrad/node';

export async function large(path: string) {
  using table = await openTable(path);
  const { train } = split(table, { test: 0.2 });
  const stored: StoredTable = train;
  return fitFeatures(await stored.load(0, 100_000), { target: 'churned' });
}

export async function csv(text: string) {
  const { train, validation, test } = split(parseCsv(text), {
    validation: 0.15,
    test: 0.15,
    stratify: 'species',
    seed: 1,
  });
  const features = fitFeatures(train, { target: 'species' });
  const layers = [dense(32, { activation: 'relu' }), outputLayer(features)];
  const model = sequential({ input: features, layers }).compile({ optimizer: adam(), metrics: ['accuracy'] });
  const history = await model.fit(train, {
    epochs: 200,
    validationData: validation,
    earlyStopping: { patience: 10, monitor: 'val_accuracy' },
    onEpochEnd: (logs) => (logs.accuracy > 0.99 ? 'stop' : undefined),
  });
  const best: number | undefined = history.metrics.val_accuracy?.at(-1);
  const { accuracy, loss }: { accuracy: number; loss: number } = await model.evaluate(test);
  const labels: string[] = model.predictLabels([
    { width: 5.1, color: 'red', open: true, since: null, seen: undefined },
  ]);
  const { values, unseen, warnings } = model.predictDetailed(test);
  const loaded = loadTable<'accuracy'>(model.save());
  loaded.trainOnBatch([{ width: 1, species: 'a' }]).accuracy.toFixed();
  for await (const logs of model.train(train)) logs.accuracy.toFixed();

  // @ts-expect-error rows, not numbers
  model.predict([[1, 2, 3]]);
  // @ts-expect-error a table comes with its targets
  await model.fit(train, [1, 2, 3]);
  // @ts-expect-error validation data is a table
  await model.fit(train, { validationData: [[[1]], [1]] });
  // @ts-expect-error not a metric of this model
  history.metrics.rmse;
  // @ts-expect-error not a metric of this model
  (await model.evaluate(test)).rmse;
  // @ts-expect-error what is standardized follows from the features
  sequential({ input: features, layers, standardize: true });
  // @ts-expect-error a model of numbers needs a loss
  sequential({ input: 3, layers }).compile();
  // @ts-expect-error cells are no arrays
  model.predict([{ width: [1] }]);
  // @ts-expect-error not a kind
  fitFeatures(train, { target: 'species', kinds: { zip: 'code' } });
  // @ts-expect-error a target is needed
  fitFeatures(train, {});
  // @ts-expect-error a share to test with is needed
  split(train, { validation: 0.1 });
  // @ts-expect-error numbers of rows, not rows
  load(model.save()).predict([{ width: 5.1 }]);
  return [best, accuracy, loss, labels, values, unseen, warnings];
}

const table: Table = tableOf([{ a: 1, b: 'x' }]);
// features are plain data, also those that came from a file
const features: Features = JSON.parse('{}');
const x: Float32Array = encode(features, table).x;
const y: Int32Array | Float32Array = encodeExamples(features, [{ a: 1 }]).y;
const named: string | readonly string[] = fitFeatures(table, { target: ['a', 'b'] as const }).target;
const name: string | number | null = table.value(0, 'a');
export const used = [x, y, named, name];
