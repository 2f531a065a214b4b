import { checkNumber, checkOptions, refuse } from '../errors.js';

/** A quantity along x and along y. @inline */
export interface PerAxis {
  /** Along the width: to the side. */
  readonly x: number;
  /** Along the height: up or down. */
  readonly y: number;
}

/** What `augment` takes; everything is off by default. */
export interface AugmentOptions {
  /** Mirrors left and right, with probability ½. Default: false. */
  readonly flipHorizontal?: boolean;
  /** Mirrors top and bottom, with probability ½. Default: false. */
  readonly flipVertical?: boolean;
  /** Degrees, counterclockwise: `15` turns by −15 to 15, `[0, 90]` by 0 to 90. At most 360 either way. Default: 0. */
  readonly rotate?: number | readonly [number, number];
  /** `0.1` makes images 0.9 to 1.1 times as wide, and independently as high; or `{ x, y }`. From 0 to 0.9. Default: 0. */
  readonly stretch?: number | Partial<PerAxis>;
  /**
   * Pixels: `2` moves images by −2 to 2 to the side, and independently up or down; or `{ x, y }`. From 0 to the size of the
   * images. Default: 0.
   */
  readonly shift?: number | Partial<PerAxis>;
  /** Standard deviation of the normal noise on every value, at least 0, in units of the inputs. Default: 0. */
  readonly noise?: number;
}

const NAMES = [
  'flipHorizontal',
  'flipVertical',
  'rotate',
  'stretch',
  'shift',
  'noise',
] as const satisfies readonly (keyof AugmentOptions)[];

/** The most by which images may grow or shrink: a tenth of the size is left. */
const MOST_STRETCH = 0.9;

/** Augmentation as plain data, every option in full. */
export interface Augmentation {
  /** Whether left and right are mirrored, with probability ½. */
  readonly flipHorizontal: boolean;
  /** Whether top and bottom are mirrored, with probability ½. */
  readonly flipVertical: boolean;
  /** Least and largest angle in degrees, counterclockwise. */
  readonly rotate: readonly [number, number];
  /** The most by which images become wider (x) or higher (y), or less so, as a share of their size. */
  readonly stretch: PerAxis;
  /** The most by which images move, in pixels. */
  readonly shift: PerAxis;
  /** Standard deviation of the normal noise on every value, in units of the inputs. */
  readonly noise: number;
}

/**
 * Shows every training image in another way in every step: flipped, then stretched, then rotated about its centre, then
 * shifted, each by a random amount of its own; then noise is added. Pixels are interpolated bilinearly, and 0 outside of
 * the image. It happens in training only, on the inputs as they come: in front of `standardize`, which is fitted on the
 * images themselves. Goodfellow, Bengio, Courville, Deep Learning, 7.4; Simard, Steinkraus, Platt 2003.
 *
 * @example
 * sequential({ input: [28, 28], augment: augment({ rotate: 10, shift: 2 }), standardize: true, layers: […] })
 *
 * @throws ArgumentError for unknown options and values out of range. That the inputs are images is checked by `sequential`.
 */
export function augment(options: AugmentOptions): Augmentation {
  const where = 'augment';
  checkOptions(where, options, NAMES);
  const { flipHorizontal = false, flipVertical = false, rotate = 0, stretch = 0, shift = 0, noise = 0 } = options;
  for (const [name, value] of Object.entries({ flipHorizontal, flipVertical })) {
    if (typeof value !== 'boolean') refuse(where, `\`${name}\` must be true or false`, value);
  }
  checkNumber(where, 'noise', noise, 0);
  if (!Number.isFinite(Math.fround(noise * 6)))
    refuse(where, '`noise` must be a deviation that float32 can hold', noise);
  return {
    flipHorizontal,
    flipVertical,
    rotate: angles(where, rotate),
    stretch: perAxis(where, 'stretch', stretch, MOST_STRETCH),
    shift: perAxis(where, 'shift', shift),
    noise,
  };
}

function angles(where: string, rotate: unknown): readonly [number, number] {
  if (typeof rotate === 'number') {
    checkNumber(where, 'rotate', rotate, 0, 360);
    return [-rotate, rotate];
  }
  if (!Array.isArray(rotate) || rotate.length !== 2) {
    refuse(where, '`rotate` must be degrees, or [from, to] in degrees', rotate);
  }
  const [from, to] = rotate as [unknown, unknown];
  checkNumber(where, 'rotate, from', from, -360, 360);
  checkNumber(where, 'rotate, to', to, -360, 360);
  if (from > to) refuse(where, '`rotate` must go from the lesser angle to the larger one', rotate);
  return [from, to];
}

function perAxis(where: string, name: string, value: unknown, most?: number): PerAxis {
  if (typeof value === 'object' && value !== null) {
    checkOptions(`${where}, ${name}`, value, ['x', 'y']);
    const { x = 0, y = 0 } = value as Partial<PerAxis>;
    checkNumber(`${where}, ${name}`, 'x', x, 0, most);
    checkNumber(`${where}, ${name}`, 'y', y, 0, most);
    return { x, y };
  }
  checkNumber(where, name, value, 0, most);
  return { x: value, y: value };
}

/** The size of the images that rows are. */
interface ImageShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** Augmentation of images of a known size. */
export interface ImageAugmentation extends Augmentation, ImageShape {}

/**
 * Augmentation of the images of an input shape.
 * @throws ArgumentError where rows are no images, or shifted out of sight; and as `augment`.
 */
export function augmentationOf(input: number | readonly number[], options: AugmentOptions): ImageAugmentation {
  const augmentation = augment(options);
  const { shift } = augmentation;
  const where = 'sequential, augment';
  if (typeof input === 'number' || input.length < 2) {
    const help = 'give the shape of an image, input: [28, 28] or input: [32, 32, 3].';
    refuse(where, 'inputs must be images', input, help);
  }
  const [height = 1, width = 1, channels = 1] = input;
  checkNumber(where, 'shift along x', shift.x, 0, width);
  checkNumber(where, 'shift along y', shift.y, 0, height);
  return { ...augmentation, height, width, channels };
}

/** Whether images are moved at all, by more than noise. */
export function moves({ flipHorizontal, flipVertical, rotate, stretch, shift }: Augmentation): boolean {
  return flipHorizontal || flipVertical || [...rotate, stretch.x, stretch.y, shift.x, shift.y].some((n) => n !== 0);
}
