/** What a diagnosis is warned of, in plain words: the thresholds, and one sentence for each thing that is wrong. */
import type { Diagnosis, DiagnosisFacts, LayerDiagnosis } from './diagnosis.js';
import { everyLayer, type Network, type PlacedLayer } from './network.js';

/**
 * The first layers' gradients have vanished where they are below this share of the last layer's. In networks that begin
 * well they are 0.1 to 14 times those (docs/diagnostics.md); a layer of sigmoids takes a factor of some four (its slope is
 * at most ¼), so six in a row pass this.
 */
const VANISHING = 1e-3;

/** They have exploded where they are above this multiple of the last layer's: the same the other way round. */
const EXPLODING = 1e3;

/**
 * A gradient whose norm is above this is absurd whatever the layers are to each other: a loss is a mean over rows, so
 * networks whose inputs and targets have unit size begin with one of 0.3 to 60 (docs/diagnostics.md).
 */
const LARGEST_NORM = 1e4;

/** Update-to-weight ratios are healthy around 1e-3 (Karpathy, CS231n notes on training networks); this is a hundred times that. */
const FAST = 0.1;

/** Half of what a hidden layer gives is flat: more of the batch trains nothing in front of it than trains something. */
const SATURATED = 0.5;

/**
 * A relu unit is 0 for half of what it may be given. To a deep layer all rows look alike at first, so that half of its n
 * units, with deviation √n/2, may be 0 on every row by chance. Too many are three such deviations more, or all of them.
 */
const DEAD = { share: 0.5, deviations: 3 };

interface Subject {
  readonly network: Network;
  readonly facts: DiagnosisFacts;
  readonly layers: readonly (LayerDiagnosis & { readonly placed: PlacedLayer })[];
  /** The layers with weights that are trained: what gradients are compared between. */
  readonly weighted: readonly { readonly name: string; readonly norm: number }[];
}

/** The warnings of a diagnosis, each where it applies. */
const CHECKS: readonly ((subject: Subject) => string | undefined)[] = [
  vanishing,
  exploding,
  deadUnits,
  saturated,
  fast,
  manyParameters,
];

/** What is wrong, one sentence each. */
export function warningsOf(
  network: Network,
  diagnosed: readonly LayerDiagnosis[],
  facts: DiagnosisFacts,
): Diagnosis['warnings'] {
  const layers = everyLayer(network.layers).map((placed, i) => ({ ...(diagnosed[i] as LayerDiagnosis), placed }));
  const weighted = layers
    .filter(({ placed }) => placed.parameters.some(({ trained, shape }) => trained && shape.length > 1))
    .map(({ name, gradientNorm }) => ({ name, norm: gradientNorm as number }));
  return CHECKS.flatMap((check) => check({ network, facts, layers, weighted }) ?? []);
}

/** `layer dense0`, `layers dense0 to dense2`. */
function named(run: readonly { readonly name: string }[]): string {
  const [first, last] = [run[0]?.name, run.at(-1)?.name];
  return run.length === 1 ? `layer ${first} receives` : `layers ${first} to ${last} receive`;
}

/** The first layers that all fulfil a condition. */
function leading({ weighted }: Subject, condition: (norm: number) => boolean): Subject['weighted'] {
  const end = weighted.findIndex(({ norm }) => !condition(norm));
  return weighted.slice(0, end < 0 ? weighted.length : end);
}

/** 3e-5; for what is large 2e4. */
function power(value: number): string {
  return value.toExponential(0).replace('+', '');
}

const percent = (share: number): string => `${Math.round(100 * share)} %`;

function vanishing(subject: Subject): string | undefined {
  const last = subject.weighted.at(-1);
  const run = leading(subject, (norm) => norm < VANISHING * (last?.norm ?? 0));
  if (!last || run.length === 0) return undefined;
  const least = Math.min(...run.map(({ norm }) => norm)) / last.norm;
  const what = least > 0 ? `gradients down to ${power(least)} of those of ${last.name}` : 'no gradient or next to none';
  return (
    `${named(run)} ${what}: vanishing; try relu with he initialization, batchNorm or layerNorm in front of the ` +
    'activations, or residual blocks.'
  );
}

function exploding(subject: Subject): string | undefined {
  const advice = 'exploding; try clipNorm, smaller initial weights, batchNorm, or standardized inputs and targets.';
  const infinite = subject.weighted.find(({ norm }) => !Number.isFinite(norm));
  if (infinite) return `the gradient of layer ${infinite.name} is not finite: ${advice}`;
  const last = subject.weighted.at(-1);
  const run = leading(subject, (norm) => norm > EXPLODING * (last?.norm ?? Number.POSITIVE_INFINITY));
  if (last && last.norm > 0 && run.length > 0) {
    const most = Math.max(...run.map(({ norm }) => norm)) / last.norm;
    return `${named(run)} gradients up to ${power(most)} times those of ${last.name}: ${advice}`;
  }
  const norm = Math.sqrt(subject.weighted.reduce((sum, one) => sum + one.norm * one.norm, 0));
  return norm > LARGEST_NORM ? `the gradient has norm ${power(norm)}: ${advice}` : undefined;
}

/** `70 % of dense0, 80 % of dense1` for the layers where a share is too large. */
function shares(layers: Subject['layers'], shareOf: (layer: Subject['layers'][number]) => number | undefined) {
  return layers.flatMap((layer) => {
    const share = shareOf(layer);
    return share === undefined ? [] : [`${percent(share)} of ${layer.name}`];
  });
}

function deadUnits({ layers }: Subject): string | undefined {
  const found = shares(layers, ({ deadUnits: share, placed: { outputs } }) => {
    if (share === undefined) return undefined;
    const chance = DEAD.share + (DEAD.deviations * Math.sqrt(outputs)) / (2 * outputs);
    return share === 1 || share > chance ? share : undefined;
  });
  if (found.length === 0) return undefined;
  return (
    `relu units are 0 on every row, ${found.join(', ')}: dead; try leakyRelu or elu, a biasInitializer of ` +
    'constant(0.01), or a smaller learning rate.'
  );
}

function saturated({ layers }: Subject): string | undefined {
  // an output layer that is certain is meant to be
  const found = shares(layers.slice(0, -1), ({ saturation }) =>
    saturation !== undefined && saturation > SATURATED ? saturation : undefined,
  );
  if (found.length === 0) return undefined;
  return (
    `activations are where they have next to no slope, ${found.join(', ')}: saturated; try smaller initial weights ` +
    '(glorot), standardized inputs, or batchNorm in front of the activations.'
  );
}

function fast({ layers, facts }: Subject): string | undefined {
  const found = layers.filter(({ updateRatio }) => updateRatio !== undefined && updateRatio > FAST);
  if (found.length === 0) return undefined;
  const moved = found.map(({ name, updateRatio }) => `${name} by ${percent(updateRatio as number)}`);
  return `one update changes the weights by more than a tenth, ${moved.join(', ')}: try a smaller learning rate (it is ${facts.rate}).`;
}

function manyParameters({ network: { parameterCount }, facts: { rows, trainingRows } }: Subject): string | undefined {
  if (parameterCount <= (trainingRows ?? rows)) return undefined;
  const fact =
    trainingRows === undefined
      ? `there are ${parameterCount} parameters and ${rows} rows here: if it trains on no more, the network can`
      : `there are ${parameterCount} parameters for ${trainingRows} training rows: the network can`;
  return `${fact} learn them by heart; try regularization (l2, dropout, early stopping), augmentation, or more rows.`;
}
