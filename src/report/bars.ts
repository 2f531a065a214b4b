/** Histograms as drawings. */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { inlineSvg } from './axes.js';
import { counted, figure, grouped, percent, tickText } from './format.js';
import type { Histogram } from './histogram.js';
import { Html, html } from './html.js';

/** What is drawn besides the bars. */
export interface BarsOptions {
  readonly width: number;
  readonly height: number;
  /** What the values are, below the axis. */
  readonly label: string;
  /** What is counted: `test row`. */
  readonly noun: string;
  /** The text that stands for the drawing where it is not seen. */
  readonly description: string;
  /** Draws shares of all rather than counts, up to this one, so that drawings compare. */
  readonly mostShare?: number;
  /** Colour of the bars; that of what was predicted by default. */
  readonly fill?: string;
  /** A value that is marked by a line. */
  readonly mark?: number;
}

interface Bar {
  readonly from: number;
  readonly to: number;
  readonly height: number;
  readonly count: number;
}

/** A histogram with its axes. */
export function barsSvg(histogram: Histogram, options: BarsOptions): Html {
  const { width, height, label, noun, description, mostShare, fill = 'var(--validation)', mark } = options;
  const { low, width: step, counts } = histogram;
  const total = counts.reduce((sum, n) => sum + n, 0);
  const edge = (i: number) => Number((low + i * step).toPrecision(12));
  const bars = counts.flatMap((count, i): Bar[] =>
    count > 0
      ? [{ from: edge(i), to: edge(i + 1), height: mostShare === undefined ? count : count / total, count }]
      : [],
  );
  const { document } = parseHTML('<!doctype html><html></html>');
  const ticks = width < 400 ? 4 : 5;
  const drawing = Plot.plot({
    document,
    width,
    height,
    marginLeft: 52,
    marginRight: 24,
    marginTop: 12,
    marginBottom: 40,
    style: { fontSize: '12px', background: 'none' },
    ariaDescription: description,
    x: { domain: [edge(0), edge(counts.length)] },
    y: { domain: [0, mostShare ?? Math.max(...counts)] },
    marks: [
      Plot.gridY({ stroke: 'var(--line)', strokeOpacity: 1, ticks: 4 }),
      Plot.axisY({
        ticks: 4,
        tickSize: 0,
        label: null,
        tickFormat:
          mostShare === undefined
            ? (n: number) => (Number.isInteger(n) ? grouped(n) : '')
            : (n: number) => percent(n, 0),
      }),
      Plot.axisX({ ticks, tickSize: 4, label, labelAnchor: 'center', labelArrow: 'none', tickFormat: tickText }),
      Plot.rectY(bars, {
        x1: 'from',
        x2: 'to',
        y: 'height',
        insetLeft: 0.5,
        insetRight: 0.5,
        fill,
        title: ({ from, to, count }: Bar) =>
          `${figure(from)} to ${figure(to)}: ${counted(count, noun)} (${percent(count / total)})`,
      }),
      ...(mark === undefined ? [] : [Plot.ruleX([mark], { stroke: 'var(--best)', strokeWidth: 1.5 })]),
    ],
  });
  return new Html(inlineSvg(drawing));
}

/** Size of a small histogram, in units of the drawing. */
const SMALL = { width: 132, height: 30 } as const;

/** Bars alone, for a line of a table. */
export function smallBars(counts: readonly number[], description: string): Html {
  const most = Math.max(...counts);
  const step = SMALL.width / counts.length;
  const gap = step > 4 ? 1 : 0.4;
  const bars = counts.flatMap((count, i) => {
    if (count === 0) return [];
    // what there is, is seen
    const height = Math.max(1, (count / most) * SMALL.height);
    return [
      `M${(i * step + gap / 2).toFixed(1)} ${SMALL.height}v${(-height).toFixed(1)}h${(step - gap).toFixed(1)}V${SMALL.height}z`,
    ];
  });
  return html`<svg class="small" viewBox="0 0 ${SMALL.width} ${SMALL.height}" role="img" aria-label="${description}"><path d="${bars.join('')}"/></svg>`;
}
