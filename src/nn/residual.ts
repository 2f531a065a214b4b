import { checkOptions, refuse } from '../errors.js';
import type { Pass } from './activations.js';
import { type AnyLayer, checkName, type LayerChecks, type LayerForward } from './layer.js';

/** A residual block of layers L, as plain data. */
export interface ResidualLayer<L extends AnyLayer = AnyLayer> {
  /** Made by `residual`. */
  readonly kind: 'residual';
  /** f, one layer after another, one at least; as wide at its end as the block's input. */
  readonly layers: readonly L[];
  /** Name in `parameters()`, listings and messages. Default: kind and position, `residual2`. */
  readonly name?: string;
}

/**
 * A residual block, y = x + f(x) with f the given layers one after another (He, Zhang, Ren, Sun 2016). The gradient
 * reaches x past f, so that depth does not wear it out. f must be as wide at its end as x. Its parameters go by names
 * such as `residual2.dense0.weight`.
 * @param layers f, one at least
 * @param options.name name in `parameters()`, listings and messages; default: kind and position, `residual2`
 * @throws ArgumentError for no layers, an unknown option, or a name that cannot be one. Widths are checked by `sequential`,
 * which knows them.
 */
export function residual<L extends AnyLayer>(
  layers: readonly L[],
  options: { readonly name?: string } = {},
): ResidualLayer<L> {
  checkOptions('residual', options, ['name']);
  const { name } = options;
  const layer: ResidualLayer<L> = { kind: 'residual', layers, ...(name !== undefined && { name }) };
  residualChecks.check(layer, 'residual');
  return layer;
}

/** What residual blocks compute. */
export const residualForward: LayerForward<ResidualLayer> = {
  outputs: (_, inputs) => inputs,

  parameters: () => [],

  inner: ({ layers }) => layers,

  stages: (_, __, inner) => [
    {
      build(b, x) {
        const passes: Pass[] = [];
        let h = x;
        for (const stage of inner) {
          const pass = stage.build(b, h);
          passes.push(pass);
          h = pass.output;
        }
        return {
          output: b.add(x, h), // y = x + f(x)
          backward(gradient) {
            let flowing = gradient;
            for (const pass of [...passes].reverse()) flowing = pass.backward(flowing);
            return b.add(gradient, flowing); // dx = dy + df/dxᵀ dy
          },
          afterUpdate() {
            for (const pass of passes) pass.afterUpdate?.();
          },
        };
      },
    },
  ],
};

/** How options of residual blocks are checked, and what is said of them. */
export const residualChecks: LayerChecks<ResidualLayer> = {
  check(layer, where) {
    checkOptions(where, layer, ['kind', 'layers', 'name']);
    if (!Array.isArray(layer.layers) || layer.layers.length === 0) {
      refuse(where, '`layers` must be an array of at least one layer', layer.layers);
    }
    checkName(where, layer.name);
  },

  checkWidths(where, inputs, outputs) {
    if (inputs === outputs) return;
    refuse(
      where,
      'a residual block must end as wide as it begins',
      `${inputs} values in, ${outputs} out`,
      `end the block with dense(${inputs}), or put dense(${outputs}) in front of it.`,
    );
  },

  describe: ({ layers }) => `residual block of ${layers.length} ${layers.length === 1 ? 'layer' : 'layers'}`,
};
