/**
 * A page that trains while one watches. `node build.mjs` puts it, with the library and its kernels, into one HTML file that
 * needs neither server nor network: a double click opens it.
 */
import { adam, dense, sequential } from 'lanegrad';
import { spirals } from 'lanegrad/data';

const SIDE = 120;
const canvas = document.querySelector('canvas') as HTMLCanvasElement;
const told = document.querySelector('output') as HTMLOutputElement;
const picture = canvas.getContext('2d') as CanvasRenderingContext2D;
canvas.width = canvas.height = SIDE;

const { x, y } = spirals({ rows: 1500 });
const everywhere = Float32Array.from({ length: 2 * SIDE * SIDE }, (_, i) => {
  const pixel = i >> 1;
  return ((i & 1 ? Math.floor(pixel / SIDE) : pixel % SIDE) / SIDE) * 2.4 - 1.2;
});

const model = sequential({
  input: 2,
  seed: 1,
  layers: [dense(32, { activation: 'relu' }), dense(32, { activation: 'relu' }), dense(1, { activation: 'sigmoid' })],
}).compile({ optimizer: adam({ learningRate: 0.01 }), loss: 'binaryCrossEntropy', metrics: ['accuracy'] });

/** What the model makes of every point, from blue (class 0) to orange (class 1). */
function draw(): void {
  const image = picture.createImageData(SIDE, SIDE);
  model.predict(everywhere).forEach((p, pixel) => {
    image.data.set([40 + 200 * p, 120 + 20 * p, 220 - 180 * p, 255], 4 * pixel);
  });
  picture.putImageData(image, 0, 0);
}

for await (const { epoch, accuracy } of model.train(x, y, { epochs: 60 })) {
  if (epoch % 5 === 0) draw();
  told.value = `epoch ${epoch}: accuracy ${accuracy.toFixed(3)}, kernel ${model.runtime.kernel}`;
  await new Promise(requestAnimationFrame);
}
document.body.dataset.done = 'true';
