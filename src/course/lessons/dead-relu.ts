import { digits } from '../../data/index.js';
import { adam, constant, dense, sequential } from '../../index.js';
import { lesson } from '../lesson.js';
import { bars, color, lines, picture } from '../picture.js';

// #region code
const UNITS = 64;

/** Activation, first bias and learning rate. */
const CASES = [
  ['relu', 0, 0.003],
  ['relu', 0.01, 0.003],
  ['relu', -2, 0.003],
  ['leakyRelu', -2, 0.003],
  ['elu', -2, 0.003],
  ['relu', 0, 0.1],
  ['relu', 0.01, 0.1],
  ['leakyRelu', 0, 0.1],
  ['elu', 0, 0.1],
] as const;

/** One hidden layer on digits: the units that no row brings above 0, epoch by epoch. */
function experiment(seed: number) {
  const { x, y } = digits({ rows: 1500, seed });
  const pictures = { ...x, scale: 1 / 255 };
  using affine = sequential({ input: [16, 16], layers: [dense(UNITS)] }).compile({ loss: 'meanSquaredError' });
  return CASES.map(([activation, bias, learningRate]) => {
    using model = sequential({
      input: [16, 16],
      seed,
      layers: [dense(UNITS, { activation, biasInitializer: constant(bias) }), dense(10, { activation: 'softmax' })],
    }).compile({ loss: 'crossEntropy', optimizer: adam({ learningRate }), metrics: ['accuracy'] });
    const deadUnits = () => {
      const { 'dense1.weight': _, 'dense1.bias': __, ...hidden } = model.parameters();
      affine.setParameters(hidden);
      const alive = new Set<number>();
      for (const [i, a] of affine.predict(pictures).entries()) if (a > 0) alive.add(i % UNITS);
      return Array.from({ length: UNITS }, (_, unit) => unit).filter((unit) => !alive.has(unit));
    };
    const dead = [deadUnits()];
    const onEpochEnd = () => void dead.push(deadUnits());
    const { metrics } = model.fitSync(pictures, y, { epochs: 8, validationSplit: 0.2, onEpochEnd });
    return { activation, bias, learningRate, dead, accuracy: metrics.val_accuracy?.at(-1) ?? 0 };
  });
}
// #endregion

type Result = ReturnType<typeof experiment>;
type Run = Result[number];

function of(result: Result, ...[activation, bias, rate]: (typeof CASES)[number]): Run {
  const found = result.find((run) => run.activation === activation && run.bias === bias && run.learningRate === rate);
  return found as Run;
}

const start = ({ dead }: Run) => dead[0] as number[];
const end = ({ dead }: Run) => dead.at(-1) as number[];
const share = (units: readonly number[]) => units.length / UNITS;
/** The share of the units dead at the start that are not at the end. */
const revived = (run: Run) => start(run).filter((unit) => !end(run).includes(unit)).length / start(run).length;

/** What is drawn beside each other: one cause of dead units each, and relu without it. */
const [NEGATIVE, FAST] = [CASES.slice(0, 5), CASES.slice(5)];

/** Dead relu units. */
export const deadRelu = lesson({
  name: 'dead-relu',
  title:
    'A relu unit that no row brings above 0 gets no gradient and stays dead; leaky relu and elu come back to life.',
  formula: `h = max(0, w·x + b),   ∂h/∂w = [w·x + b > 0] x: 0 on every row means no gradient, and no step, ever again
leaky relu passes 0.1 of the gradient there, elu e^(w·x + b)`,
  about: `Digits, one hidden layer of 64 units, Adam; a unit counts as dead where its input w·x + b is above 0 on none of
the 1500 rows. Left: biases begin at −2, so that most units are dead at once. Those of relu stay dead to the last one,
while leaky relu and elu bring most of theirs back and reach the accuracy of the usual start. Right: a rate of 0.1, thirty
times the usual, throws most relu units below 0 within the first epochs; leaky relu keeps most alive. Most units of elu
end below 0 too, where far out they are as good as constant, but its accuracy suffers less. A first bias of 0.01 was meant
to have relu units begin alive: here they do so without it, and it neither protects nor revives. (Goodfellow, Bengio,
Courville, Deep Learning, 6.3.1; Maas, Hannun, Ng 2013; Clevert, Unterthiner, Hochreiter 2016.)`,
  experiment,
  checks: (result) => {
    const [relu, leaky, elu] = [
      of(result, 'relu', -2, 0.003),
      of(result, 'leakyRelu', -2, 0.003),
      of(result, 'elu', -2, 0.003),
    ];
    const [fast, fastBias] = [of(result, 'relu', 0, 0.1), of(result, 'relu', 0.01, 0.1)];
    const [fastLeaky, fastElu] = [of(result, 'leakyRelu', 0, 0.1), of(result, 'elu', 0, 0.1)];
    const [usual, bias] = [of(result, 'relu', 0, 0.003), of(result, 'relu', 0.01, 0.003)];
    return [
      { says: 'share of dead units at the start with bias −2', value: share(start(relu)), least: 0.8 },
      { says: 'share of these that revive, relu', value: revived(relu), least: 0, most: 0 },
      { says: 'the same, leaky relu', value: revived(leaky), least: 0.5 },
      { says: 'the same, elu', value: revived(elu), least: 0.9 },
      { says: 'accuracy from bias −2, relu', value: relu.accuracy, most: 0.65 },
      { says: 'the same, leaky relu', value: leaky.accuracy, least: 0.75 },
      { says: 'the same, elu', value: elu.accuracy, least: 0.75 },
      { says: 'share of dead units after rate 0.1, relu', value: share(end(fast)), least: 0.7 },
      { says: 'the same, relu with bias 0.01', value: share(end(fastBias)), least: 0.7 },
      { says: 'the same, leaky relu', value: share(end(fastLeaky)), most: 0.35 },
      { says: 'accuracy after rate 0.1, leaky relu − relu', value: fastLeaky.accuracy - fast.accuracy, least: 0.1 },
      { says: 'the same, elu − relu', value: fastElu.accuracy - fast.accuracy, least: 0.1 },
      {
        says: 'accuracy at the usual rate, bias 0.01 − bias 0',
        value: bias.accuracy - usual.accuracy,
        least: -0.04,
        most: 0.04,
      },
    ];
  },
  picture: (result) => {
    const size = { width: 460, height: 250 };
    const named = ([activation, bias]: (typeof CASES)[number]) => `${activation}, b = ${bias}`.replace('-', '−');
    const hue = ([activation, bias]: (typeof CASES)[number]) =>
      ({ relu: bias === 0 ? 0 : bias > 0 ? 1 : 2, leakyRelu: 3, elu: 4 })[activation];
    const curves = (cases: readonly (typeof CASES)[number][]) =>
      cases.map((one) => ({
        name: named(one),
        color: color(hue(one)),
        dots: true,
        points: of(result, ...one).dead.map((units, epoch) => [epoch, share(units)] as const),
      }));
    const reached = (cases: readonly (typeof CASES)[number][]) =>
      cases.map((one) => ({ name: named(one).replace(', b =', ''), value: of(result, ...one).accuracy }));
    const axes = { x: { label: 'epoch' }, y: { label: 'share of units', domain: [0, 1] } };
    const accuracy = { label: 'accuracy', domain: [0, 1], format: (value: number) => value.toFixed(2) };
    return picture('Units that no row brings above 0: those of relu stay so, those of leaky relu and elu come back', [
      lines({ ...size, ...axes, title: 'Dead units, first biases of 0, 0.01 and −2', series: curves(NEGATIVE) }),
      lines({ ...size, ...axes, title: 'Dead units, rate 0.1 instead of 0.003', series: curves(FAST) }),
      bars({ ...size, title: 'Accuracy on held-out rows', y: accuracy, bars: reached(NEGATIVE) }),
      bars({ ...size, title: 'Accuracy on held-out rows', y: accuracy, bars: reached(FAST) }),
    ]);
  },
});
