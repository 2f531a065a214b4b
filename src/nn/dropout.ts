import { checkOptions, refuse } from '../errors.js';
import { checkName, type LayerChecks, type LayerForward } from './layer.js';

/** Options of `dropout`: one of `keep` and `rate`, and perhaps a name. */
export type DropoutOptions = {
  /** Name in listings and messages. Default: kind and position, `dropout1`. */
  readonly name?: string;
} & (
  | {
      /** Probability of being kept, above 0 up to 1. */
      readonly keep: number;
      /** Not beside `keep`. */
      readonly rate?: never;
    }
  | {
      /** The same the other way round, 1 − keep, as Keras and PyTorch have it: from 0 to less than 1. */
      readonly rate: number;
      /** Not beside `rate`. */
      readonly keep?: never;
    }
);

/** A dropout layer, as plain data. */
export interface DropoutLayer {
  /** Made by `dropout`. */
  readonly kind: 'dropout';
  /** The probability that a value is kept, above 0 up to 1. */
  readonly keep: number;
  /** Name in listings and messages. Default: kind and position, `dropout1`. */
  readonly name?: string;
}

/**
 * Inverted dropout: in training every value is kept with probability `keep`, and then divided by it, or becomes 0; a new
 * mask for every example and step. At prediction and evaluation nothing happens. As the first layer it drops inputs.
 * Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov 2014; Goodfellow, Bengio, Courville, Deep Learning, 7.12.
 *
 * @throws ArgumentError for both or neither of them, one that is out of range, or an unknown option.
 */
export function dropout(options: DropoutOptions): DropoutLayer {
  if (typeof options !== 'object' || options === null) {
    refuse('dropout', 'options with `keep` or `rate` are needed', options, 'write dropout({ keep: 0.8 }).');
  }
  checkOptions('dropout', options, ['keep', 'rate', 'name']);
  const { keep, rate, name } = options;
  if ((keep === undefined) === (rate === undefined)) {
    const help = 'dropout({ keep: 0.8 }) and dropout({ rate: 0.2 }) are the same.';
    refuse('dropout', 'one of `keep` and `rate` is needed', { keep, rate }, help);
  }
  if (rate !== undefined && !(typeof rate === 'number' && rate >= 0 && rate < 1)) {
    refuse('dropout', '`rate` must be a number from 0 up to, but not including, 1', rate);
  }
  const layer: DropoutLayer = {
    kind: 'dropout',
    keep: keep ?? 1 - (rate as number),
    ...(name !== undefined && { name }),
  };
  dropoutChecks.check(layer, 'dropout');
  return layer;
}

/** What dropout layers compute. */
export const dropoutForward: LayerForward<DropoutLayer> = {
  outputs: (_, inputs) => inputs,

  parameters: () => [],

  stages({ keep }, mode) {
    if (mode === 'evaluate' || keep === 1) return [];
    return [
      {
        build: (b, x) => ({
          output: b.dropout(x, keep), //                        y = mask · x / keep
          backward: (gradient) => b.dropout(gradient, keep), // dx = mask · dy / keep, with the same mask
        }),
      },
    ];
  },
};

/** How options of dropout layers are checked, and what is said of them. */
export const dropoutChecks: LayerChecks<DropoutLayer> = {
  check(layer, where) {
    checkOptions(where, layer, ['kind', 'keep', 'name']);
    const { keep } = layer;
    if (!(typeof keep === 'number' && keep > 0 && keep <= 1)) {
      refuse(where, '`keep` must be a probability above 0, at most 1', keep, 'it is the share that stays, 1 − rate.');
    }
    checkName(where, layer.name);
  },

  describe: ({ keep }) => `dropout, keep ${keep}`,
};
