import { inflateSync } from 'node:zlib';
import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { crc32 } from '../src/format/crc32.js';
import type { Diagnosis, LayerDiagnosis } from '../src/index.js';
import { confusionTable } from '../src/report/confusion.js';
import { type Curve, curveFigure } from '../src/report/curves.js';
import { counted, duration, figure, grouped, percent, thousands } from '../src/report/format.js';
import { accuracyHeadline } from '../src/report/headline.js';
import { escapeHtml, html } from '../src/report/html.js';
import { mistakeGallery, type Pictures } from '../src/report/images.js';
import { f1s, judge, mistakes, precisions, recalls } from '../src/report/judgement.js';
import { layerFigures } from '../src/report/layers.js';
import { type Plane, planeFigure } from '../src/report/plane.js';
import { encodePng } from '../src/report/png.js';
import { REPORT_MARK, type Report, renderReport } from '../src/report/report.js';
import {
  confusionSection,
  curvesSection,
  layersSection,
  picturesSection,
  planeSection,
  settingsSection,
} from '../src/report/sections.js';
import { STYLE } from '../src/report/style.js';

describe('figures', () => {
  it('groups thousands and counts', () => {
    expect(grouped(34186)).toBe('34,186');
    expect(counted(1, 'row')).toBe('1 row');
    expect(counted(2000, 'row')).toBe('2,000 rows');
    expect(thousands(9999)).toBe('9,999');
    expect(thousands(284100)).toBe('284k');
    expect(thousands(1.55e6)).toBe('1.6M');
  });

  it('never rounds a share to all or nothing that is neither', () => {
    expect(percent(0.9944, 2)).toBe('99.44%');
    expect(percent(0.99999)).toBe('99.9%');
    expect(percent(1)).toBe('100.0%');
    expect(percent(0.00001, 2)).toBe('0.01%');
    expect(percent(0)).toBe('0.0%');
    expect(percent(Number.NaN)).toBe('–');
  });

  it('writes numbers of any size', () => {
    expect([1.34781, 0.0223411, 1.2e-7, 0, 12345.6, Number.NaN].map(figure)).toEqual([
      '1.348',
      '0.02234',
      '1.2e-7',
      '0',
      '12350',
      'NaN',
    ]);
  });

  it('writes times', () => {
    expect([0.57, 9.96, 42.4, 59.7, 185, 7800].map(duration)).toEqual([
      '0.6 s',
      '10 s',
      '42 s',
      '1 min 00 s',
      '3 min 05 s',
      '2 h 10 min',
    ]);
  });
});

const classes = ['ant', 'bee', 'cat'];
// true:                      ant ant ant bee bee cat
const labels = [0, 0, 0, 1, 1, 2];
const predictions = Int32Array.from([0, 0, 1, 1, 0, 0]);
const confidences = [0.9, 0.8, 0.6, 0.7, 0.99, 0.6];

describe('judge', () => {
  it('counts', () => {
    const judgement = judge(predictions, labels, classes);
    expect(judgement).toMatchObject({ rows: 6, correct: 3, accuracy: 0.5 });
    expect(judgement.baseline).toEqual({ accuracy: 0.5, class: 'ant' });
    expect(judgement.confusion).toEqual([
      [2, 1, 0],
      [1, 1, 0],
      [1, 0, 0],
    ]);
    expect(recalls(judgement)).toEqual([2 / 3, 1 / 2, 0]);
    expect(precisions(judgement)).toEqual([2 / 4, 1 / 2, Number.NaN]);
    expect(f1s(judgement)).toEqual([4 / 7, 1 / 2, 0]);
  });

  it('lists the errors, the most confident first, then by row', () => {
    expect(mistakes(predictions, labels, confidences)).toEqual([
      { row: 4, label: 1, prediction: 0, confidence: 0.99 },
      { row: 2, label: 0, prediction: 1, confidence: 0.6 },
      { row: 5, label: 2, prediction: 0, confidence: 0.6 },
    ]);
  });
});

describe('html', () => {
  it('escapes whatever is put in, but not HTML', () => {
    expect(escapeHtml(`<a href="x">'&`)).toBe('&lt;a href=&quot;x&quot;&gt;&#39;&amp;');
    expect(html`<b>${'<i>'}</b>${html`<u>${1}</u>`}${[html`,`, html`;`]}`.text).toBe('<b>&lt;i&gt;</b><u>1</u>,;');
  });
});

/** The pixels of a PNG that uses no filters. */
function decodePng(bytes: Uint8Array): { width: number; height: number; pixels: number[] } {
  expect([...bytes.subarray(0, 8)]).toEqual([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks = new Map<string, Uint8Array>();
  for (let at = 8; at < bytes.length; ) {
    const size = view.getUint32(at);
    const body = bytes.subarray(at + 4, at + 8 + size);
    expect(view.getUint32(at + 8 + size)).toBe(crc32(body));
    chunks.set(String.fromCharCode(...body.subarray(0, 4)), body.subarray(4));
    at += 12 + size;
  }
  const header = chunks.get('IHDR') as Uint8Array;
  const sizes = new DataView(header.buffer, header.byteOffset);
  const [width, height] = [sizes.getUint32(0), sizes.getUint32(4)];
  const lines = inflateSync(chunks.get('IDAT') as Uint8Array);
  const stride = lines.length / height;
  const pixels = Array.from({ length: height }, (_, y) => [...lines.subarray(y * stride + 1, (y + 1) * stride)]).flat();
  return { width, height, pixels };
}

describe('png', () => {
  it.each([1, 3, 4] as const)('keeps every byte of %i channels', (channels) => {
    const pixels = Uint8Array.from({ length: 5 * 3 * channels }, (_, i) => (37 * i) % 256);
    expect(decodePng(encodePng(pixels, 5, 3, channels))).toEqual({ width: 5, height: 3, pixels: [...pixels] });
  });
});

describe('curves', () => {
  const curve = {
    name: 'loss',
    training: [1, 0.5, 0.25],
    validation: [1.1, 0.6, 0.7],
    best: 2,
    unit: 'number',
  } as const;

  it('draws both lines and marks the best epoch', () => {
    const { document } = parseHTML(`<html><body>${curveFigure(curve).text}</body></html>`);
    const svg = document.querySelector('svg');
    expect(svg?.getAttribute('role')).toBe('img');
    expect(svg?.textContent).toContain('best epoch 2');
    expect(svg?.getAttribute('aria-description')).toBe(
      'Training loss from 1 in epoch 1 to 0.25 in epoch 3. Validation loss from 1.1 in epoch 1 to 0.7 in epoch 3. ' +
        'Best epoch: 2, with 0.6.',
    );
    const titles = [...document.querySelectorAll('circle title')].map(({ textContent }) => textContent);
    expect(titles).toContain('validation, epoch 2: 0.6');
    expect(titles).toContain('training, epoch 3: 0.25');
  });

  it('takes a logarithmic scale only where values span more than a linear one shows', () => {
    expect(curveFigure(curve).text).not.toContain('logarithmic');
    expect(curveFigure({ ...curve, training: [1, 0.1, 0.01] }).text).toContain('logarithmic');
    expect(curveFigure({ ...curve, unit: 'share', training: [1, 0.1, 0.01] }).text).not.toContain('logarithmic');
  });

  it('draws the members of an ensemble behind their mean, as far as each of them went, with their best epochs', () => {
    const members = [
      { values: [1, 0.5, 0.25], best: 3 },
      { values: [1.2, 0.7, 0.8, 0.9], best: 2 },
    ];
    const { document } = parseHTML(`<html><body>${curveFigure({ ...curve, best: 0, members }).text}</body></html>`);
    const titles = [...document.querySelectorAll('circle title')].map(({ textContent }) => textContent);
    expect(titles.filter((title) => title?.startsWith('member'))).toEqual([
      'member 1, epoch 3: 0.25',
      'member 2, epoch 2: 0.7',
    ]);
    expect(document.querySelectorAll('g[stroke-opacity="0.35"]')).toHaveLength(2);
    expect(document.querySelector('svg')?.getAttribute('aria-description')).toContain(
      'Training loss, mean of 2 members, from 1 in epoch 1 to 0.25 in epoch 3.',
    );
    const keys = [...document.querySelectorAll('.key')].map(({ textContent }) => textContent);
    expect(keys).toEqual(['training, mean', 'validation, mean', 'members, best epochs marked']);
    // the axis goes on to the last epoch of any
    expect([...document.querySelectorAll('text')].map(({ textContent }) => textContent)).toContain('4');
  });

  it('copes with one epoch, equal values, no validation, and no epoch at all', () => {
    const single = { name: 'accuracy', training: [0.5], validation: undefined, best: 0, unit: 'share' } as const;
    expect(curveFigure(single).text).not.toMatch(/NaN|best epoch|>validation</);
    expect(curveFigure({ ...single, training: [1, 1, 1] }).text).not.toContain('NaN');
    expect(curveFigure({ ...single, training: [] }).text).toBe('');
  });
});

describe('layers over the epochs', () => {
  const layer = (
    name: string,
    gradientNorm: number | undefined,
    more: Partial<LayerDiagnosis> = {},
  ): LayerDiagnosis => ({
    name,
    gradientNorm,
    updateRatio: gradientNorm && gradientNorm / 100,
    activation: { mean: 0.5, variance: 2 },
    saturation: undefined,
    deadUnits: undefined,
    ...more,
  });
  const diagnoses: readonly Diagnosis[] = [1, 0.1, 0.01].map((size) => ({
    rows: 256,
    layers: [layer('dense0', size), layer('drop<out>', undefined), layer('dense2', 0, { deadUnits: size / 2 })],
    warnings: size === 0.01 ? ['updates of <dense0> are large.'] : ['of an epoch before.'],
  }));
  const pageOf = (all: readonly Diagnosis[]) =>
    parseHTML(`<html><body>${layerFigures(all).text}</body></html>`).document;

  it('has a drawing for every quantity that there is, a colour for every layer, and what the last epoch warned of', () => {
    const document = pageOf(diagnoses);
    const names = [...document.querySelectorAll('figcaption b')].map(({ firstChild }) => firstChild?.textContent);
    expect(names).toEqual([
      'gradient norm',
      'update / weight',
      'activation mean',
      'activation variance',
      'dead relu units',
    ]);
    const key = [...document.querySelectorAll('.legend .key')];
    expect(key.map(({ textContent }) => textContent)).toEqual(['dense0', 'drop<out>', 'dense2']);
    const colours = key.map((one) => one.querySelector('i')?.getAttribute('style')?.replace('border-color:', ''));
    expect(new Set(colours).size).toBe(3);
    const strokes = [...document.querySelectorAll('svg')].map((svg) => svg.outerHTML);
    expect(strokes[0]).toContain(`stroke="${colours[0]}"`);
    expect(strokes[2]).toContain(`stroke="${colours[1]}"`);
    expect([...document.querySelectorAll('li')].map(({ textContent }) => textContent?.trim())).toEqual([
      'Updates of <dense0> are large.',
    ]);
    expect(document.querySelector('svg')?.getAttribute('aria-description')).toBe(
      'gradient norm after the last epoch: dense0 0.01.',
    );
    const titles = [...document.querySelectorAll('circle title')].map(({ textContent }) => textContent);
    expect(titles).toContain('dense2, epoch 3: 0.5%');
    expect(layerFigures(diagnoses).text).not.toMatch(/NaN|<out>.*<\/span>/);
    // what is marked is within the drawing: no power of ten beyond the ends
    const marks = [...(document.querySelector('svg')?.querySelectorAll('text') ?? [])].map(
      ({ textContent }) => textContent,
    );
    expect(marks).toEqual(['0.01', '0.1', '1', '1', '2', '3', 'epoch']);
  });

  it('copes with one epoch, values that are not finite, and none at all', () => {
    const sick = layer('dense0', Number.NaN, { activation: { mean: Number.NaN, variance: Number.POSITIVE_INFINITY } });
    const one = [{ rows: 1, layers: [sick, layer('dense1', 2, { saturation: 0 })], warnings: [] }];
    const document = pageOf(one);
    expect(document.body.textContent).toContain('Nothing to warn of after the last epoch.');
    expect(document.body.textContent).toContain('on 1 training row.');
    expect(document.body.innerHTML).not.toMatch(/NaN|Infinity|saturated/);
    expect(pageOf([{ rows: 1, layers: [sick], warnings: [] }]).querySelectorAll('figure')).toHaveLength(0);
    expect(layerFigures([]).text).toBe('');
  });

  it('stand in the report where the training was diagnosed', () => {
    const headings = (page: string) => [...parseHTML(page).document.querySelectorAll('h2')].map((h2) => h2.textContent);
    expect(headings(renderReport(report({ diagnostics: diagnoses })))).toContain('Layers over the epochs');
    expect(headings(renderReport(report()))).not.toContain('Layers over the epochs');
  });
});

describe('confusion matrix', () => {
  it('is a table with names, counts, recall, F1 and precision', () => {
    const { document } = parseHTML(
      `<html><body>${confusionTable(judge(predictions, labels, classes)).text}</body></html>`,
    );
    const rows = [...document.querySelectorAll('tbody tr')].map((row) =>
      [...row.children].map((cell) => cell.textContent),
    );
    expect(rows).toEqual([
      ['ant', '2', '1', '·', '66.7%', '57.1%'],
      ['bee', '1', '1', '·', '50.0%', '50.0%'],
      ['cat', '1', '·', '0', '0.0%', '0.0%'],
    ]);
    expect([...(document.querySelector('tfoot tr')?.children ?? [])].map((cell) => cell.textContent)).toEqual([
      'precision',
      '50.0%',
      '50.0%',
      '–',
      '',
    ]);
    expect(document.querySelector('.note')?.textContent.replaceAll('\n', ' ')).toContain(
      'Lowest recall: class cat, 0.0%',
    );
  });

  it('gives each class a column that holds 100.0%, also where the page is narrow', () => {
    const [two, labelled] = [classes.slice(0, 2), Int32Array.of(0, 1)];
    const table = confusionTable(judge(labelled, labelled, two)).text;
    const found = (pattern: RegExp, text: string) => Number(pattern.exec(text)?.[1]);
    const fixed =
      found(/<col style="width:(\d+)px">/, table) + 2 * found(/\.confusion \.side \{ width: (\d+)px/, STYLE);
    // 14 px of padding and a line on both sides, 2 px around all six columns; the figure is 49 px wide
    const room = found(/min-width:(\d+)px/, table) - fixed - 30 - 2 * 6;
    expect(room / two.length).toBeGreaterThanOrEqual(52);
  });
});

describe('pictures of errors', () => {
  const found = mistakes(predictions, labels, confidences);
  const data = Uint8Array.from({ length: 6 * 4 }, (_, i) => 10 * i);

  it('shows the right picture, dark on light, with words for it', () => {
    const { document } = parseHTML(
      `<html><body>${mistakeGallery({ data, width: 2, height: 2 }, found, classes).text}</body></html>`,
    );
    const first = document.querySelector('img');
    expect(first?.getAttribute('alt')).toBe('A picture of class bee that was taken for ant with probability 99.0%');
    const bytes = Buffer.from(first?.getAttribute('src')?.split(',')[1] ?? '', 'base64');
    expect(decodePng(bytes).pixels).toEqual([160, 170, 180, 190].map((value) => 255 - value));
    expect(document.querySelectorAll('img')).toHaveLength(3);
  });

  it('says how many are left out, and when there are none', () => {
    const many = Array.from({ length: 60 }, () => found[0] as (typeof found)[number]);
    const text = mistakeGallery({ data, width: 2, height: 2 }, many, classes).text;
    expect(text).toContain('the first 48 of 60');
    expect(text.match(/<img/g)).toHaveLength(48);
    expect(mistakeGallery({ data, width: 2, height: 2 }, [], classes).text).toContain(
      'every test picture was recognized',
    );
  });
});

/** What the page below is made of. */
interface Parts {
  readonly diagnostics: readonly Diagnosis[];
  readonly curves: readonly Curve[];
  readonly remarks: readonly string[];
  readonly pictures: Pictures | undefined;
  readonly plane: Plane | undefined;
}

/** A page about pictures that lie, with names that try to break out of it. */
function report(change: Partial<Parts> = {}): Report {
  const judgement = judge(predictions, labels, ['<ant>', '"bee"', "cat'&"]);
  const errors = mistakes(predictions, labels, confidences);
  const { diagnostics, curves, remarks, pictures, plane }: Parts = {
    diagnostics: [],
    curves: [{ name: 'loss', training: [1, 0.5], validation: undefined, best: 0, unit: 'number' }],
    remarks: ['stopped <early>'],
    pictures: { data: new Uint8Array(6 * 4), width: 2, height: 2 },
    plane: undefined,
    ...change,
  };
  return {
    title: 'pets & <script>alert(1)</script>',
    version: '0.1.0',
    made: new Date(Date.UTC(2025, 0, 2, 3, 4)),
    headline: accuracyHeadline(judgement, 0.7, [['best epoch', '2 of 3']]),
    remarks,
    sections: [
      curvesSection(curves),
      layersSection(diagnostics),
      confusionSection(judgement),
      plane && planeSection(plane, errors.length),
      pictures && picturesSection(pictures, errors, judgement.classes),
      settingsSection([{ title: 'Data', facts: [['rows', '6 <rows>']] }]),
    ],
    command: "lanegrad train './a b' --seed 1 --out '<x>'",
  };
}

describe('report', () => {
  it('has all its parts', () => {
    const text = renderReport(report());
    expect(text.startsWith(REPORT_MARK)).toBe(true);
    const { document } = parseHTML(text);
    expect([...document.querySelectorAll('h2')].map(({ textContent }) => textContent)).toEqual([
      'Learning curves',
      'Confusion matrix',
      '3 errors on test pictures',
      'Configuration',
      'Repeat this run',
    ]);
    expect(document.querySelector('.headline')?.textContent).toBe('50.00%');
    expect(document.querySelector('.facts')?.textContent).toMatch(/3 of 6.*18\.8% – 81\.2%.*50\.0%.*2 of 3/s);
    expect(document.querySelector('pre')?.textContent).toBe(report().command);
    expect(document.querySelector('html')?.getAttribute('lang')).toBe('en');
    expect(document.querySelector('time')?.getAttribute('datetime')).toBe('2025-01-02T03:04:00.000Z');
  });

  it('loads nothing: no address, no reference but to data within', () => {
    for (const text of [renderReport(report()), renderReport(report({ pictures: undefined, plane: plane() }))]) {
      const words = text.replaceAll(/base64,[\w+/=]+/g, '');
      expect(words).not.toMatch(/https?:|\/\/[a-z]|@import|url\(|\bfetch\b|\bimport\b/i);
      const { document } = parseHTML(text);
      expect(document.querySelectorAll('link, iframe, object, script[src]')).toHaveLength(0);
      const addresses = [...document.querySelectorAll('[src], [href]')].map(
        (element) => element.getAttribute('src') ?? element.getAttribute('href') ?? '',
      );
      expect(addresses.length).toBeGreaterThan(0);
      for (const address of addresses) expect(address).toMatch(/^data:image\/png;base64,/);
    }
  });

  it('escapes names, remarks and the command', () => {
    const text = renderReport(report());
    expect(text).not.toMatch(/<script>alert|<ant>|<early>|<rows>|<x>/);
    const { document } = parseHTML(text);
    expect(document.querySelector('h1')?.textContent).toBe('pets & <script>alert(1)</script>');
    expect(document.querySelectorAll('script')).toHaveLength(1);
  });

  it('leaves out what there is not: no completed epoch, no pictures', () => {
    const { document } = parseHTML(renderReport(report({ curves: [], pictures: undefined, remarks: [] })));
    expect([...document.querySelectorAll('h2')].map(({ textContent }) => textContent)).toEqual([
      'Confusion matrix',
      'Configuration',
      'Repeat this run',
    ]);
    expect(document.querySelectorAll('.warning')).toHaveLength(0);
  });
});

/** Two classes, parted at x = 0; one point on the wrong side. */
function plane(): Plane {
  return {
    points: Float32Array.from([-1, 0, 1, 0.5, 0.25, -1]),
    labels: [0, 1, 0],
    predictions: [0, 1, 1],
    classes: ['left', 'right'],
    predict: (points) =>
      Float32Array.from(points, (_, i) => ((points[i - (i % 2)] as number) < 0 === (i % 2 === 0) ? 0.9 : 0.1)),
  };
}

describe('decision boundary', () => {
  it('colours the plane by the answers and rings what is wrong', () => {
    const { document } = parseHTML(`<html><body>${planeFigure(plane()).text}</body></html>`);
    expect(document.querySelectorAll('circle')).toHaveLength(3);
    const missed = document.querySelectorAll('circle.missed');
    expect(missed).toHaveLength(1);
    expect(missed[0]?.textContent).toBe('(0.25, -1) is left, taken for right');
    const { width, pixels } = decodePng(
      Buffer.from(document.querySelector('image')?.getAttribute('href')?.split(',')[1] ?? '', 'base64'),
    );
    const [leftmost, rightmost] = [pixels.slice(0, 3), pixels.slice(4 * (width - 1), 4 * width - 1)];
    expect(leftmost).not.toEqual(rightmost);
    // the point furthest right stands right of the middle, the one furthest up above it
    const [first, second] = [...document.querySelectorAll('circle')].map((circle) =>
      ['cx', 'cy'].map((name) => Number(circle.getAttribute(name))),
    ) as [number[], number[]];
    expect(second[0]).toBeGreaterThan(first[0] as number);
    expect(second[1]).toBeLessThan(first[1] as number);
  });
});
