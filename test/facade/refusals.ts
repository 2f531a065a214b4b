/** What every refusal has in common: one line of a fixed shape, and nothing changed. */
import { expect } from 'vitest';
import { ArgumentError, createRuntime, load, type Model, type Runtime } from '../../src/index.js';
import { classifier, clusters, sha256 } from './support.js';

/** Twelve rows of four columns and three classes: what refused calls are made from. */
export const data = clusters(12);

export type Subject = Model<'crossEntropy', 'accuracy'>;

/** A call that must be refused, and parts of the message: what must hold, what was given, what helps. */
export type Refusal = readonly [call: (model: Subject) => unknown, ...parts: string[]];

/** Options and data that types would not let through. */
// biome-ignore lint/suspicious/noExplicitAny: callers without types are what these tests stand in for
export const untyped = (value: unknown): any => value;

const bytes = classifier().save({ optimizer: true });

/** What a fit makes of an undisturbed model. */
const wanted = (() => {
  const model = load<'crossEntropy', 'accuracy'>(bytes);
  model.fitSync(data.x, data.y, { epochs: 2 });
  return sha256(model.save({ optimizer: true }));
})();

/** `where: rule. Received: what came. Help: what to do.`, in one line; data errors say what a row holds instead. */
const SHAPE = /^[\w, ]+: [^\n]+(\. Received: [^\n]+| but row \d+[^\n]* holds [^\n]+)\.( Help: [^\n]+[.?])?$/;

/** Checks error class, shape and parts of the message. */
export function expectMessage(call: () => unknown, parts: readonly string[]): void {
  let thrown: unknown;
  try {
    call();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(ArgumentError);
  const { message } = thrown as ArgumentError;
  expect(message).toMatch(SHAPE);
  for (const part of parts) expect(message).toContain(part);
}

/** Checks that a call is refused and changes neither the model, nor the runtime, nor what a fit makes of the model. */
export function expectRefused([call, ...parts]: Refusal, runtime: Runtime = createRuntime()): void {
  const start = runtime.used;
  const model = load<'crossEntropy', 'accuracy'>(bytes, { runtime });
  const { used } = runtime;
  expectMessage(() => call(model), parts);
  expect(runtime.used).toBe(used);
  expect(sha256(model.save({ optimizer: true }))).toBe(sha256(bytes));
  expect(model.history).toBeUndefined();
  model.fitSync(data.x, data.y, { epochs: 2 });
  expect(sha256(model.save({ optimizer: true }))).toBe(wanted);
  model.dispose();
  expect(runtime.used).toBe(start);
}
