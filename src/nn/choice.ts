/**
 * A choice from a table: by its name alone, or as plain data `{ kind, … }` with the parameter that some rows have. What
 * the options `activation` and `loss` have in common.
 */
import { checkOneOf, checkOptions } from '../errors.js';

/** The parameter of a row. */
export interface ParameterFact {
  /** `slope`, `alpha`, `delta` … */
  readonly name: string;
  /** What a bare name means. */
  readonly standard: number;
  /** Throws an ArgumentError for a value that cannot be used. */
  check(where: string, name: string, value: unknown): void;
}

/** What every table row has, and some rows have. */
interface Row {
  readonly about: string;
  readonly parameter?: ParameterFact;
}

/** The name of a choice. */
export function nameOf<N extends string>(choice: N | { readonly kind: N }): N {
  return typeof choice === 'string' ? choice : choice.kind;
}

/** The parameter of a choice; 0 for rows that have none. */
export function parameterOf(choice: string | { readonly kind: string }, { parameter }: Row): number {
  if (!parameter) return 0;
  if (typeof choice === 'string') return parameter.standard;
  return (choice as unknown as Readonly<Record<string, number>>)[parameter.name] as number;
}

/** Checks a choice, however it was made. @throws ArgumentError naming the option that holds it. */
export function checkChoice(where: string, name: string, choice: unknown, table: Readonly<Record<string, Row>>): void {
  const names = Object.keys(table);
  if (typeof choice !== 'object' || choice === null) {
    checkOneOf(where, name, choice, names);
    return;
  }
  const inner = `${where}, ${name}`;
  const { kind } = choice as { readonly kind?: unknown };
  checkOneOf(inner, 'kind', kind, names);
  const { parameter } = table[kind] as Row;
  checkOptions(inner, choice, parameter ? ['kind', parameter.name] : ['kind']);
  parameter?.check(inner, parameter.name, (choice as Readonly<Record<string, unknown>>)[parameter.name]);
}

/** `relu`, or `leakyRelu(slope 0.2)`, for summaries and messages. */
export function choiceText(choice: string | { readonly kind: string }): string {
  if (typeof choice === 'string') return choice;
  const { kind, ...parameters } = choice;
  const texts = Object.entries(parameters).map(([name, value]) => `${name} ${value}`);
  return texts.length > 0 ? `${kind}(${texts.join(', ')})` : kind;
}
