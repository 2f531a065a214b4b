/**
 * What the types of the facade let through and what they refuse. Never run: `tsc` is the test (test/types.test.ts). A line
 * under @ts-expect-error that compiles is an error.
 */
import {
  type ActivationOption,
  activation,
  adagrad,
  adam,
  adamw,
  augment,
  bagging,
  batchNorm,
  cosineDecay,
  createRuntime,
  type Dataset,
  type Diagnosis,
  dense,
  dropout,
  elu,
  ewaMomentum,
  exponentialDecay,
  huber,
  type Inputs,
  inverseTimeDecay,
  type LossName,
  l1,
  l1l2,
  l2,
  layerNorm,
  leakyRelu,
  load,
  loadEnsemble,
  type Model,
  maxNorm,
  type Optimizer,
  oneCycle,
  reduceOnPlateau,
  residual,
  rmsprop,
  type Schedule,
  sequential,
  sgd,
  stepDecay,
} from 'lanegrad';
import { digits, spirals } from 'lanegrad/data';
import { openRows, readIdx, saveFile } from 'lanegrad/node';

const x = new Float32Array(8);
const rows = [
  [1, 2],
  [3, 4],
];
const labels = [0, 1];
const names = ['ham', 'spam'];

const layers = [dense(8, { activation: 'relu' }), dense(2, { activation: 'softmax' })] as const;
const classifier = sequential({ input: 4, layers }).compile({ loss: 'crossEntropy', metrics: ['accuracy'] });
const regressor = sequential({ input: 4, layers: [dense(1)] }).compile({
  loss: 'meanSquaredError',
  metrics: ['rmse', 'r2'],
});
const plain = sequential({ input: 4, layers: [dense(1)] }).compile({ loss: 'meanSquaredError' });

/** A diagnosis is the same for every model. */
export async function diagnoses() {
  const { layers, warnings, rows } = classifier.diagnose(x, labels, { sampleWeight: new Float32Array(2) });
  const norm: number | undefined = layers[0]?.gradientNorm;
  const history = await classifier.fit(x, labels, { diagnostics: true });
  const last: Diagnosis | undefined = history.diagnostics?.at(-1);
  // @ts-expect-error: targets of a regression are values
  regressor.diagnose(x, names);
  // @ts-expect-error: not an option
  classifier.diagnose(x, labels, { epochs: 3 });
  // @ts-expect-error: on or off
  await classifier.fit(x, labels, { diagnostics: 5 });
  return [norm, last, warnings, rows];
}

/** Refuses anything but exactly that type. */
function exactly<Wanted>() {
  return <Given>(
    _: Given,
    ..._same: [Wanted] extends [Given] ? ([Given] extends [Wanted] ? [] : [never]) : [never]
  ) => {};
}

export async function inputsAndTargets() {
  const forms: Inputs[] = [x, new Uint8Array(8), rows, rows.map((row) => Float32Array.from(row))];
  forms.push({ data: new Uint8Array(8), shape: [2, 4], scale: 1 / 255 });
  classifier.fitSync(x, labels);
  classifier.fitSync(x, names);
  classifier.fitSync(x, new Uint8Array(2));
  classifier.fitSync(x, new Int32Array(2));
  classifier.fitSync(x, rows);
  regressor.fitSync(x, labels);
  regressor.fitSync(x, new Float32Array(2));
  regressor.fitSync(x, rows);
  // @ts-expect-error strings are not regression targets
  regressor.fitSync(x, names);
  // @ts-expect-error nor are they in any other method
  await regressor.fit(x, names);
  // @ts-expect-error
  regressor.trainOnBatch(x, names);
  // @ts-expect-error
  await regressor.evaluate(x, names);
  // @ts-expect-error
  regressor.gradients(x, names);
  // @ts-expect-error nor in validation data
  regressor.fitSync(x, labels, { validationData: [x, names] });
  // @ts-expect-error float32 values are not class labels
  classifier.fitSync(x, new Float32Array(2));
  // @ts-expect-error targets are needed
  classifier.fitSync(x);
  // @ts-expect-error a flat plain array has no rows
  classifier.predict([1, 2, 3, 4]);
  // @ts-expect-error float64 is not a form of inputs
  classifier.predict(new Float64Array(4));
  // @ts-expect-error a shape is needed
  classifier.predict({ data: x });
}

export async function metricsAndHistory() {
  const history = await classifier.fit(x, labels);
  exactly<readonly number[]>()(history.metrics.accuracy);
  exactly<readonly number[] | undefined>()(history.metrics.val_accuracy);
  // @ts-expect-error not a metric of this model
  void history.metrics.rmse;
  // @ts-expect-error nor with val_
  void history.metrics.val_rmse;
  // @ts-expect-error there may be no validation rows
  void history.metrics.val_loss.length;
  // @ts-expect-error histories are not written to
  history.metrics.loss.push(1);

  const logs = await regressor.evaluate(x, labels);
  exactly<number>()(logs.rmse + logs.r2 + logs.loss + logs.dataLoss);
  // @ts-expect-error not a metric of this model
  void logs.accuracy;
  // @ts-expect-error a model without metrics logs its loss alone
  void plain.trainOnBatch(x, labels).rmse;
  // @ts-expect-error
  void plain.fitSync(x, labels).metrics.accuracy;

  classifier.fitSync(x, labels, {
    onEpochEnd: (epoch) => {
      exactly<number>()(epoch.epoch + epoch.accuracy);
      exactly<number | undefined>()(epoch.val_loss);
      // @ts-expect-error not a metric of this model
      void epoch.r2;
      return epoch.accuracy > 0.9 ? 'stop' : undefined;
    },
  });
  classifier.fitSync(x, labels, { onEpochEnd: (epoch) => console.log(epoch.loss) });
  // @ts-expect-error 'stop' is the only word
  classifier.fitSync(x, labels, { onEpochEnd: () => 'halt' });
  for await (const epoch of regressor.train(x, labels)) {
    exactly<number>()(epoch.r2);
    // @ts-expect-error not a metric of this model
    void epoch.accuracy;
  }
  const best: { readonly epoch: number; readonly value: number } = history.best;
  void best;
}

export function monitors() {
  const split = { validationSplit: 0.1 };
  classifier.fitSync(x, labels, { ...split, earlyStopping: { patience: 1, monitor: 'val_accuracy' } });
  classifier.fitSync(x, labels, { ...split, earlyStopping: { patience: 1, monitor: 'loss' } });
  // @ts-expect-error not a metric of this model
  classifier.fitSync(x, labels, { ...split, earlyStopping: { patience: 1, monitor: 'val_rmse' } });
  // @ts-expect-error a model without metrics monitors its loss alone
  plain.fitSync(x, labels, { ...split, earlyStopping: { patience: 1, monitor: 'r2' } });
  // @ts-expect-error patience is needed
  classifier.fitSync(x, labels, { ...split, earlyStopping: {} });
}

export function options() {
  // @ts-expect-error unknown option
  classifier.fitSync(x, labels, { epoch: 3 });
  // @ts-expect-error unknown option
  classifier.fitSync(x, labels, { batchsize: 3 });
  // @ts-expect-error weights of rows are float32
  classifier.fitSync(x, labels, { sampleWeight: [1, 2] });
  // @ts-expect-error the only word
  classifier.fitSync(x, labels, { classWeight: 'equal' });
  // @ts-expect-error unknown option
  classifier.fitSync(x, labels, { validationSplit: { head: 0.1 } });
  // @ts-expect-error unknown option
  classifier.predict(x, { into: x });
  // @ts-expect-error out is float32
  classifier.predict(x, { out: new Uint8Array(3) });
  // @ts-expect-error unknown option
  classifier.save({ optimiser: true });
  // @ts-expect-error no such program
  classifier.program('training');
  exactly<Float32Array<ArrayBuffer>>()(classifier.predict(x));
  exactly<Int32Array>()(classifier.predictClasses(x));
  exactly<string[]>()(classifier.predictLabels(x));
  exactly<Uint8Array<ArrayBuffer>>()(classifier.save());
}

export function descriptions() {
  sequential({ input: [28, 28], layers, standardize: true, seed: 1, classes: names });
  sequential({ input: [32, 32, 3], layers: [dense(3, { weightRegularizer: l2(0.1) })] }, { runtime: createRuntime() });
  // @ts-expect-error input is needed
  sequential({ layers });
  // @ts-expect-error no image has four sizes
  sequential({ input: [1, 2, 3, 4], layers });
  // @ts-expect-error unknown option
  sequential({ input: 4, layers, standardise: true });
  // @ts-expect-error layers are called
  sequential({ input: 4, layers: [dense] });
  // @ts-expect-error units are needed
  dense();
  // @ts-expect-error unknown activation
  dense(3, { activation: 'swish' });
  // @ts-expect-error unknown option
  dense(3, { activaton: 'relu' });
  // @ts-expect-error a regularizer is needed, not its strength
  dense(3, { weightRegularizer: 0.1 });
  // @ts-expect-error unknown option
  adam({ lr: 0.1 });
  // @ts-expect-error unknown option
  sgd({ beta1: 0.9 });
  // @ts-expect-error unknown kernel
  createRuntime({ kernel: 'fast' });
}

export function losses() {
  const architecture = sequential({ input: 4, layers });
  // @ts-expect-error a loss is needed
  architecture.compile({});
  // @ts-expect-error wrong loss name
  architecture.compile({ loss: 'crossentropy' });
  // @ts-expect-error wrong metric name
  architecture.compile({ loss: 'crossEntropy', metrics: ['acc'] });
  // @ts-expect-error an optimizer is called
  architecture.compile({ loss: 'crossEntropy', optimizer: adam });
  // @ts-expect-error an optimizer is no name
  architecture.compile({ loss: 'crossEntropy', optimizer: 'adam' });
  // @ts-expect-error unknown option
  architecture.compile({ loss: 'crossEntropy', optimiser: adam() });
  // @ts-expect-error an architecture has no memory: it is compiled first
  architecture.fitSync(x, labels);
}

export function lossesOfValues() {
  const architecture = sequential({ input: 4, layers: [dense(1)] });
  const absolute = architecture.compile({ loss: 'meanAbsoluteError', metrics: ['mae', 'rmse'] });
  exactly<Model<'meanAbsoluteError', 'mae' | 'rmse'>>()(absolute);
  exactly<number>()(absolute.trainOnBatch(x, new Float32Array(2)).mae);
  exactly<Model<'huber', never>>()(architecture.compile({ loss: 'huber' }));
  exactly<Model<'huber', 'mae'>>()(architecture.compile({ loss: huber({ delta: 0.5 }), metrics: ['mae'] }));
  exactly<Model<'huber', never>>()(architecture.compile({ loss: { kind: 'huber', delta: 0.5 } }));
  const robust = architecture.compile({ loss: huber() });
  robust.fitSync(x, new Float32Array(2));
  // @ts-expect-error strings are not regression targets
  robust.fitSync(x, names);
  // @ts-expect-error nor are they here
  absolute.fitSync(x, names);
  // @ts-expect-error unknown option
  huber({ epsilon: 1 });
  // @ts-expect-error a loss with a parameter is called
  architecture.compile({ loss: huber });
  // @ts-expect-error delta is needed in plain data
  architecture.compile({ loss: { kind: 'huber' } });
  // @ts-expect-error this loss has no parameter
  architecture.compile({ loss: { kind: 'meanSquaredError', delta: 1 } });
}

export function activations() {
  const forms: ActivationOption[] = ['gelu', 'geluTanh', 'silu', 'softplus', leakyRelu({ slope: 0.2 }), elu()];
  forms.push({ kind: 'leakyRelu', slope: 0.2 }, { kind: 'elu', alpha: 0.5 });
  for (const one of forms) sequential({ input: 4, layers: [dense(3, { activation: one }), activation(one)] });
  activation('softmax', { name: 'output' });
  // @ts-expect-error unknown activation
  activation('swish');
  // @ts-expect-error unknown option
  activation('relu', { units: 3 });
  // @ts-expect-error unknown option
  leakyRelu({ alpha: 0.2 });
  // @ts-expect-error unknown option
  elu({ slope: 0.2 });
  // @ts-expect-error one with a parameter is called
  dense(3, { activation: leakyRelu });
  // @ts-expect-error the slope is needed in plain data
  dense(3, { activation: { kind: 'leakyRelu' } });
}

export async function saving() {
  exactly<Model<'crossEntropy', 'accuracy'>>()(load<'crossEntropy', 'accuracy'>(classifier.save()));
  exactly<Model<LossName, never>>()(load(classifier.save()));
  // @ts-expect-error targets are those of the loss that was named
  load<'meanSquaredError'>(plain.save()).fitSync(x, names);
  // @ts-expect-error no such loss
  load<'hinge'>(plain.save());
  // @ts-expect-error bytes, not a path
  load('model.safetensors');
  // @ts-expect-error save takes no path: saveFile does
  classifier.save('model.safetensors');
  await saveFile('model.safetensors', classifier);
  // @ts-expect-error a model, not its bytes
  await saveFile('model.safetensors', classifier.save());
  using model = load(classifier.save());
  void model;
}

export async function dataSets() {
  const { train } = await readIdx('mnist');
  classifier.fitSync(train.x, train.y);
  const points = spirals({ rows: 10 });
  classifier.fitSync(points.x, points.y);
  const drawn = digits({ rows: 10 });
  classifier.fitSync(drawn.x, drawn.y);
  // @ts-expect-error unknown option
  spirals({ points: 10 });
}

export async function ensembles() {
  const ensemble = bagging(sequential({ input: 4, layers }), { members: 3 }).compile({
    loss: 'crossEntropy',
    metrics: ['accuracy'],
  });
  const history = await ensemble.fit(x, labels, {
    onEpochEnd: ({ member, accuracy }) => console.log(member, accuracy),
  });
  exactly<number | undefined>()(history.outOfBag?.accuracy);
  exactly<readonly number[]>()(history.members[0]?.metrics.accuracy ?? []);
  exactly<number>()((await ensemble.evaluate(x, names)).accuracy);
  // @ts-expect-error the metric was not compiled
  ensemble.evaluateSync(x, labels).rmse;
  // @ts-expect-error targets of a classifier are classes
  ensemble.fitSync(x, new Float32Array(2));
  // @ts-expect-error how many members must be said
  bagging(sequential({ input: 4, layers }), {});
  loadEnsemble<'meanSquaredError'>(ensemble.save()).fitSync(x, new Float32Array(2));
}

export function augmentation() {
  sequential({ input: [2, 2], layers, augment: augment({ rotate: [0, 90], shift: { x: 1 }, noise: 0.1 }) });
  sequential({ input: [2, 2], layers, augment: { flipHorizontal: true, stretch: 0.1 } });
  // @ts-expect-error degrees, or two of them
  augment({ rotate: [1, 2, 3] });
  // @ts-expect-error there is no such change
  augment({ zoom: 0.1 });
}

export function blocks() {
  dropout({ keep: 0.8 });
  dropout({ rate: 0.2, name: 'thin' });
  // @ts-expect-error one of keep and rate
  dropout({});
  // @ts-expect-error not both
  dropout({ keep: 0.8, rate: 0.2 });
  // @ts-expect-error layerNorm has no running statistics
  layerNorm({ momentum: 0.9 });
  const inner = [batchNorm({ momentum: 0.9 }), activation('relu'), dropout({ keep: 0.8 }), dense(4), layerNorm()];
  sequential({ input: 4, layers: [residual([...inner, residual([dense(4)])], { name: 'block' }), ...layers] });
  // @ts-expect-error 'convolution' is no kind of layer
  sequential({ input: 4, layers: [residual([{ kind: 'convolution' }])] });
}

export function updates() {
  const optimizers: Optimizer[] = [
    sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true }),
    ewaMomentum({ alpha: 0.9 }),
    adagrad({ epsilon: 1e-7 }),
    rmsprop({ rho: 0.9, learningRate: exponentialDecay(0.1, { rate: 1e-3 }) }),
    adamw({ weightDecay: 0.1, decayAll: true, learningRate: (t) => 1 / (1 + t) }),
  ];
  const schedules: Schedule[] = [
    stepDecay(0.1, { drop: 0.5, every: 10, per: 'epoch' }),
    inverseTimeDecay(0.1, { rate: 1e-3 }),
    cosineDecay(0.1, { steps: 100, warmup: 5, minimum: 1e-4 }),
    oneCycle(0.1, { steps: 100 }),
    reduceOnPlateau(0.1, { factor: 0.5, patience: 3, monitor: 'val_loss' }),
  ];
  for (const schedule of schedules) exactly<number>()(schedule.at(3));
  const [optimizer = sgd()] = optimizers;
  sequential({ input: 4, layers }).compile({ loss: 'crossEntropy', optimizer, clipNorm: 1, clipValue: 0.5 });
  dense(3, { weightRegularizer: l1(0.1, { proximal: true }), biasRegularizer: l1l2({ l1: 0.1, l2: 0.1 }) });
  dense(3, { weightConstraint: maxNorm(3), trainable: false, learningRateMultiplier: 0.1 });
  // @ts-expect-error there is no `momentum` in adam
  adam({ momentum: 0.9 });
  // @ts-expect-error how often must be said
  stepDecay(0.1, { drop: 0.5 });
  // @ts-expect-error steps or epochs
  stepDecay(0.1, { drop: 0.5, every: 10, per: 'batch' });
  // @ts-expect-error a rate is a number
  sgd({ learningRate: (t: number) => `${t}` });
  // @ts-expect-error both strengths are needed
  l1l2({ l1: 0.1 });
  // @ts-expect-error a constraint is needed, not its limit
  dense(3, { weightConstraint: 3 });
  // @ts-expect-error schedules are not written to
  schedules[0].learningRate = 3;
}

// data sets: their targets must fit the loss, and a file's targets follow from where they are
const rowsOfBytes: Dataset<Uint8Array> = { rows: 9, read: (_, count) => ({ x, y: new Uint8Array(count) }) };
const rowsOfValues: Dataset<Float32Array> = { rows: 9, read: async (_, count) => ({ x, y: new Float32Array(count) }) };
const ofClasses: Dataset<Int32Array> = await openRows('rows', { columns: 4, targets: 'class' });
const ofValues: Dataset<Float32Array> = await openRows('rows', { columns: 4, targets: 2 });
const ofNames: Dataset<readonly string[]> = await openRows('rows', { columns: 4, targets: names });
const ofBytes: Dataset<Uint8Array> = await openRows('rows', { columns: 4, targets: { path: 'labels', type: 'uint8' } });
void [ofNames, ofBytes];
await classifier.fit(rowsOfBytes, { epochs: 2, validationData: ofClasses, validationSplit: { tail: 0.1 } });
await classifier.fit(x, labels, { validationData: rowsOfBytes });
await classifier.fit(rowsOfBytes, { validationData: [x, labels] });
await regressor.fit(rowsOfValues);
await regressor.fit(ofValues);
classifier.fitSync(ofNames);
classifier.evaluateSync(rowsOfBytes);
const datasetLogs = await classifier.evaluate(rowsOfBytes);
datasetLogs.accuracy satisfies number;
for await (const { accuracy } of classifier.train(rowsOfBytes)) accuracy satisfies number;
// @ts-expect-error values are no classes
await classifier.fit(rowsOfValues);
// @ts-expect-error nor in validation data
await classifier.fit(rowsOfBytes, { validationData: rowsOfValues });
// @ts-expect-error names are no values
await regressor.fit(ofNames);
// @ts-expect-error a data set comes with its targets
await classifier.fit(rowsOfBytes, labels);
// @ts-expect-error the same for evaluate
await classifier.evaluate(rowsOfBytes, labels);
// @ts-expect-error predict takes rows, not a data set
classifier.predict(rowsOfBytes);
const someModels = bagging(sequential({ input: 4, layers }), { members: 2 }).compile({ loss: 'crossEntropy' });
// @ts-expect-error an ensemble needs its rows in memory
await someModels.fit(rowsOfBytes);
// @ts-expect-error a block needs targets
const withoutTargets: Dataset<Uint8Array> = { rows: 9, read: () => ({ x }) };
void withoutTargets;
// @ts-expect-error targets must be somewhere
await openRows('rows', { columns: 4 });
// @ts-expect-error there are two types of values
await openRows('rows', { columns: 4, type: 'float64', targets: 'class' });
