// The kernels as they travel in the library: text that src/runtime/unpack.ts reads. The second module is a patch to the first,
// because they differ in the matrix product alone.

/** How the modules begin to import their memory; the next byte says what limits it has. */
const MEMORY_IMPORT = Buffer.from('\x03env\x06memory\x02', 'latin1');
/** Limits of a memory with a maximum, without and with sharing (WebAssembly threads proposal, limits). */
const [UNSHARED, SHARED] = [1, 3];

/** The module with a custom section `name` that holds a text. */
export function withSection(bytes, name, text) {
  const [head, body] = [Buffer.from(name), Buffer.from(text)];
  return Buffer.concat([bytes, Uint8Array.of(0, 1 + head.length + body.length, head.length), head, body]);
}

/** The module for a memory of one thread: without shared memory, an engine takes no other. */
export function unshared(bytes) {
  const at = bytes.indexOf(MEMORY_IMPORT) + MEMORY_IMPORT.length;
  if (bytes[at] !== SHARED) throw new Error('the kernels do not import their memory as expected.');
  const copy = Buffer.from(bytes);
  copy[at] = UNSHARED;
  return copy;
}

/** Unsigned LEB128, as in WebAssembly. */
function leb(value) {
  const bytes = [];
  for (; value > 127; value >>>= 7) bytes.push((value & 127) | 128);
  return [...bytes, value];
}

/** Fewest bytes that are worth a copy. */
const LEAST = 8;

/**
 * What makes `to` from `from`: again and again a number of bytes that are new, these bytes, where in `from` to go on (from
 * the end of the last copy, zigzag) and how many bytes to copy from there. Greedy: the longest copy at each place.
 */
export function patch(from, to) {
  const places = new Map();
  const key = (bytes, at) => bytes.toString('latin1', at, at + LEAST);
  for (let at = 0; at + LEAST <= from.length; at++) {
    const known = places.get(key(from, at));
    if (known) known.push(at);
    else places.set(key(from, at), [at]);
  }
  const out = [];
  let [fresh, end] = [0, 0];
  const lengthOf = (place, at) => {
    let length = 0;
    while (at + length < to.length && from[place + length] === to[at + length]) length++;
    return length;
  };
  for (let at = 0; at < to.length; ) {
    const found = (places.get(key(to, at)) ?? []).map((place) => ({ place, length: lengthOf(place, at) }));
    found.sort((a, b) => b.length - a.length || Math.abs(a.place - end) - Math.abs(b.place - end));
    const [best] = found;
    if (!best || best.length < LEAST) {
      at++;
      continue;
    }
    const way = best.place - end;
    out.push(...leb(at - fresh), ...to.subarray(fresh, at));
    out.push(...leb(way < 0 ? -2 * way - 1 : 2 * way), ...leb(best.length));
    at += best.length;
    fresh = at;
    end = best.place + best.length;
  }
  out.push(...leb(to.length - fresh), ...to.subarray(fresh));
  return Buffer.from(out);
}

/** Printable ASCII, without what strings of JavaScript give a meaning to. */
const LETTERS = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).filter(
  (one) => !'"$\'\\`'.includes(one),
);
/** The last two say that the byte is in the second or third part of the alphabet, and which one the next letter says. */
const PREFIXES = LETTERS.splice(-2);

/**
 * Bytes as text that deflates as well as they do: a letter for each of those that are frequent, two for each of the others.
 * So they are compressed where all other files are, by the server, and no engine has to have an inflate for them.
 * @returns how many there are, which are frequent (a bit each, four in a hexadecimal digit, the lowest first), and the text
 */
export function packed(...parts) {
  const counts = new Array(256).fill(0);
  for (const byte of Buffer.concat(parts)) counts[byte]++;
  const every = [...counts.keys()];
  const frequent = new Set(every.toSorted((a, b) => counts[b] - counts[a] || a - b).slice(0, LETTERS.length));
  // in the order of numbers: the other way round takes a longer table, and is no better
  const alphabet = [...every.filter((byte) => frequent.has(byte)), ...every.filter((byte) => !frequent.has(byte))];
  const letters = every.map((byte) => {
    const at = alphabet.indexOf(byte);
    return (PREFIXES[Math.floor(at / LETTERS.length) - 1] ?? '') + LETTERS[at % LETTERS.length];
  });
  const digits = Array.from({ length: 64 }, (_, i) =>
    [0, 1, 2, 3].reduce((sum, bit) => sum + (frequent.has(4 * i + bit) << bit), 0),
  );
  return {
    frequent: digits.map((digit) => digit.toString(16)).join(''),
    parts: parts.map((part) => ({ bytes: part.length, text: Array.from(part, (byte) => letters[byte]).join('') })),
  };
}
