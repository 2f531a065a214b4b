import { digits } from '../../data/index.js';
import { activation, adam, dense, type Layer, layerNorm, residual, sequential } from '../../index.js';
import { lesson } from '../lesson.js';
import { lines, picture } from '../picture.js';

// #region code
const [DEPTH, UNITS] = [50, 32];

/** Two dense layers each. */
const BLOCKS = {
  plain: () => [dense(UNITS, { activation: 'relu' }), dense(UNITS, { activation: 'relu' })],
  'layer norm': () => [dense(UNITS), layerNorm(), activation('relu'), dense(UNITS), layerNorm(), activation('relu')],
  residual: () => [residual([dense(UNITS, { activation: 'relu' }), dense(UNITS)])],
  'residual + layer norm': () => [residual([layerNorm(), dense(UNITS, { activation: 'relu' }), dense(UNITS)])],
} as const satisfies Record<string, () => Layer[]>;

/** One dense layer, 24 blocks of two and the output: fifty layers with weights. */
function experiment(seed: number) {
  const { x, y } = digits({ rows: 2000, seed });
  return Object.entries<() => Layer[]>(BLOCKS).map(([name, block]) => {
    using model = sequential({
      input: [16, 16],
      seed,
      layers: [
        dense(UNITS, { activation: 'relu' }),
        ...Array.from({ length: (DEPTH - 2) / 2 }, block).flat(),
        ...(name === 'residual + layer norm' ? [layerNorm()] : []),
        dense(10, { activation: 'softmax' }),
      ],
    }).compile({ loss: 'crossEntropy', optimizer: adam(), metrics: ['accuracy'] });
    const { metrics } = model.fitSync({ ...x, scale: 1 / 255 }, y, { epochs: 6, validationSplit: 0.2 });
    return { name, losses: metrics.loss, accuracies: metrics.val_accuracy ?? [] };
  });
}
// #endregion

type Result = ReturnType<typeof experiment>;

function of(result: Result, name: keyof typeof BLOCKS) {
  return result.find((one) => one.name === name) as Result[number];
}

const accuracy = (result: Result, name: keyof typeof BLOCKS) => of(result, name).accuracies.at(-1) as number;

/** Fifty layers with and without residual blocks and layer norm. */
export const residualDepth = lesson({
  name: 'residual-depth',
  title:
    'Fifty layers train as residual blocks with layer norm; without the two, or with one of them alone, they hardly do.',
  formula: `plain: h ← relu(W h + b), fifty times        residual block: h ← h + W₂ relu(W₁ norm(h) + b₁) + b₂
∂hₗ/∂hₖ = I + …: the gradient has a way past every block`,
  about: `Digits, one dense layer of 32 relu units, 24 blocks of two, one layer norm behind the last sum, and the output:
fifty layers with weights, from the library's usual first weights (he, glorot) and with the same Adam. What is added to h
is small beside it where layer norm brings every block's input to variance 1, and the gradient passes by. Residual blocks
without it double the variance block after block, so that training begins with a huge loss; layer norm without a way past
it leaves fifty nonlinear steps in the way of the gradient. Plain layers would get further with more epochs than these
six. (He, Zhang, Ren, Sun 2016; Ba, Kiros, Hinton 2016; the norm in front of each block: Xiong et al. 2020.)`,
  experiment,
  checks: (result) => [
    {
      says: 'accuracy on held-out rows, residual + layer norm',
      value: accuracy(result, 'residual + layer norm'),
      least: 0.75,
    },
    { says: 'the same, plain', value: accuracy(result, 'plain'), most: 0.5 },
    { says: 'the same, layer norm', value: accuracy(result, 'layer norm'), most: 0.3 },
    { says: 'the same, residual', value: accuracy(result, 'residual'), most: 0.5 },
    { says: 'loss of the first epoch, residual', value: of(result, 'residual').losses[0] as number, least: 10 },
    {
      says: 'loss of the last epoch, residual + layer norm',
      value: of(result, 'residual + layer norm').losses.at(-1) as number,
      most: 0.5,
    },
  ],
  picture: (result) =>
    picture('Loss and accuracy over six epochs: of four networks of fifty layers one learns, residual + layer norm', [
      lines({
        title: 'Loss on training rows',
        width: 440,
        x: { label: 'epoch', ticks: [1, 2, 3, 4, 5, 6] },
        y: { label: 'mean cross entropy', type: 'log', ticks: [0.1, 1, 10, 100], domain: [0.08, 300] },
        series: result.map(({ name, losses }) => ({
          name,
          dots: true,
          points: losses.map((loss, i) => [i + 1, loss] as const),
        })),
      }),
      lines({
        title: 'Accuracy on held-out rows',
        width: 440,
        x: { label: 'epoch', ticks: [1, 2, 3, 4, 5, 6] },
        y: { label: 'accuracy', domain: [0, 1] },
        series: result.map(({ name, accuracies }) => ({
          name,
          dots: true,
          points: accuracies.map((v, i) => [i + 1, v] as const),
        })),
      }),
    ]),
});
