/** Pictures of the course: panels by Observable Plot on a document without a browser, side by side in one SVG file. */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { figure as written } from '../report/format.js';
import { escapeHtml } from '../report/html.js';
import { pngAddress } from '../report/png.js';

/** How every picture of the course begins: what the command recognizes its own files by. */
export const PICTURE_MARK = '<!-- picture of lanegrad -->';

/** Colours of lines and classes, told apart by eyes of every kind (Okabe and Ito, Color universal design, 2008). */
const COLORS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#b8860b', '#56b4e9', '#444444'] as const;

/** The colour of the i-th thing. */
export function color(i: number): string {
  return COLORS[i % COLORS.length] as string;
}

const INK = '#222222';
const SOFT = '#666666';
const GRID = '#e4e4e4';
const FONT = 'system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif';

/** A rectangle of a picture. */
export interface Panel {
  readonly title: string;
  readonly width: number;
  readonly height: number;
  /** SVG, from the panel's own left and top. */
  readonly content: string;
  readonly keys: readonly Key[];
}

/** An entry of a legend. */
export interface Key {
  readonly name: string;
  readonly color: string;
  readonly dashed?: boolean;
}

/** How an axis is drawn. */
export interface Axis {
  readonly label: string;
  readonly type?: 'linear' | 'log' | 'band';
  readonly domain?: readonly (number | string)[];
  readonly ticks?: number | readonly number[];
  /** Default: four significant digits. */
  format?(value: number): string;
}

/** A chart of any marks of Observable Plot. */
export interface ChartOptions {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly marks: readonly Plot.Markish[];
  readonly keys?: readonly Key[];
  readonly width?: number;
  readonly height?: number;
  readonly marginLeft?: number;
}

/** Width and height of a panel, unless it says otherwise. */
const WIDTH = 400;
const HEIGHT = 280;

function scale({ type, domain }: Axis) {
  return { ...(type && { type }), ...(domain && { domain: [...domain] }) };
}

/** Figures on a logarithmic axis: short, and powers of ten as such. */
function powers(value: number): string {
  return value >= 0.01 && value < 1e5 ? written(value) : value.toExponential().replace('e+', 'e');
}

function ticksOf({ ticks }: Axis) {
  return ticks === undefined ? {} : { ticks: typeof ticks === 'number' ? ticks : [...ticks] };
}

function tickOptions(axis: Axis) {
  const { type, format } = axis;
  return type === 'band' ? {} : { ...ticksOf(axis), tickFormat: format ?? (type === 'log' ? powers : written) };
}

/** A panel with axes. */
export function chart({ title, x, y, marks, keys = [], ...size }: ChartOptions): Panel {
  const { width = WIDTH, height = HEIGHT, marginLeft = 62 } = size;
  const { document } = parseHTML('<!doctype html><html></html>');
  const drawing = Plot.plot({
    document,
    width,
    height,
    marginLeft,
    marginRight: 18,
    marginTop: 14,
    marginBottom: 42,
    style: { fontSize: '12px', background: 'none', color: INK, fontFamily: FONT },
    x: scale(x) as Plot.ScaleOptions,
    y: { nice: !y.domain && y.type !== 'band', ...scale(y) } as Plot.ScaleOptions,
    marks: [
      y.type === 'band' ? null : Plot.gridY({ stroke: GRID, strokeOpacity: 1, ...ticksOf(y) }),
      Plot.axisX({ ...tickOptions(x), tickSize: 4, label: x.label, labelAnchor: 'center', labelArrow: 'none' }),
      Plot.axisY({
        ...tickOptions(y),
        tickSize: 0,
        label: y.label,
        labelAnchor: 'center',
        labelArrow: 'none',
        labelOffset: marginLeft - 6,
      }),
      ...marks,
    ],
  });
  return { title, width, height, content: drawing.outerHTML, keys };
}

/** A line through points. */
export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Default: the next one of COLORS. */
  readonly color?: string;
  readonly dashed?: boolean;
  /** Marks the points too; `'only'`: no line. */
  readonly dots?: boolean | 'only';
  /** Default 2. */
  readonly width?: number;
  /** False leaves it out of the legend. */
  readonly key?: boolean;
}

/** A horizontal line with a name, such as a bound. */
export interface Rule {
  readonly at: number;
  readonly name: string;
}

/** Lines over a common axis; `rules` are drawn across, behind them. */
export interface LinesOptions extends Omit<ChartOptions, 'marks' | 'keys'> {
  readonly series: readonly Series[];
  readonly rules?: readonly Rule[];
}

/** Points that can be drawn: finite, and above 0 where the scale is logarithmic. */
function drawable(points: Series['points'], x: Axis, y: Axis): Series['points'] {
  const fits = (value: number, { type }: Axis) => Number.isFinite(value) && (type !== 'log' || value > 0);
  return points.filter(([a, b]) => fits(a, x) && fits(b, y));
}

/** A panel of lines. */
export function lines({ series, rules = [], ...rest }: LinesOptions): Panel {
  const { x, y } = rest;
  const colored = series.map((one, i) => ({ ...one, color: one.color ?? color(i) }));
  const marks = colored.flatMap(({ points, color: stroke, dashed, dots, width = 2 }) => {
    const data = drawable(points, x, y).map(([a, b]) => ({ a, b }));
    return [
      ...(dots === 'only'
        ? []
        : [
            Plot.line(data, {
              x: 'a',
              y: 'b',
              stroke,
              strokeWidth: width,
              ...(dashed && { strokeDasharray: '6 4' }),
            }),
          ]),
      ...(dots ? [Plot.dot(data, { x: 'a', y: 'b', r: 3, fill: stroke })] : []),
    ];
  });
  const across = rules.flatMap(({ at, name }) => [
    Plot.ruleY([at], { stroke: SOFT, strokeDasharray: '2 3' }),
    Plot.text([name], { y: at, frameAnchor: 'right', dy: -7, text: (text: string) => text, fill: SOFT }),
  ]);
  const keys = colored
    .filter(({ key = true }) => key)
    .map(({ name, color: own, dashed = false }) => ({ name, color: own, dashed }));
  return chart({ ...rest, marks: [...across, ...marks], keys: keys.length > 1 ? keys : [] });
}

/** A bar of a group. */
export interface Bar {
  readonly name: string;
  readonly value: number;
  /** Bars of one group have one colour. */
  readonly group?: string;
}

/** Bars beside each other. */
export interface BarsOptions {
  readonly title: string;
  readonly y: Axis;
  readonly bars: readonly Bar[];
  readonly width?: number;
  readonly height?: number;
}

/** A panel of bars, each with its figure above it. On a logarithmic axis bars begin at the lower end of its domain. */
export function bars({ title, y, bars: given, ...size }: BarsOptions): Panel {
  const groups = [...new Set(given.map(({ group = '' }) => group))];
  const fill = ({ group = '' }: Bar) => color(groups.indexOf(group));
  const start = y.type === 'log' ? (y.domain?.[0] as number) : 0;
  return chart({
    title,
    x: { label: '', type: 'band', domain: given.map(({ name }) => name) },
    y,
    ...size,
    marks: [
      Plot.barY(given, { x: 'name', y1: start, y2: 'value', fill, inset: 2 }),
      Plot.text(given, {
        x: 'name',
        y: 'value',
        dy: -8,
        text: ({ value }: Bar) => (y.format ?? written)(value),
        fill: INK,
      }),
    ],
    keys: groups.length > 1 ? groups.map((name, i) => ({ name, color: color(i) })) : [],
  });
}

/** Grey pictures in rows, each enlarged. */
export interface ImagesOptions {
  readonly title: string;
  /** Pixels of each picture, row by row; 0 is white, 255 black. */
  readonly images: readonly Uint8Array[];
  /** Height and width of a picture in pixels. */
  readonly side: readonly [height: number, width: number];
  readonly columns: number;
  /** What is written below each. */
  readonly captions?: readonly string[];
  readonly width?: number;
}

/** A panel of pictures. */
export function images({ title, images: given, side, columns, captions, width = WIDTH }: ImagesOptions): Panel {
  const [height, across] = side;
  const cell = (width - 20) / columns;
  const line = (cell * height) / across + (captions ? 18 : 4);
  const size = `width="${cell - 4}" height="${((cell - 4) * height) / across}"`;
  const content = given.map((pixels, i) => {
    const [left, top] = [10 + (i % columns) * cell, 6 + Math.floor(i / columns) * line];
    const address = pngAddress(
      pixels.map((value) => 255 - value),
      across,
      height,
      1,
    );
    const caption = captions?.[i];
    const words = caption === undefined ? '' : text(left + cell / 2, top + line - 6, caption, 'middle', 11);
    return (
      `<image href="${address}" x="${left + 2}" y="${top}" ${size} style="image-rendering:pixelated"/>` +
      `<rect x="${left + 2}" y="${top}" ${size} fill="none" stroke="${GRID}"/>${words}`
    );
  });
  return { title, width, height: 12 + Math.ceil(given.length / columns) * line, content: content.join(''), keys: [] };
}

function text(x: number, y: number, words: string, anchor: 'start' | 'middle', size: number, weight = 400): string {
  return (
    `<text x="${x}" y="${y}" text-anchor="${anchor}" font-size="${size}" font-weight="${weight}" fill="${INK}">` +
    `${escapeHtml(words)}</text>`
  );
}

/** Room for the title of a panel, and for a line of its legend. */
const TITLE = 26;
const LEGEND = 20;
const GAP = 18;
/** About the width of a letter of a legend. */
const LETTER = 7.2;

/** The legend of a panel in lines that fit its width. */
function legend(keys: readonly Key[], width: number): { readonly content: string; readonly lines: number } {
  let [x, line] = [12, 0];
  const parts = keys.map(({ name, color: own, dashed }) => {
    const own_width = 26 + name.length * LETTER + 14;
    if (x > 12 && x + own_width > width) {
      x = 12;
      line++;
    }
    const y = TITLE + line * LEGEND + 12;
    const at = x;
    x += own_width;
    const dash = dashed ? ' stroke-dasharray="6 4"' : '';
    return (
      `<line x1="${at}" y1="${y - 4}" x2="${at + 20}" y2="${y - 4}" stroke="${own}" stroke-width="3"${dash}/>` +
      text(at + 26, y, name, 'start', 12)
    );
  });
  return { content: parts.join(''), lines: keys.length > 0 ? line + 1 : 0 };
}

/**
 * Panels in rows of `columns`, as one SVG file.
 * @param words what the picture shows, for those who do not see it
 */
export function picture(words: string, panels: readonly Panel[], columns = Math.min(panels.length, 2)): string {
  const parts: string[] = [];
  let top = GAP / 2;
  let right = 0;
  for (let first = 0; first < panels.length; first += columns) {
    const row = panels.slice(first, first + columns);
    const legends = row.map(({ keys, width }) => legend(keys, width));
    const head = TITLE + LEGEND * Math.max(...legends.map(({ lines: count }) => count));
    let left = GAP / 2;
    row.forEach(({ title, width, content }, i) => {
      parts.push(
        `<g transform="translate(${left} ${top})">${text(12, 18, title, 'start', 13.5, 600)}${legends[i]?.content ?? ''}` +
          `<g transform="translate(0 ${head})">${content}</g></g>`,
      );
      left += width + GAP;
    });
    right = Math.max(right, left);
    top += head + Math.max(...row.map(({ height }) => height)) + GAP;
  }
  const [width, height] = [right - GAP / 2, top - GAP / 2];
  return (
    `${PICTURE_MARK}\n<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" ` +
    `height="${height}" font-family='${FONT}' role="img"><title>${escapeHtml(words)}</title>` +
    `<rect width="100%" height="100%" fill="#ffffff"/>${parts.join('')}</svg>\n`
  );
}
