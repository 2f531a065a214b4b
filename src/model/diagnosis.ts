/** What a diagnosis says, as plain data; src/model/diagnose.ts makes it, docs/diagnostics.md defines every quantity. */

/** Outputs of a layer over a batch, all rows and units together. */
export interface Activations {
  /** Their mean, in the units of the outputs. */
  readonly mean: number;
  /** Biased: the mean of (value − mean)². */
  readonly variance: number;
}

/** What a training step would do to a layer. Values of a network that has left the finite numbers are not finite either. */
export interface LayerDiagnosis {
  /** `dense0`; of a layer inside a block `residual2.dense0`. */
  readonly name: string;
  /** ‖∂J/∂θ‖ over the layer's parameters, before clipping; undefined for a layer without parameters. */
  readonly gradientNorm: number | undefined;
  /**
   * ‖Δθ‖/‖θ‖ of the update that would follow, clipping and all; 0 for a frozen layer and for an update that is forbidden
   * because a value is not finite. Undefined without parameters, and where all of them are 0.
   */
  readonly updateRatio: number | undefined;
  /** What its outputs look like. */
  readonly activation: Activations;
  /**
   * Share of the outputs where the derivative of the activation is below 1 % of its largest: of sigmoid, tanh, elu and
   * softplus; undefined for others.
   */
  readonly saturation: number | undefined;
  /** Share of the units that are 0 on every row: of relu; undefined for others. */
  readonly deadUnits: number | undefined;
}

/** What `model.diagnose` returns, and `fit` with `diagnostics: true` once per epoch. Plain data. */
export interface Diagnosis {
  /** Rows of the batch that was looked at. */
  readonly rows: number;
  /** Every layer in order, each block in front of the layers inside it. */
  readonly layers: readonly LayerDiagnosis[];
  /** What is wrong and what may help, in plain words, one sentence each; empty for a healthy network. */
  readonly warnings: readonly string[];
}

/** What a diagnosis needs to know beside the batch that its program is bound to. */
export interface DiagnosisFacts {
  readonly rows: number;
  /** The learning rate of the update. */
  readonly rate: number;
  /** Rows that there are to train on; undefined where nobody knows. */
  readonly trainingRows: number | undefined;
}
