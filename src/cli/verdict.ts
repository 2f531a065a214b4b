/** A judgement as text. */
import CliTable from 'cli-table3';
import { counted, figure, grouped, percent } from '../report/format.js';
import { r2Text } from '../report/headline.js';
import { f1s, type Judgement, precisions, recalls } from '../report/judgement.js';
import type { NumberJudgement } from '../report/numbers.js';
import type { AnswerScores, Verdict } from './judging.js';
import type { Style } from './terminal.js';

/** Accuracy with its baseline and interval: green only where the whole interval is above the baseline. */
function accuracyText({ accuracy, correct, rows, interval, baseline }: Judgement, style: Style): string {
  const [low, high] = interval;
  const color = low > baseline.accuracy ? style.green : style.yellow;
  return [
    `accuracy ${style.bold(color(percent(accuracy, 2)))}`,
    `baseline ${percent(baseline.accuracy)} (always “${baseline.class}”)`,
    `95% interval ${percent(low)} – ${percent(high)} (Wilson)`,
    `${grouped(correct)} of ${grouped(rows)} rows right`,
  ].join('   ');
}

/** R² with its interval and the errors in the targets' own units: green only where the whole interval is above the mean's 0. */
function numbersText({ r2, interval, targets, rows }: NumberJudgement, style: Style): string {
  const color = interval && interval[0] > 0 ? style.green : style.yellow;
  const [only, ...more] = targets;
  const errors =
    only && more.length === 0
      ? [
          `rmse ${figure(only.rmse)}`,
          `mae ${figure(only.mae)}`,
          `baseline rmse ${figure(only.baseline.rmse)} (always the mean)`,
        ]
      : [`mean of ${targets.length} targets`, 'baseline 0 (always the mean)'];
  return [
    `R² ${style.bold(color(r2Text(r2)))}`,
    ...(interval ? [`95% interval ${r2Text(interval[0])} – ${r2Text(interval[1])} (bootstrap)`] : []),
    ...errors,
    counted(rows, 'row'),
  ].join('   ');
}

/** A verdict in one line. */
export function verdictText(verdict: Verdict, style: Style): string {
  return verdict.kind === 'classes' ? accuracyText(verdict.judgement, style) : numbersText(verdict.judgement, style);
}

/** A verdict for a program. */
export function verdictFields(verdict: Verdict): object {
  const { loss } = verdict;
  if (verdict.kind === 'classes') {
    const { accuracy, correct, rows, interval, baseline } = verdict.judgement;
    return { accuracy, correct, rows, interval, baseline, loss };
  }
  const { r2, rows, interval = null, targets } = verdict.judgement;
  const [only, ...more] = targets;
  const errors =
    only && more.length === 0 ? { rmse: only.rmse, mae: only.mae, baseline: { r2: 0, ...only.baseline } } : {};
  return { r2, rows, interval, ...errors, targets, loss };
}

/** F1, AUC (where every class has rows) and log loss. */
export function scoresText({ f1, rocAuc, logLoss }: AnswerScores): string {
  // as with shares, what is not all is not rounded to it
  const shown = rocAuc !== null && rocAuc < 1 ? Math.min(rocAuc, 0.9999) : rocAuc;
  const area = shown === null ? [] : [`AUC ${shown.toFixed(4)}`];
  return [`f1 ${percent(f1, 2)} (mean of the classes)`, ...area, `log loss ${figure(logLoss)}`].join('   ');
}

/** Lines without a frame: two columns of space between cells. */
const BARE = {
  chars: {
    top: '',
    'top-mid': '',
    'top-left': '',
    'top-right': '',
    bottom: '',
    'bottom-mid': '',
    'bottom-left': '',
    'bottom-right': '',
    left: '',
    'left-mid': '',
    mid: '',
    'mid-mid': '',
    right: '',
    'right-mid': '',
    middle: '',
  },
} as const;

/** A table without a frame, two spaces between its columns, indented by two. */
export function table(rows: readonly (readonly string[])[], alignment: readonly ('left' | 'right')[]): string {
  const bare = new CliTable({ ...BARE, colAligns: [...alignment], style: { 'padding-left': 2, 'padding-right': 0 } });
  bare.push(...rows.map((row) => [...row]));
  return bare
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** The errors of every target. */
export function targetTable({ targets }: NumberJudgement, style: Style): string {
  const head = ['target', 'R²', 'rmse', 'mae', 'rmse of the mean'].map((name) => style.dim(name));
  const rows = targets.map(({ target, r2, rmse, mae, baseline }) => [
    target,
    r2Text(r2),
    figure(rmse),
    figure(mae),
    figure(baseline.rmse),
  ]);
  return table([head, ...rows], ['left', 'right', 'right', 'right', 'right']);
}

/** Rows, recall, precision and F1 of every class. */
export function classTable(judgement: Judgement, style: Style): string {
  const { classes, confusion } = judgement;
  const recall = recalls(judgement);
  const precision = precisions(judgement);
  const f1 = f1s(judgement);
  const rows = classes.map((name, c) => {
    const total = (confusion[c] as readonly number[]).reduce((sum, n) => sum + n, 0);
    return [name, grouped(total), ...[recall, precision, f1].map((shares) => percent(shares[c] as number))];
  });
  const head = ['class', 'rows', 'recall', 'precision', 'f1'].map((name) => style.dim(name));
  return table([head, ...rows], ['left', 'right', 'right', 'right', 'right']);
}
