// The order of a module's functions: those that are alike beside each other, because deflate looks back 32 KiB and no
// further, and pays for the distance. The order is nothing to an engine.
import { deflateRawSync } from 'node:zlib';
import { assemble, FUNCTION } from './constants.mjs';

/** Id of the code section (WebAssembly Core Specification 2.0, 5.5.2). */
const CODE = 10;

/** The bytes of a module's functions. */
function bodiesOf(bytes) {
  let at = 8;
  const number = () => {
    for (let value = 0, shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  for (;;) {
    const id = bytes[at++];
    const length = number();
    if (id === CODE) break;
    at += length;
  }
  return Array.from({ length: number() }, () => {
    const length = number();
    at += length;
    return bytes.subarray(at - length, at);
  });
}

/** Indices of functions as a chain in which each is cheap to deflate after the one before: the nearest next, from the best start. */
function chain(bodies) {
  const deflated = (body, dictionary) => deflateRawSync(body, { level: 6, ...(dictionary && { dictionary }) }).length;
  const alone = bodies.map((body) => deflated(body));
  const costs = bodies.map((from) => bodies.map((body, i) => deflated(body, from) - alone[i]));
  let best = { cost: Number.POSITIVE_INFINITY, order: [] };
  for (const start of bodies.keys()) {
    const left = new Set(bodies.keys());
    const order = [start];
    let cost = 0;
    left.delete(start);
    for (let last = start; left.size > 0; last = order.at(-1)) {
      const next = [...left].reduce((a, b) => (costs[last][b] < costs[last][a] ? b : a));
      cost += costs[last][next];
      order.push(next);
      left.delete(next);
    }
    if (cost < best.cost) best = { cost, order };
  }
  return best.order;
}

/**
 * Modules in text format with their functions in order. First come those that all of them have, in the same order, so that
 * they have the same numbers in all and one module is a short patch to another.
 */
export function orderFunctions(...texts) {
  const modules = texts.map((text) => {
    const functions = text.match(FUNCTION);
    const names = functions.map((code) => /\(func (\S+)/.exec(code)[1]);
    const bodies = bodiesOf(assemble(text));
    return new Map(names.map((name, i) => [name, { code: functions[i], body: bodies[i] }]));
  });
  const [first] = modules;
  const ordered = (module, names) => chain(names.map((name) => module.get(name).body)).map((i) => names[i]);
  const shared = [...first.keys()].filter((name) => modules.every((module) => module.has(name)));
  const common = ordered(first, shared);
  return texts.map((text, i) => {
    const own = [...modules[i].keys()].filter((name) => !shared.includes(name));
    const order = [...common, ...ordered(modules[i], own)];
    let next = 0;
    return text.replace(FUNCTION, () => modules[i].get(order[next++]).code);
  });
}
