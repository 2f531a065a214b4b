import { digits } from '../../data/index.js';
import { type AugmentOptions, augment, dense, sequential, zeros } from '../../index.js';
import { lesson } from '../lesson.js';
import { bars, images, picture } from '../picture.js';

// #region code
const SIDE = 16;
const AUGMENT: AugmentOptions = { rotate: 25, shift: 2 };

/** Pictures turned about their centre by an angle of that sine, one way and the other in turns, and shifted to a side. */
function moved(pictures: Uint8Array, sine: number, shift: number): Uint8Array {
  const cosine = Math.sqrt(1 - sine * sine);
  return pictures.map((_, i) => {
    const [row, y, x] = [Math.floor(i / (SIDE * SIDE)), (Math.floor(i / SIDE) % SIDE) - 7.5, (i % SIDE) - 7.5];
    const sign = row % 2 === 0 ? 1 : -1;
    const fromX = Math.round(cosine * x - sign * sine * y - sign * shift + 7.5);
    const fromY = Math.round(sign * sine * x + cosine * y + 7.5);
    const inside = Math.min(fromX, fromY) >= 0 && Math.max(fromX, fromY) < SIDE;
    return inside ? (pictures[row * SIDE * SIDE + fromY * SIDE + fromX] as number) : 0;
  });
}

/** A picture as training sees it: the gradient of a linear unit's weights is δ times its input, that of its bias δ. */
function seen(picture: Uint8Array, seed: number): Uint8Array {
  using model = sequential({
    input: [SIDE, SIDE],
    seed,
    augment: AUGMENT,
    layers: [dense(1, { weightInitializer: zeros() })],
  }).compile({ loss: 'meanSquaredError' });
  const gradients = model.gradients({ data: picture, shape: [1, SIDE, SIDE] }, Float32Array.of(1));
  const [weight, bias] = Object.values(gradients).map(({ data }) => data) as [Float32Array, Float32Array];
  return Uint8Array.from(weight, (g) => g / (bias[0] as number));
}

/** Accuracy of a network trained with and without augmentation, on test digits as they are, shifted, and turned. */
function experiment(seed: number) {
  const train = digits({ rows: 500, seed });
  const { x, y } = digits({ rows: 1000, seed: seed + 1000 });
  const tests = { 'as drawn': x.data, shifted: moved(x.data, 0, 2), turned: moved(x.data, 5 / 13, 0) };
  const accuracies = [false, true].map((augmented) => {
    using model = sequential({
      input: [SIDE, SIDE],
      seed,
      standardize: true,
      ...(augmented && { augment: augment(AUGMENT) }),
      layers: [dense(128, { activation: 'relu' }), dense(10, { activation: 'softmax' })],
    }).compile({ loss: 'crossEntropy', metrics: ['accuracy'] });
    model.fitSync(train.x, train.y, { epochs: 100 });
    return Object.values(tests).map((data) => model.evaluateSync({ data, shape: x.shape }, y).accuracy);
  });
  const first = train.x.data.subarray(0, SIDE * SIDE);
  return { tests, accuracies, first, augmented: [1, 2, 3, 4].map((i) => seen(first, seed + i)) };
}
// #endregion

type Result = ReturnType<typeof experiment>;

function accuracy({ tests, accuracies }: Result, test: keyof Result['tests'], augmented: boolean): number {
  return accuracies[Number(augmented)]?.[Object.keys(tests).indexOf(test)] as number;
}

/** Five test digits shifted, and the same five turned. */
function testPictures({ tests }: Result): Uint8Array[] {
  const size = SIDE * SIDE;
  return [tests.shifted, tests.turned].flatMap((data) =>
    [0, 1, 2, 3, 4].map((i) => data.subarray(i * size, (i + 1) * size)),
  );
}

/** Augmentation against shifts and turns. */
export const augmentation = lesson({
  name: 'augmentation',
  title:
    'Trained on randomly shifted and turned pictures, a network knows shifted and turned digits that it otherwise errs on.',
  formula: `every step:  x̃ = rotate(x, U(−25°, 25°)), then shifted by U(−2, 2) pixels along each axis;  y stays`,
  about: `500 digits, 128 relu units, with and without \`augment\`. Judged on 1,000 other digits: as drawn, shifted by
two pixels to one side, and turned by 22.6° (sine 5/13), one way and the other in turns, by plain code. The augmented
pictures are what the library made of the first training digit (Goodfellow, Bengio, Courville, Deep Learning, 7.4;
Simard, Steinkraus, Platt 2003).`,
  experiment,
  checks: (result) => [
    ...(['shifted', 'turned'] as const).map((test) => ({
      says: `accuracy on digits ${test}, with augmentation − without`,
      value: accuracy(result, test, true) - accuracy(result, test, false),
      least: 0.2,
    })),
    {
      says: 'accuracy on digits as drawn, with augmentation − without',
      value: accuracy(result, 'as drawn', true) - accuracy(result, 'as drawn', false),
      least: 0.03,
    },
    { says: 'accuracy on digits turned, with augmentation', value: accuracy(result, 'turned', true), least: 0.9 },
  ],
  picture: (result) =>
    picture('Accuracy with and without augmentation, and augmented digits', [
      bars({
        title: 'Accuracy on 1,000 digits that training did not see',
        width: 460,
        height: 310,
        y: {
          label: 'accuracy',
          domain: [0, 1.08],
          ticks: [0, 0.2, 0.4, 0.6, 0.8, 1],
          format: (value) => `${Math.round(100 * value)}%`,
        },
        bars: (Object.keys(result.tests) as (keyof Result['tests'])[]).flatMap((test) =>
          [false, true].map((augmented) => ({
            // a band of its own for each, under the same name
            name: augmented ? `${test} ` : test,
            value: accuracy(result, test, augmented),
            group: augmented ? 'with augmentation' : 'without',
          })),
        ),
      }),
      images({
        title: 'A training digit, augmented; test digits',
        width: 440,
        images: [result.first, ...result.augmented, ...testPictures(result)],
        captions: [
          'as drawn',
          ...result.augmented.map(() => 'augmented'),
          ...new Array<string>(5).fill('test, shifted'),
          ...new Array<string>(5).fill('test, turned'),
        ],
        side: [SIDE, SIDE],
        columns: 5,
      }),
    ]),
});
