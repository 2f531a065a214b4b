import { adam, dense, oneCycle, sequential, uniform } from '../../index.js';
import { percent } from '../../report/format.js';
import { lesson } from '../lesson.js';
import { color, lines, picture } from '../picture.js';
import { stripes } from '../sets.js';

// #region code
const STRIPES = 16;
const TARGET = 0.98;
const UNITS = [24, 36, 48, 72, 96, 144, 192, 288];

/** The best of up to four networks: two learning rates, two draws of the first weights. */
function best(depth: number, units: number, seed: number) {
  const { x, y } = stripes(8 * STRIPES, STRIPES);
  const hidden = dense(units / depth, { activation: 'relu', biasInitializer: uniform(-1, 1) });
  let found = { units, parameters: 0, accuracy: 0, outputs: new Float32Array() };
  for (const rate of [0.03, 0.1]) {
    for (const draw of [2 * seed, 2 * seed + 1]) {
      using model = sequential({
        input: 1,
        seed: draw,
        layers: [...Array.from({ length: depth }, () => hidden), dense(1, { activation: 'sigmoid' })],
      }).compile({
        loss: 'binaryCrossEntropy',
        optimizer: adam({ learningRate: oneCycle(rate, { steps: 1000 }) }),
        metrics: ['accuracy'],
      });
      model.fitSync(x, y, { epochs: 1000, batchSize: y.length, shuffle: false });
      const { accuracy } = model.evaluateSync(x, y);
      const parameters = Object.values(model.parameters()).reduce((sum, { data }) => sum + data.length, 0);
      if (accuracy > found.accuracy) found = { units, parameters, accuracy, outputs: model.predict(x) };
      if (accuracy >= TARGET) return found;
    }
  }
  return found;
}

/** For one, two and three hidden layers: ever more units, until one of the networks tells the stripes apart. */
function experiment(seed: number) {
  return [1, 2, 3].map((depth) => {
    const tries: ReturnType<typeof best>[] = [];
    for (const units of UNITS) {
      const found = best(depth, units, seed);
      tries.push(found);
      if (found.accuracy >= TARGET) break;
    }
    return { depth, tries };
  });
}
// #endregion

type Result = ReturnType<typeof experiment>;
type Best = ReturnType<typeof best>;

/** The first networks of a depth that told the stripes apart, or the largest ones tried. */
function last(result: Result, depth: number) {
  return (result[depth - 1] as Result[number]).tries.at(-1) as Best;
}

const layersOf = (depth: number) => (depth === 1 ? '1 hidden layer' : `${depth} hidden layers`);

/** The number of units at which the picture compares what has been learnt: few, but three layers come far with them. */
const COMPARED = 36;

/** How many units one, two and three hidden layers take for a class that alternates. */
export const depthWidth = lesson({
  name: 'depth-width',
  title:
    'Sixteen stripes, the parity of four binary digits, take fewer units in two or three hidden layers than in one.',
  formula: `class of x = ⌊16 x⌋ mod 2,   0 ≤ x < 1
n relu units of one input bend a line in n places: n + 1 pieces; k layers of n/k units: up to (n/k + 1)ᵏ pieces`,
  about: `Every fold of the line doubles the stripes, and a layer folds what the layers before it have folded (Montúfar,
Pascanu, Cho, Bengio 2014; Telgarsky 2016; Goodfellow, Bengio, Courville, Deep Learning, 6.4.1). For each depth the widths
grow until one of four trained networks gets 98 % of the rows right. What is counted is what training finds, not what
there is: by construction 15 units in one layer would do. Depth saves units here, and not parameters, for w units on w
units have w² weights; the legend tells how many there were. On the right what the same number of units draws in one layer
and in three.`,
  experiment,
  checks: (result) => {
    const [one, two, three] = [1, 2, 3].map((depth) => last(result, depth)) as [Best, Best, Best];
    return [
      { says: 'hidden units that reached 98 %, one layer', value: one.units, least: 72, most: 288 },
      { says: 'the same, two layers', value: two.units, least: 24, most: 96 },
      { says: 'the same, three layers', value: three.units, least: 24, most: 96 },
      { says: 'units in one layer / in two', value: one.units / two.units, least: 1.3 },
      { says: 'units in one layer / in three', value: one.units / three.units, least: 1.3 },
      {
        says: 'accuracy reached by the worst of the three depths',
        value: Math.min(one.accuracy, two.accuracy, three.accuracy),
        least: TARGET,
      },
    ];
  },
  picture: (result) => {
    const compared = [1, 3].map((depth) => {
      const { tries } = result[depth - 1] as Result[number];
      return { depth, ...(tries.find(({ units }) => units === COMPARED) ?? last(result, depth)) };
    });
    return picture(
      'Accuracy by the number of hidden units: two and three layers reach 98 % with fewer than one layer',
      [
        lines({
          title: 'Rows told apart, best of up to four networks',
          width: 440,
          height: 300,
          x: { label: 'hidden units in all', type: 'log', ticks: UNITS, domain: [22, 310] },
          y: { label: 'accuracy', domain: [0.5, 1.02], ticks: [0.5, 0.6, 0.7, 0.8, 0.9, 1] },
          rules: [{ at: TARGET, name: '98 %' }],
          series: result.map(({ depth, tries }) => ({
            name: `${layersOf(depth)}: ${last(result, depth).units} units, ${last(result, depth).parameters} parameters`,
            dots: true,
            points: tries.map(({ units, accuracy }) => [units, accuracy] as const),
          })),
        }),
        lines({
          title: `The best networks of ${COMPARED} units`,
          width: 440,
          height: 300,
          x: { label: 'x', ticks: [0, 0.25, 0.5, 0.75, 1] },
          y: { label: 'probability of the second class', domain: [0, 1] },
          series: [
            { name: 'the stripes', color: '#c8c8c8', width: 1.5, points: steps() },
            ...compared.map(({ depth, outputs, accuracy }) => ({
              name: `${layersOf(depth)}, ${percent(accuracy)} right`,
              color: color(depth - 1),
              points: [...outputs].map((p, i) => [(i + 0.5) / outputs.length, p] as const),
            })),
          ],
        }),
      ],
    );
  },
});

/** The classes over x, as a line with corners. */
function steps() {
  return Array.from({ length: STRIPES }, (_, i) => [i, i + 1].map((edge) => [edge / STRIPES, i % 2] as const)).flat();
}
