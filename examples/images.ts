/**
 * Handwritten digits: MNIST (or Fashion-MNIST, in the same format) from a folder of IDX files, as they are published.
 */
import { adam, dense, load, sequential } from 'lanegrad';
import { readIdx, readModelBytes, saveFile } from 'lanegrad/node';

/**
 * Trains on the 60,000 images of a folder, saves the model, and returns its accuracy on the 10,000 test images, which had
 * no part in the training.
 */
export async function readDigits(folder: string, { epochs = 5, file = 'mnist.safetensors' } = {}): Promise<number> {
  const { train, test } = await readIdx(folder);

  const model = sequential({
    input: [28, 28],
    // pixels are bytes; this brings them to mean 0 and deviation 1, fitted on the training images and saved in the model
    standardize: true,
    seed: 42,
    layers: [dense(128, { activation: 'relu' }), dense(10, { activation: 'softmax' })],
  }).compile({ optimizer: adam(), loss: 'crossEntropy', metrics: ['accuracy'] });
  console.log(model.summary());

  await model.fit(train.x, train.y, {
    epochs,
    batchSize: 128,
    onEpochEnd: ({ epoch, loss, accuracy }) =>
      console.log(`epoch ${epoch}: loss ${loss.toFixed(3)}, accuracy ${accuracy.toFixed(4)}`),
  });
  await saveFile(file, model);

  // a model from a file predicts the same bits
  const loaded = load<'crossEntropy', 'accuracy'>(await readModelBytes(file));
  const { accuracy } = await loaded.evaluate(test.x, test.y);
  return accuracy;
}
