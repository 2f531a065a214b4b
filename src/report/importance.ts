/** Permutation importance as bars. */
import type { Importance } from '../metrics/permutation.js';
import { counted, grouped, percent } from './format.js';
import { type Html, html, nothing } from './html.js';

/** What each column is worth, and how that was found. */
export interface Importances {
  readonly columns: readonly Importance[];
  /** The score that falls: `accuracy`. */
  readonly score: string;
  /** Test rows that were judged, and those there are. */
  readonly rows: number;
  readonly of: number;
  readonly repeats: number;
}

/** Importances that are not computed, and what they would take. */
export interface CostlyImportances {
  readonly columns: number;
  readonly repeats: number;
  /** Of one network. */
  readonly parameters: number;
  readonly networks: number;
  /** The fewest test rows that tell anything. */
  readonly rows: number;
  /** Multiplications that a report spends on it at most. */
  readonly most: number;
}

/** More columns than this are not drawn. */
const MOST_BARS = 30;

/** The bars, the most important column first, each with the spread of its repeats. */
export function importanceBars({ columns, score, rows, of, repeats }: Importances): Html {
  const sorted = [...columns].sort((a, b) => b.mean - a.mean || (a.name < b.name ? -1 : 1));
  const shown = sorted.slice(0, MOST_BARS);
  const least = Math.min(0, ...shown.map(({ mean, deviation }) => mean - deviation));
  const most = Math.max(0, ...shown.map(({ mean, deviation }) => mean + deviation));
  const span = most - least || 1;
  const at = (value: number) => `${((100 * (value - least)) / span).toFixed(2)}%`;
  const write =
    score === 'accuracy'
      ? (value: number) => percent(Math.abs(value), 2)
      : (value: number) => Math.abs(value).toFixed(3);
  const signed = (value: number) => `${value < 0 ? '−' : ''}${write(value)}`;
  const lines = shown.map(({ name, mean, deviation }) => {
    const [from, to] = [Math.min(0, mean), Math.max(0, mean)];
    return html`<tr><th scope="row"><div>${name}</div></th><td class="track" aria-hidden="true"><div><i class="${mean < 0 ? 'bar less' : 'bar'}" style="left:${at(from)};width:${((100 * (to - from)) / span).toFixed(2)}%"></i><i class="spread" style="left:${at(mean - deviation)};width:${((200 * deviation) / span).toFixed(2)}%"></i></div></td><td class="number">${signed(mean)} <small>± ${write(deviation)}</small></td></tr>
`;
  });
  const rest = sorted.length - shown.length;
  const judged = rows < of ? `${grouped(rows)} of the ${grouped(of)} test rows` : `the ${counted(of, 'test row')}`;
  return html`<p class="note">How much the ${score} on ${judged} falls when the values of one column are shuffled among the rows: mean and standard
deviation of ${counted(repeats, 'shuffle')} (permutation importance, Breiman 2001). Around 0, the model does as well without that column. Of
columns that say the same, each may look dispensable.</p>
<div class="card"><table class="importance">
<thead class="hidden"><tr><th scope="col">column</th><td></td><th scope="col">fall of the ${score}</th></tr></thead>
<tbody>
${lines}</tbody></table>${rest > 0 ? html`<p class="note">And ${counted(rest, 'column')} of less.</p>` : nothing}</div>`;
}

const billions = (multiplications: number): string =>
  `${grouped(Math.ceil(multiplications / 1e9))} billion multiplications`;

/** Why there are no bars, and what makes them appear. */
export function importanceMissing({ columns, repeats, parameters, networks, rows, most }: CostlyImportances): Html {
  const all = columns * repeats * networks * parameters * rows;
  const answering = networks > 1 ? `${grouped(networks)} networks` : 'the network';
  return html`<p class="note">Not computed, as it takes too long: ${counted(repeats, 'shuffle')} of each of the ${counted(columns, 'column')}, after each of
which ${answering} of ${counted(parameters, 'parameter')} would answer for ${counted(rows, 'test row')}, are ${billions(all)}, and a report spends
${billions(most)} on it at most. With fewer columns (<code>--drop</code>) or a smaller network (<code>--hidden</code>) it is here.</p>`;
}
