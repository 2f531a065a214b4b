/** What a report shows besides its result: residuals, calibration, importance, the data and its parts. */
import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { describeTable } from '../src/cli/table/columnfacts.js';
import { fitFeatures, tableOf } from '../src/data/index.js';
import { Domain, Random } from '../src/random.js';
import { calibrationFigure, reliabilityOf } from '../src/report/calibration.js';
import { confusionTable } from '../src/report/confusion.js';
import { figure, tickText } from '../src/report/format.js';
import { histogramOf, roundAbove } from '../src/report/histogram.js';
import type { Html } from '../src/report/html.js';
import { importanceBars } from '../src/report/importance.js';
import { judge } from '../src/report/judgement.js';
import { numberParts, partFigures } from '../src/report/parts.js';
import { residualFigures, residualsOf } from '../src/report/residuals.js';
import { confusionSection, importanceSection } from '../src/report/sections.js';
import { tableDescription } from '../src/report/tabledescription.js';
import { thinned } from '../src/report/thinned.js';

const pageOf = ({ text }: Html) => parseHTML(`<html><body>${text}</body></html>`).document;
type Page = ReturnType<typeof pageOf>;
const texts = (page: Page, selector: string): string[] =>
  [...page.querySelectorAll(selector)].map(({ textContent }) => textContent.replaceAll('\n', ' ').trim());

/** Nothing that is no number, and no name that became a tag. */
function expectSound(part: Html): void {
  expect(part.text).not.toMatch(/NaN|Infinity|undefined|\[object|https?:|xmlns/);
  expect(texts(pageOf(part), 'b')).not.toContain('x');
}

describe('histograms', () => {
  it('have round edges, so that round values fall evenly', () => {
    expect([0.0011, 0.2, 0.21, 3, 7, 10, 1e-7].map(roundAbove)).toEqual([0.002, 0.2, 0.5, 5, 10, 10, 1e-7]);
    // 0.1 … 3.0 in steps of 0.1: although 0.3 / 0.1 and 0.7 / 0.1 are not 3 and 7 in float64
    const tenths = Array.from({ length: 30 }, (_, i) => Number(((i + 1) / 10).toFixed(1)));
    expect(histogramOf(tenths, 30)).toMatchObject({ width: 0.1, counts: new Array(30).fill(1) });
    expect(histogramOf([0, 1, 1, 2, 9], 100)).toEqual({ low: 0, width: 1, counts: [1, 2, 1, 0, 0, 0, 0, 0, 0, 1] });
    expect(histogramOf([-3, 4, 5], 5)).toEqual({ low: -4, width: 2, counts: [1, 0, 0, 0, 2] });
  });

  it('count every value that is one, and those of a range alone', () => {
    const random = new Random(1, Domain.course);
    const values = Float64Array.from({ length: 1000 }, (_, i) => (i % 10 ? 1e5 * random.normal() : Number.NaN));
    const { counts = [] } = histogramOf(values, 40) ?? {};
    expect(counts.reduce((sum, n) => sum + n, 0)).toBe(900);
    expect(counts.length).toBeLessThanOrEqual(41);
    expect(histogramOf([1, 2, 3, 50], 10, [2, 10])?.counts.reduce((sum, n) => sum + n, 0)).toBe(2);
  });

  it('cope with one value, and with none', () => {
    expect(histogramOf([7, 7], 10)).toEqual({ low: 7, width: 1, counts: [2] });
    expect(histogramOf([0.3, 0.3], 10)?.counts).toEqual([2]);
    expect(histogramOf([0], 10)?.counts).toEqual([1]);
    expect(histogramOf([Number.NaN], 10)).toBeUndefined();
    expect(histogramOf([-1e308, 1e308], 10)).toBeUndefined();
  });

  it('are written at axes in few characters', () => {
    expect([0, 0.25, 4000, 500000, -1.5e6, 2e9].map(tickText)).toEqual([
      '0',
      '0.25',
      '4000',
      '500k',
      '-1.5M',
      figure(2e9),
    ]);
  });
});

describe('residuals', () => {
  it('are true minus predicted, with mean and deviation', () => {
    const { values, mean, deviation } = residualsOf({ target: 'y', truth: [1, 2, 6], predictions: [2, 2, 3] });
    expect([...values]).toEqual([-1, 0, 3]);
    expect(mean).toBeCloseTo(2 / 3, 12);
    expect(deviation).toBeCloseTo(Math.sqrt((25 / 9 + 4 / 9 + 49 / 9) / 3), 12);
  });

  it('have a dot for every row, or for 2,000 by the seed', () => {
    expect([...thinned(4, 2000, 1)]).toEqual([0, 1, 2, 3]);
    const some = thinned(5000, 2000, 1);
    expect(new Set(some).size).toBe(2000);
    expect(some).toEqual(thinned(5000, 2000, 1));
    expect(some).not.toEqual(thinned(5000, 2000, 2));
    expect(some.every((row, i) => i === 0 || row > (some[i - 1] as number))).toBe(true);
    const truth = Float64Array.from({ length: 5000 }, (_, i) => i % 100);
    const found = residualFigures([{ target: 'y', truth, predictions: truth.map((value) => value + 1) }], 1);
    expect(found.text.match(/M[\d.]+ [\d.]+h0/g)).toHaveLength(2000);
    expect(found.text.length).toBeLessThan(60_000);
    expect(pageOf(found).body.textContent).toContain('2,000 of the 5,000 rows have a dot, chosen by the seed.');
  });

  it('have two drawings for each target, with words for them', () => {
    const truth = Float64Array.from({ length: 50 }, (_, i) => i);
    const predictions = truth.map((value) => (value === 49 ? 0 : value));
    const found = residualFigures(
      ['"><b>x</b>', 'cost'].map((target) => ({ target, truth, predictions })),
      1,
    );
    expectSound(found);
    const page = pageOf(found);
    expect(texts(page, 'h3')).toEqual(['"><b>x</b>', 'cost']);
    expect(page.querySelectorAll('svg[role="img"]')).toHaveLength(4);
    const words = [...page.querySelectorAll('svg')].map((svg) => svg.getAttribute('aria-description'));
    expect(words[2]).toBe('50 test rows: true cost from 0 to 49, predicted from 0 to 48.');
    expect(words[3]).toBe('Residuals of cost: mean 0.98, standard deviation 6.86.');
    expect(texts(page, 'figcaption span')).toContain('mean 0.98 · deviation 6.86');
    expect(texts(page, '.note').at(-1)).toBe('1 residual beyond 4 deviations has no bar.');
  });

  it('put points on the line where answers are right, above it where they are too high', () => {
    const draw = (predictions: number[]) => {
      const { text } = residualFigures([{ target: 'y', truth: [0, 5, 10], predictions }], 1);
      return [...text.matchAll(/M([\d.]+) ([\d.]+)h0/g)].map(([, left, top]) => [Number(left), Number(top)] as const);
    };
    const right = draw([0, 5, 10]);
    const high = draw([0, 9, 10]);
    expect(right).toHaveLength(3);
    expect(high[1]?.[0]).toBe(right[1]?.[0]);
    expect(high[1]?.[1]).toBeLessThan(right[1]?.[1] as number);
  });

  it('cope with answers that are all alike', () => {
    expectSound(residualFigures([{ target: 'y', truth: [3, 3, 3], predictions: [3, 3, 3] }], 1));
    expectSound(residualFigures([{ target: 'y', truth: [3], predictions: [4] }], 1));
  });
});

describe('calibration', () => {
  // probabilities of the second class, as two columns
  const both = (second: readonly number[]) => Float64Array.from(second.flatMap((p) => [1 - p, p]));

  it('is that of the second of two classes, with its Brier score and expected calibration error', () => {
    const labels = [0, 0, 0, 1, 1, 1, 1, 0];
    const second = [0.1, 0.1, 0.1, 0.1, 0.9, 0.9, 0.9, 0.9];
    const found = reliabilityOf(labels, both(second), ['no', 'yes']);
    expect(found).toMatchObject({ rows: 8, ofClass: 'yes' });
    expect(found.bins.map(({ count, fractionPositive }) => [count, fractionPositive])).toEqual([
      [4, 0.25],
      [4, 0.75],
    ]);
    // both bins are off by 0.15
    expect(found.error).toBeCloseTo(0.15, 12);
    expect(found.brier).toBeCloseTo((3 * 0.01 + 0.81 + 3 * 0.01 + 0.81) / 8, 12);
  });

  it('has ten bins where there are rows for them, else five', () => {
    const second = Array.from({ length: 200 }, (_, i) => i / 200);
    const labels = second.map((p) => Number(p > 0.5));
    const binsOf = (rows: number) =>
      reliabilityOf(labels.slice(0, rows), both(second.slice(0, rows)), ['no', 'yes']).bins.map(({ high }) => high);
    expect(binsOf(200)).toHaveLength(10);
    expect(binsOf(199)).toHaveLength(5);
  });

  it('is drawn with the rows of every bin, of many classes for the answer', () => {
    const probabilities = Float64Array.from([0.7, 0.2, 0.1, 0.1, 0.8, 0.1, 0.3, 0.3, 0.4]);
    const found = reliabilityOf([0, 2, 2], probabilities, ['a', 'b', 'c']);
    expect(found.ofClass).toBeUndefined();
    const figure = calibrationFigure(found);
    expectSound(figure);
    const page = pageOf(figure);
    const [curve, counts] = [...page.querySelectorAll('svg')].map((svg) => svg.getAttribute('aria-description'));
    expect(curve).toContain('predicted 40.0%, came true 100.0%');
    expect(counts).toBe('Rows by predicted probability of the answer: 20% to 40%: 1; 60% to 80%: 2.');
    expect(texts(page, 'dt')).toEqual(['expected calibration error', 'Brier score', 'test rows']);
    expectSound(calibrationFigure(reliabilityOf([0, 1], both([0, 1]), ['no', '"><b>x</b>'])));
  });
});

describe('confusion of many classes', () => {
  const many = Array.from({ length: 40 }, (_, c) => `class ${c}`);
  const labels = Array.from({ length: 400 }, (_, i) => i % 40);
  const predictions = Int32Array.from(labels, (label, i) => (label === 7 ? 8 : i === 3 ? 5 : label));

  it('is a list, the worst class first, beside the commonest errors, and no table of their square', () => {
    const judgement = judge(predictions, labels, many);
    expect(confusionSection(judgement).title).toBe('Classes and errors');
    const page = pageOf(confusionTable(judgement));
    const [classes, errors] = [...page.querySelectorAll('tbody')].map((body) =>
      [...body.querySelectorAll('tr')].map((line) => [...line.children].map(({ textContent }) => textContent)),
    ) as [string[][], string[][]];
    expect(classes[0]).toEqual(['class 7', '–', '0.0%', '0.0%', '10']);
    expect(classes[1]).toEqual(['class 8', '50.0%', '100.0%', '66.7%', '10']);
    expect(classes).toHaveLength(25);
    expect(errors).toEqual([
      ['class 7', 'class 8', '10'],
      ['class 3', 'class 5', '1'],
    ]);
    expect(page.body.textContent).toContain('(25 of 40)');
  });

  it('is a matrix up to 30', () => {
    const few = judge(Int32Array.from([0, 1]), [0, 1], many.slice(0, 30));
    expect(confusionSection(few).title).toBe('Confusion matrix');
    expect(pageOf(confusionTable(few)).querySelectorAll('tbody td')).toHaveLength(30 * 32);
  });
});

describe('permutation importance', () => {
  const given = { score: 'accuracy', rows: 900, of: 2000, repeats: 5 };
  const columns = [
    { name: 'weak', mean: -0.01, deviation: 0.02 },
    { name: '<b>x</b>', mean: 0.3, deviation: 0.05 },
  ];

  it('is drawn as bars from 0, the most important first, with its spread', () => {
    const found = importanceBars({ columns, ...given });
    expectSound(found);
    const page = pageOf(found);
    expect(texts(page, 'tbody th')).toEqual(['<b>x</b>', 'weak']);
    expect(texts(page, 'tbody .number')).toEqual(['30.00% ± 5.00%', '−1.00% ± 2.00%']);
    // from −0.03 to 0.35
    const bars = [...page.querySelectorAll('.bar')].map((bar) => bar.getAttribute('style'));
    expect(bars).toEqual(['left:7.89%;width:78.95%', 'left:5.26%;width:2.63%']);
    expect(page.querySelectorAll('.bar.less')).toHaveLength(1);
    expect(page.querySelector('.note')?.textContent).toContain('on 900 of the 2,000 test rows');
  });

  it('has three decimals of R², counts what it does not draw, and copes with no importance at all', () => {
    const all = Array.from({ length: 33 }, (_, i) => ({ name: `c${i}`, mean: i / 10, deviation: 0 }));
    const page = pageOf(importanceBars({ columns: all, ...given, score: 'R²', of: 900 }));
    expect(texts(page, 'tbody .number')[0]).toBe('3.200 ± 0.000');
    expect(texts(page, 'tbody tr')).toHaveLength(30);
    expect(page.body.textContent).toContain('And 3 columns of less.');
    expectSound(importanceBars({ columns: [{ name: 'a', mean: 0, deviation: 0 }], ...given }));
  });

  it('says what it would take where it takes too long', () => {
    const costly = { columns: 784, repeats: 5, parameters: 118_282, networks: 1, rows: 200, most: 4e10 };
    const { title, content } = importanceSection(costly);
    expectSound(content);
    expect(title).toBe('What the answers rest on');
    const said = pageOf(content).body.textContent?.replaceAll(/\s+/g, ' ');
    expect(said).toBe(
      'Not computed, as it takes too long: 5 shuffles of each of the 784 columns, after each of which the network of 118,282 ' +
        'parameters would answer for 200 test rows, are 93 billion multiplications, and a report spends 40 billion multiplications ' +
        'on it at most. With fewer columns (--drop) or a smaller network (--hidden) it is here.',
    );
    expect(pageOf(importanceSection({ ...costly, networks: 3 }).content).body.textContent).toContain('3 networks of');
  });
});

describe('the data of a table', () => {
  const rows = Array.from({ length: 60 }, (_, i) => ({
    id: `A-${i}`,
    size: i % 10 === 0 ? null : i,
    city: i % 3 ? 'Brno' : '<b>x</b>',
    since: `2024-0${1 + (i % 9)}-15`,
    fixed: 1,
    price: i / 2,
  }));
  const train = tableOf(rows);
  const features = fitFeatures(train, { target: 'price' });
  const description = describeTable(features, train, { rows: 10, unseen: { city: 4 } }, ['mind the <gap>']);

  it('has a line for every column: kind, values, gaps, unseen values, what it becomes', () => {
    expect(description).toMatchObject({ training: 60, test: 10, inputs: features.width });
    const { columns } = description;
    expect(columns.map(({ name, kind, used, missing, unseen }) => [name, kind, used, missing, unseen])).toEqual([
      ['id', 'identifier', false, 0, undefined],
      ['size', 'number', true, 6, undefined],
      ['city', 'category', true, 0, 4],
      ['since', 'date', true, 0, 0],
      ['fixed', 'constant', false, 0, undefined],
      ['price', 'target', false, 0, undefined],
    ]);
    expect(columns.map(({ values }) => values)).toEqual([
      '',
      '1 – 59',
      'Brno 66.7%, <b>x</b> 33.3%',
      '2024-01-15 – 2024-09-15',
      '',
      '0 – 29.5',
    ]);
    expect(columns[1]?.counts.reduce((sum, n) => sum + n, 0)).toBe(54);
    expect(columns[2]?.counts).toEqual([40, 20]);
    expect(columns[5]?.becomes).toBe('mean 14.75, deviation 8.659');
    expect(columns[4]?.becomes).toMatch(/^left out: /);
  });

  it('is drawn with words for every small drawing, and the notes', () => {
    const found = tableDescription(description);
    expectSound(found);
    const page = pageOf(found);
    expect(texts(page, 'tbody th')).toEqual(['id', 'size', 'city', 'since', 'fixed', 'price']);
    expect([...page.querySelectorAll('tr.unused th')].map(({ textContent }) => textContent)).toEqual(['id', 'fixed']);
    expect(page.querySelectorAll('svg.small')).toHaveLength(4);
    expect(page.querySelector('svg.small')?.getAttribute('aria-label')).toBe('How the values of size spread: 1 – 59');
    expect(texts(page, 'tbody tr:nth-child(2) .number')).toEqual(['6 10.0%', '']);
    expect(texts(page, 'tbody tr:nth-child(3) .number')).toEqual(['·', '4 40.0%']);
    expect(texts(page, '.notes li')).toEqual(['mind the <gap>']);
    expect(texts(page, '.note')[0]).toMatch(/^3 columns are inputs, \d+ numbers for each row\./);
  });

  it('counts the columns beyond a hundred', () => {
    const one = description.columns[1] as (typeof description.columns)[number];
    const page = pageOf(tableDescription({ ...description, columns: new Array(130).fill(one) }));
    expect(page.querySelectorAll('tbody tr')).toHaveLength(100);
    expect(page.body.textContent).toContain('And 30 more columns.');
  });
});

describe('the split', () => {
  it('has the rows of every part, how they were drawn, and the share of each class', () => {
    const found = partFigures(
      {
        kind: 'classes',
        classes: ['no', '<b>x</b>'],
        parts: [
          { name: 'training', rows: 60, counts: [45, 15] },
          { name: 'validation', rows: 20, counts: [20, 0] },
          { name: 'test', rows: 20, counts: [10, 10] },
        ],
      },
      'at random, seed 1',
    );
    expectSound(found);
    const page = pageOf(found);
    expect(texts(page, 'dl div')).toEqual(['training60 60.0%', 'validation20 20.0%', 'test20 20.0%']);
    expect(texts(page, '.note')).toEqual(['Drawn at random, seed 1.']);
    expect(texts(page, 'tbody td span')).toEqual([
      '75.0% 45',
      '100.0% 20',
      '50.0% 10',
      '25.0% 15',
      '0.0% 0',
      '50.0% 10',
    ]);
    expect([...page.querySelectorAll('tbody i')].map((bar) => bar.getAttribute('style'))[3]).toBe('width:25.0%');
  });

  it('shows the most frequent of many classes', () => {
    const classes = Array.from({ length: 25 }, (_, c) => `c${c}`);
    const counts = classes.map((_, c) => c + 1);
    const page = pageOf(
      partFigures({ kind: 'classes', classes, parts: [{ name: 'test', rows: 325, counts }] }, 'by hand'),
    );
    expect(texts(page, 'tbody th').slice(0, 2)).toEqual(['c24', 'c23']);
    expect(page.body.textContent).toContain('And 5 rarer classes.');
  });

  it('has a histogram of numbers for each part on one scale', () => {
    const parts = [
      { name: 'training', values: [Float64Array.from([0, 1, 2, 3])] },
      { name: 'test', values: [Float64Array.from([10, 10])] },
    ];
    const found = partFigures(numberParts(['y'], parts), 'by time: the latest rows by day are the test');
    expectSound(found);
    const page = pageOf(found);
    expect(page.querySelectorAll('svg')).toHaveLength(2);
    expect(texts(page, 'figcaption')).toEqual(['trainingmean 1.5 · deviation 1.118', 'testmean 10 · deviation 0']);
    // the same marks at both axes, although the values have none in common
    const [first, second] = [...page.querySelectorAll('svg')].map((svg) =>
      [...svg.querySelectorAll('text')].map(({ textContent }) => textContent),
    );
    expect(first).toEqual(second);
    expect(texts(page, 'rect title')).toContain('10 to 11: 2 rows (100.0%)');
  });
});
