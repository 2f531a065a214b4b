/** `--bagging N` or `--bagging N:SHARE`: several models, each on a sample of its own. */
import { sampleSize } from '../model/fit.js';
import { counted, grouped } from '../report/format.js';
import { fail } from './arguments.js';

/** How many models, and how large the sample of each is, as a share of the training rows. */
export interface Bagging {
  readonly members: number;
  readonly sampleFraction: number;
}

/** Reads the flag. @throws ArgumentError for anything but members of at least 1 and a share above 0, up to 1. */
export function readBagging(verb: string, text: string): Bagging {
  const [, count = '', colon, share = ''] = /^(\d+)(:?)(.*)$/.exec(text) ?? [];
  const members = Number(count);
  const sampleFraction = colon ? Number(share) : 1;
  const usable = members >= 1 && Number.isSafeInteger(members) && sampleFraction > 0 && sampleFraction <= 1;
  if (!usable || (!colon && share !== '')) {
    const rule = 'a whole number of members of at least 1, such as `10`, perhaps with a share of the rows up to 1';
    return fail(verb, `\`--bagging\` must be ${rule}, such as \`10:0.8\`, not ${JSON.stringify(text)}.`);
  }
  return { members, sampleFraction };
}

/** The flag as it was given. */
export function baggingText({ members, sampleFraction }: Bagging): string {
  return sampleFraction < 1 ? `${members}:${sampleFraction}` : String(members);
}

/** Rows that a model trains on in an epoch: all of them, or as many as are in a member's sample. */
export function epochRows(bagging: Bagging | undefined, rows: number): number {
  return bagging ? sampleSize(rows, bagging.sampleFraction) : rows;
}

/** What the members train on, in words. */
export function samplesText(bagging: Bagging, rows: number): string {
  const { members, sampleFraction } = bagging;
  if (members === 1 && sampleFraction === 1) return `all ${counted(rows, 'row')}, as it is the only one`;
  const drawn = `samples of ${counted(epochRows(bagging, rows), 'row')} each, drawn with replacement`;
  return sampleFraction < 1 ? `${drawn} (${sampleFraction} of the rows)` : drawn;
}

/** `34,186`, or for an ensemble `10 × 34,186`. */
export function parametersText(bagging: Bagging | undefined, parameters: number): string {
  return bagging ? `${bagging.members} × ${grouped(parameters)}` : grouped(parameters);
}
