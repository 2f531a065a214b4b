/** What a model with two inputs answers everywhere in the plane, with the test rows on top. */
import { counted, figure } from './format.js';
import { type Html, html } from './html.js';
import { pngAddress } from './png.js';

/** Points with their classes, and how to ask the model about others. */
export interface Plane {
  /** x, y of each point, one after another. */
  readonly points: Float32Array;
  readonly labels: ArrayLike<number>;
  readonly predictions: ArrayLike<number>;
  readonly classes: readonly string[];
  /** Probabilities `[points, classes]` for x, y pairs. */
  predict(points: Float32Array): Float32Array;
}

/** Side of the picture in pixels of the background, and in units of the drawing. */
const PIXELS = 240;
const SIDE = 480;
/** Colours of the classes, told apart by eyes of every kind (Okabe and Ito, Color universal design, 2008). */
const COLORS = [
  [0, 114, 178],
  [213, 94, 0],
  [0, 158, 115],
  [204, 121, 167],
  [230, 159, 0],
  [86, 180, 233],
] as const;
/** Opacity of the background where the model is sure. */
const OPACITY = 110;

interface Frame {
  readonly left: number;
  readonly top: number;
  readonly size: number;
}

/** Least and greatest of every second value from `axis` on. */
function extent(points: Float32Array, axis: 0 | 1): [least: number, most: number] {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = axis; i < points.length; i += 2) {
    least = Math.min(least, points[i] as number);
    most = Math.max(most, points[i] as number);
  }
  return [least, most];
}

/** A square around all points, with a margin. y grows upwards. */
function frameOf(points: Float32Array): Frame {
  const [left, right] = extent(points, 0);
  const [bottom, top] = extent(points, 1);
  const size = 1.08 * Math.max(right - left, top - bottom, 1e-6);
  return { left: (left + right - size) / 2, top: (bottom + top + size) / 2, size };
}

/** The background: the likeliest class as colour, how likely as opacity. */
function background({ left, top, size }: Frame, plane: Plane): string {
  const grid = new Float32Array(PIXELS * PIXELS * 2);
  for (let i = 0; i < PIXELS * PIXELS; i++) {
    grid[2 * i] = left + (((i % PIXELS) + 0.5) / PIXELS) * size;
    grid[2 * i + 1] = top - ((Math.floor(i / PIXELS) + 0.5) / PIXELS) * size;
  }
  const count = plane.classes.length;
  const probabilities = plane.predict(grid);
  const pixels = new Uint8Array(PIXELS * PIXELS * 4);
  for (let i = 0; i < PIXELS * PIXELS; i++) {
    const row = probabilities.subarray(i * count, (i + 1) * count);
    const confidence = Math.max(...row);
    const color = COLORS[row.indexOf(confidence) % COLORS.length] as (typeof COLORS)[number];
    const certainty = count > 1 ? (confidence - 1 / count) / (1 - 1 / count) : 1;
    pixels.set([...color, Math.round(OPACITY * certainty)], i * 4);
  }
  return pngAddress(pixels, PIXELS, PIXELS, 4);
}

/** The plane as a drawing with a legend. */
export function planeFigure(plane: Plane): Html {
  const { points, labels, predictions, classes } = plane;
  const frame = frameOf(points);
  const place = (value: number) => ((value / frame.size) * SIDE).toFixed(1);
  const wrong = Array.from(labels, (label, i) => label !== predictions[i]);
  const dots = Array.from(labels, (label, i) => {
    const [x, y] = [points[2 * i] as number, points[2 * i + 1] as number];
    const at = html`cx="${place(x - frame.left)}" cy="${place(frame.top - y)}"`;
    const color = html`rgb(${(COLORS[label % COLORS.length] as readonly number[]).join(' ')})`;
    if (!wrong[i]) return html`<circle ${at} r="3" fill="${color}"/>`;
    const title = `(${figure(x)}, ${figure(y)}) is ${classes[label] as string}, taken for ${classes[predictions[i] as number] as string}`;
    return html`<circle ${at} r="6" class="missed" fill="${color}"><title>${title}</title></circle>`;
  });
  const errors = wrong.filter(Boolean).length;
  const words = `The plane coloured by the class that the model answers, with ${counted(labels.length, 'test point')}, ${errors} of them wrong`;
  const keys = classes.map((name, c) => {
    const color = (COLORS[c % COLORS.length] as readonly number[]).join(' ');
    return html`<span class="key"><i class="dot" style="background:rgb(${color})"></i>class ${name}</span>`;
  });
  return html`<p class="note">Background: what the model answers there, the fainter the less certain. Dots: the test points.</p>
<figure class="card plane">
<svg viewBox="0 0 ${SIDE} ${SIDE}" role="img" aria-label="${words}">
<image href="${background(frame, plane)}" width="${SIDE}" height="${SIDE}" preserveAspectRatio="none"/>
${dots}
</svg>
<figcaption>${keys}<span class="key"><i class="dot missed"></i>wrong</span></figcaption>
</figure>`;
}
