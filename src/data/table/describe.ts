import { refuse } from '../../errors.js';
import { type Features, type Field, type Scale, targetsOf } from './features.js';

/** A number with four digits that count. */
function brief(value: number): string {
  const text = value.toPrecision(4);
  const size = Math.abs(value);
  return (size > 0 && size < 1e-4) || size >= 1e6 ? text : String(Number(text));
}

const spread = ({ mean, deviation }: Scale): string => `mean ${brief(mean)}, deviation ${brief(deviation)}`;

function namesText(names: readonly string[], most: number): string {
  return names.length > most ? `${names.slice(0, most).join(', ')} … ${names.length} in all` : names.join(', ');
}

/** What a column becomes, in words. */
export function becomes(field: Field): string {
  switch (field.kind) {
    case 'number':
      return `${spread(field)}${field.missing > 0 ? `; a gap has the median ${brief(field.median)}, and a flag` : ''}`;
    case 'boolean':
      return `${brief(100 * field.mean)} % yes${field.missing > 0 ? '; a gap has the mean, and a flag' : ''}`;
    case 'category': {
      const rest = [...(field.other ? ['all others'] : []), ...(field.missing > 0 ? ['missing'] : [])];
      return `one of ${namesText(field.categories, 6)}${rest.length > 0 ? `; ${rest.join('; ')}` : ''}`;
    }
    case 'date':
      return `${field.parts.map(({ part }) => (part === 'day' ? 'day number' : part)).join(', ')}${field.missing > 0 ? '; a gap has the means, and a flag' : ''}`;
  }
}

/** What is learned of the target, or of one of several, in words. */
export function targetText({ classes, scales = [], log }: Features, target?: number): string {
  if (classes) return `classes ${namesText(classes, 8)}`;
  const shown = target === undefined ? scales : scales.slice(target, target + 1);
  return `${log ? 'log(1 + value): ' : ''}${shown.map(spread).join('; ')}`;
}

/**
 * What became of each column, as a table of text, with the notes below.
 * @param features also those of a model that was loaded: `model.features`
 */
export function describeFeatures(features: Features): string {
  if (!Array.isArray(features?.fields)) refuse('describeFeatures', 'what fitFeatures gives is needed', features);
  const rows = [
    ['column', 'kind', 'missing', 'becomes'],
    ...targetsOf(features).map((name) => [name, 'target', '', targetText(features)]),
    ...features.fields.map((field) => [field.name, field.kind, String(field.missing || ''), becomes(field)]),
    ...features.leftOut.map(({ name, kind, why }) => [name, kind, '', `left out: ${why}`]),
  ];
  const widths = [0, 1, 2].map((i) => Math.max(...rows.map((row) => (row[i] as string).length)));
  const lines = rows.map((row) => {
    return row
      .map((cell, i) => (i === 2 ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd();
  });
  const notes = features.notes.map((note) => `- ${note}`);
  const head = `${features.task} of ${targetsOf(features).join(', ')} from ${features.columns.length} columns, ${features.width} inputs, fitted on ${features.rows} rows`;
  return [head, '', ...lines, ...(notes.length > 0 ? ['', 'Notes', ...notes] : [])].join('\n');
}
