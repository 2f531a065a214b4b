/** `--augment rotate:15,flip-h,shift:2,stretch:0.1,noise:0.05`: how training images are changed. */
import { suggest } from '../errors.js';
import { type Augmentation, type AugmentOptions, augment } from '../index.js';
import { fail } from './arguments.js';
import { usable } from './named.js';

/** The changes that are there or not. */
const SWITCHES: Readonly<Record<string, keyof AugmentOptions>> = {
  'flip-h': 'flipHorizontal',
  'flip-v': 'flipVertical',
};

/** The changes by an amount. */
const AMOUNTS = ['rotate', 'shift', 'stretch', 'noise'] as const satisfies readonly (keyof AugmentOptions)[];

/** Every change, for the help text. */
export const AUGMENT_HELP =
  'rotate:DEGREES, shift:PIXELS, stretch:SHARE, noise:SHARE of the full brightness, flip-h, flip-v';

/** Images of the command are bytes. */
const FULL_BRIGHTNESS = 255;

/** Reads the flag. @throws ArgumentError for an unknown change and for an amount that cannot be used, in one sentence. */
export function readAugmentation(verb: string, text: string): Augmentation {
  const options: Record<string, boolean | number> = {};
  for (const change of text.split(',')) {
    const [, name = '', colon, amount = ''] = /^([^:]*)(:?)(.*)$/.exec(change) ?? [];
    const flip = Object.hasOwn(SWITCHES, name) ? SWITCHES[name] : undefined;
    const known = AMOUNTS.find((one) => one === name);
    const key = flip ?? known;
    if (key && Object.hasOwn(options, key)) return fail(verb, `\`--augment\` has \`${name}\` twice.`);
    if (flip) {
      if (colon) return fail(verb, `\`${name}\` of \`--augment\` takes no value, and here it is \`${change}\`.`);
      options[flip] = true;
    } else if (known) {
      if (amount.trim() === '') return fail(verb, `\`${name}\` of \`--augment\` needs a value, as in \`${name}:0.1\`.`);
      options[known] = Number(amount) * (known === 'noise' ? FULL_BRIGHTNESS : 1);
    } else {
      return fail(verb, `unknown \`--augment ${name}\`: ${suggest(name, [...Object.keys(SWITCHES), ...AMOUNTS])}`);
    }
  }
  return usable(verb, 'augment', text, () => augment(options));
}
