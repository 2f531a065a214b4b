/**
 * Augmentation of images: every row of a batch is an image [height, width, channels], and each is seen through a random
 * affine map of its own, a new one in every step. Simard, Steinkraus, Platt, "Best Practices for Convolutional Neural
 * Networks Applied to Visual Document Analysis" (ICDAR 2003).
 *
 * Coordinates (x to the right, y down, in pixels) are from the centre of the image. An image is flipped, then stretched,
 * then rotated counterclockwise by θ, then shifted; F, Z and R are the matrices of the first three, s the shift:
 *
 *     out = R Z F in + s        so a pixel of the result comes from        in = F Z⁻¹ R⁻¹ (out − s)
 *
 *     row of maps   [a, b, e, c, d, f]       x_in = a x_out + b y_out + e,   y_in = c x_out + d y_out + f
 *
 * The random numbers u of row i are words 0 … 6 of stream i, as random.ts counts them:
 *
 *     counter (⌊j/4⌋, i, step, AUGMENT_DOMAIN)   j: 0 flip horizontally, 1 vertically (u < ½), 2 angle,
 *                                                   3, 4 stretch along x, y,  5, 6 shift along x, y
 *
 * Each quantity has its word whether it is used or not, so that one option does not change what another one does.
 */
import { AUGMENT_DOMAIN, Flag, NOISE_DOMAIN } from './abi';
import { SimdMath } from './math';
import { addNormal, uniform } from './random';
import { Simd } from './simd';
import { Share } from './thread';

/** Random numbers of an image: seven, in whole counters. */
const DRAWS = 8;
/** Values of a map. */
const MAP = 6;

/** ±amount: uniform on [−amount, amount). */
function around(amount: f32, u: f32): f32 {
  return amount * (u + u - 1);
}

/**
 * maps[i] ← the random map of row i. maps: [m, 6]. The angle is uniform between `from` and `to` (turns, −1 to 1), the
 * stretch along x between 1 − stretchX and 1 + stretchX, the shift between ±shiftX; flips where the flag is set. Uses 8
 * values of `scratch`. Parallel over rows.
 */
export function randomMap(
  flags: i32,
  maps: usize,
  m: i32,
  seedLow: u32,
  seedHigh: u32,
  step: u32,
  from: f32,
  to: f32,
  stretchX: f32,
  stretchY: f32,
  shiftX: f32,
  shiftY: f32,
  scratch: usize,
  thread: i32,
  threads: i32,
): void {
  const end = Share.start(m, 1, thread + 1, threads);
  for (let i = Share.start(m, 1, thread, threads); i < end; i++) {
    uniform(scratch, DRAWS, <u32>i, seedLow, seedHigh, step, AUGMENT_DOMAIN, 0, 1, 0, 1);
    const mirrorX: f32 = flags & Flag.FlipHorizontal && load<f32>(scratch) < 0.5 ? -1 : 1;
    const mirrorY: f32 = flags & Flag.FlipVertical && load<f32>(scratch, 4) < 0.5 ? -1 : 1;
    const turn = from + (to - from) * load<f32>(scratch, 8);
    const perX = mirrorX / (1 + around(stretchX, load<f32>(scratch, 12)));
    const perY = mirrorY / (1 + around(stretchY, load<f32>(scratch, 16)));
    const dx = around(shiftX, load<f32>(scratch, 20));
    const dy = around(shiftY, load<f32>(scratch, 24));
    const size = f32x4.splat(abs<f32>(turn));
    const cos = f32x4.extract_lane(SimdMath.cosTwoPi(size), 0);
    const sin = copysign<f32>(1, turn) * f32x4.extract_lane(SimdMath.sinTwoPi(size), 0);
    const a = perX * cos;
    const b = -perX * sin;
    const c = perY * sin;
    const d = perY * cos;
    const map = maps + ((<usize>i * MAP) << 2);
    store<f32>(map, a);
    store<f32>(map, b, 4);
    store<f32>(map, -(a * dx + b * dy), 8);
    store<f32>(map, c, 12);
    store<f32>(map, d, 16);
    store<f32>(map, -(c * dx + d * dy), 20);
  }
}

/**
 * y[i] = x[i] through maps[i]: bilinear between the four pixels around the place that the map names, 0 outside of the
 * image. x, y: [m, n], n = height · width · channels; maps: [m, 6]. A map that changes nothing copies. Parallel over rows.
 */
export function warp(
  x: usize,
  maps: usize,
  y: usize,
  m: i32,
  n: i32,
  width: i32,
  channels: i32,
  thread: i32,
  threads: i32,
): void {
  const end = Share.start(m, 1, thread + 1, threads);
  for (let i = Share.start(m, 1, thread, threads); i < end; i++) {
    const map = maps + ((<usize>i * MAP) << 2);
    const offset = (<usize>i * n) << 2;
    if (isIdentity(map)) memory.copy(y + offset, x + offset, (<usize>n) << 2);
    else warpImage(x + offset, map, y + offset, n / (width * channels), width, channels);
  }
}

/** Whether a map leaves every pixel where it is; −0 counts as 0. */
function isIdentity(map: usize): bool {
  const straight = load<f32>(map) === 1 && load<f32>(map, 4) === 0 && load<f32>(map, 8) === 0;
  return straight && load<f32>(map, 12) === 0 && load<f32>(map, 16) === 1 && load<f32>(map, 20) === 0;
}

/** One image, four pixels of a line at a time. */
function warpImage(x: usize, map: usize, y: usize, height: i32, width: i32, channels: i32): void {
  const a = f32x4.splat(load<f32>(map));
  const b = load<f32>(map, 4);
  const c = f32x4.splat(load<f32>(map, 12));
  const d = load<f32>(map, 16);
  const middleX: f32 = 0.5 * <f32>(width - 1);
  const middleY: f32 = 0.5 * <f32>(height - 1);
  const one = f32x4.splat(1);
  const stride = i32x4.splat(width);
  for (let row = 0; row < height; row++) {
    const fromCentre = <f32>row - middleY;
    const startX = f32x4.splat(b * fromCentre + load<f32>(map, 8));
    const startY = f32x4.splat(d * fromCentre + load<f32>(map, 20));
    for (let column = 0; column < width; column += 4) {
      const places = f32x4.sub(
        f32x4.convert_i32x4_s(i32x4.add(i32x4.splat(column), i32x4(0, 1, 2, 3))),
        f32x4.splat(middleX),
      );
      const sourceX = f32x4.add(f32x4.add(f32x4.mul(a, places), startX), f32x4.splat(middleX));
      const sourceY = f32x4.add(f32x4.add(f32x4.mul(c, places), startY), f32x4.splat(middleY));
      const floorX = f32x4.floor(sourceX);
      const floorY = f32x4.floor(sourceY);
      const right = f32x4.sub(sourceX, floorX);
      const lower = f32x4.sub(sourceY, floorY);
      const x0 = i32x4.trunc_sat_f32x4_s(floorX);
      const y0 = i32x4.trunc_sat_f32x4_s(floorY);
      const x1 = i32x4.add(x0, i32x4.splat(1));
      const y1 = i32x4.add(y0, i32x4.splat(1));
      const line0 = i32x4.mul(Pixels.clamp(y0, height), stride);
      const line1 = i32x4.mul(Pixels.clamp(y1, height), stride);
      const column0 = Pixels.clamp(x0, width);
      const column1 = Pixels.clamp(x1, width);
      const insideX0 = Pixels.inside(x0, width);
      const insideX1 = Pixels.inside(x1, width);
      const insideY0 = Pixels.inside(y0, height);
      const insideY1 = Pixels.inside(y1, height);
      for (let channel = 0; channel < channels; channel++) {
        const source = x + ((<usize>channel) << 2);
        const p00 = v128.and(Pixels.load(source, i32x4.add(line0, column0), channels), v128.and(insideY0, insideX0));
        const p01 = v128.and(Pixels.load(source, i32x4.add(line0, column1), channels), v128.and(insideY0, insideX1));
        const p10 = v128.and(Pixels.load(source, i32x4.add(line1, column0), channels), v128.and(insideY1, insideX0));
        const p11 = v128.and(Pixels.load(source, i32x4.add(line1, column1), channels), v128.and(insideY1, insideX1));
        const left = f32x4.sub(one, right);
        const above = f32x4.add(f32x4.mul(p00, left), f32x4.mul(p01, right));
        const below = f32x4.add(f32x4.mul(p10, left), f32x4.mul(p11, right));
        const value = f32x4.add(f32x4.mul(above, f32x4.sub(one, lower)), f32x4.mul(below, lower));
        const target = y + ((<usize>((row * width + column) * channels + channel)) << 2);
        Pixels.store(target, value, min<i32>(width - column, 4), channels);
      }
    }
  }
}

/** Four pixels in the lanes. */
class Pixels {
  /** Positions brought into 0 … size − 1. */
  @inline static clamp(position: v128, size: i32): v128 {
    return i32x4.min_s(i32x4.max_s(position, i32x4.splat(0)), i32x4.splat(size - 1));
  }
  /** All ones where 0 ≤ position < size. */
  @inline static inside(position: v128, size: i32): v128 {
    return i32x4.lt_u(position, i32x4.splat(size));
  }
  /** One channel of the pixels with these numbers. */
  @inline static load(source: usize, numbers: v128, channels: i32): v128 {
    let value = v128.load32_zero(source + ((<usize>(i32x4.extract_lane(numbers, 0) * channels)) << 2));
    value = v128.load32_lane(source + ((<usize>(i32x4.extract_lane(numbers, 1) * channels)) << 2), value, 1);
    value = v128.load32_lane(source + ((<usize>(i32x4.extract_lane(numbers, 2) * channels)) << 2), value, 2);
    return v128.load32_lane(source + ((<usize>(i32x4.extract_lane(numbers, 3) * channels)) << 2), value, 3);
  }
  /** Stores one channel of the first `count` pixels from `target` on. */
  @inline static store(target: usize, value: v128, count: i32, channels: i32): void {
    if (channels === 1) {
      if (count === 4) v128.store(target, value);
      else Simd.storePartial(target, value, count);
      return;
    }
    const stride = (<usize>channels) << 2;
    v128.store32_lane(target, value, 0);
    if (count > 1) v128.store32_lane(target + stride, value, 1);
    if (count > 2) v128.store32_lane(target + 2 * stride, value, 2);
    if (count > 3) v128.store32_lane(target + 3 * stride, value, 3);
  }
}

/**
 * y = x + normal numbers of that deviation, element i from counter (⌊i/4⌋, 0, step, NOISE_DOMAIN) as in random.ts.
 * x, y: [n]; y may be x. Parallel over elements.
 */
export function noise(
  x: usize,
  y: usize,
  n: i32,
  seedLow: u32,
  seedHigh: u32,
  step: u32,
  deviation: f32,
  thread: i32,
  threads: i32,
): void {
  addNormal(x, y, n, 0, seedLow, seedHigh, step, NOISE_DOMAIN, deviation, thread, threads);
}
