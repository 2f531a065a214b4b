/**
 * A table in a CSV file, with names, words, dates and gaps: which class does a row belong to? The model takes rows as they are,
 * and its file holds all that was learned of the columns. (`lanegrad train FILE --target NAME` does the same without a program.)
 */
import { adam, dense, loadTable, outputLayer, type Row, sequential } from 'lanegrad';
import { fitFeatures, split } from 'lanegrad/data';
import { readCsv, readModelBytes, saveFile } from 'lanegrad/node';

/** What is to be predicted, from which columns, and where the model goes. */
export interface Question {
  readonly target: string;
  /** Columns that are not known yet when the model is asked. */
  readonly drop?: readonly string[];
  readonly file?: string;
}

/** Trains on a CSV file. @returns accuracy on rows never trained on, what there is to know of the columns, and a way to ask */
export async function learnTable(path: string, { target, drop = [], file = 'table.safetensors' }: Question) {
  const table = await readCsv(path);
  // each part has each class by its share
  const { train, validation, test } = split(table, { validation: 0.15, test: 0.15, stratify: target, seed: 1 });

  // means, categories and what fills gaps come from training rows alone: nothing of the test leaks into the model
  const features = fitFeatures(train, { target, drop });
  console.log(features.describe());

  const model = sequential({
    input: features,
    seed: 1,
    layers: [dense(32, { activation: 'relu' }), outputLayer(features)],
  }).compile({ optimizer: adam(), metrics: ['accuracy'] }); // the loss follows from the target

  await model.fit(train, { epochs: 200, validationData: validation, earlyStopping: { patience: 10 } });
  const { accuracy } = await model.evaluate(test);
  await saveFile(file, model);

  // a model from a file takes raw rows too; what is missing or was never seen counts as missing
  const loaded = loadTable(await readModelBytes(file));
  return { accuracy, notes: features.notes, answer: (row: Row) => loaded.predictLabels([row])[0] };
}
