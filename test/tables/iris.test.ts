/** Program 1: a table to a trained model that takes raw rows. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { adam, dense, load, loadTable, outputLayer, sequential } from 'lanegrad';
import { fitFeatures, parseCsv, split } from 'lanegrad/data';
import { describe, expect, it } from 'vitest';

const folder = fileURLToPath(new URL('../../../shared/data/tabular', import.meta.url));
const read = (name: string): Uint8Array => gunzipSync(readFileSync(`${folder}/${name}.csv.gz`));

if (!existsSync(folder)) console.warn(`skipped: tables of ../shared/data/tabular, as there is no directory ${folder}`);

describe.skipIf(!existsSync(folder))('tables of ../shared/data/tabular (skipped where the folder is absent)', () => {
  it('classifies irises from raw rows, before and after saving', async () => {
    const { train, validation, test } = split(parseCsv(read('iris')), {
      validation: 0.15,
      test: 0.15,
      stratify: 'label',
      seed: 1,
    });
    const features = fitFeatures(train, { target: 'label' });
    const model = sequential({
      input: features,
      layers: [dense(32, { activation: 'relu' }), outputLayer(features)],
    }).compile({
      optimizer: adam(),
      metrics: ['accuracy'],
    });
    const history = await model.fit(train, {
      epochs: 200,
      validationData: validation,
      earlyStopping: { patience: 10 },
    });
    expect(history.best.epoch).toBeGreaterThan(5);
    const { accuracy } = await model.evaluate(test);
    expect(accuracy).toBeGreaterThan(0.9);
    const row = { sepal_length: 5.1, sepal_width: 3.5, petal_length: 1.4, petal_width: null };
    expect(model.predictLabels([row])).toEqual(['0']);
    const bytes = model.save();
    const loaded = loadTable<'accuracy'>(bytes);
    expect(loaded.predict([row])).toEqual(model.predict([row]));
    expect(loaded.evaluateSync(test)).toEqual(await model.evaluate(test));
    expect(() => load(bytes)).toThrow('Help: load it with loadTable.');
  });

  it('predicts prices of houses in their own units, from text, blanks and numbers', () => {
    const { train, test } = split(parseCsv(read('california_housing')), { test: 0.2, seed: 2 });
    const features = fitFeatures(train, { target: 'median_house_value' });
    expect(features.task).toBe('regression');
    const layers = [dense(64, { activation: 'relu' }), outputLayer(features)];
    const model = sequential({ input: features, layers, seed: 1 }).compile({ metrics: ['rmse', 'r2'] });
    model.fitSync(train, { epochs: 10 });
    const { r2, rmse } = model.evaluateSync(test);
    expect(r2).toBeGreaterThan(0.7);
    expect(rmse).toBeGreaterThan(40_000);
    expect(rmse).toBeLessThan(70_000);
  });
});
