// Gives vector constants a name each: between asc, which repeats each where it is used, and the module that is shipped.
//
// A constant takes 18 bytes wherever it stands, and V8 makes it anew at each use (three instructions on x86-64), because it
// takes constants to be cheaper than registers; an exponential with twelve of them then takes twice as long. So a constant,
// which is the same number in all four lanes, becomes a scalar global that is spread where it is needed:
//
//     global.get $constant7
//     f32x4.splat
//
// No engine looks into a global when it compiles, so this is no constant to it. In a loop it is read once in front of it into a
// local, which stays in a register, or in memory on the stack. No bit of a result changes: a splat copies bits, and so does
// a global. (A global of 128 bits would be shorter still, but V8 does not join pairs of loads of one: no turbo.)
import binaryen from 'assemblyscript/binaryen';

/** A function of asc's text format, an instruction a line. */
export const FUNCTION = /^ \(func .*?^ \)$/gms;
const CONSTANT = /^v128\.const i32x4 (\S+) (\S+) (\S+) (\S+)$/;
/** Zeros and all ones: engines make them in one instruction. */
const CHEAP = /^(0x0{8}|0xf{8})$/;

/** The bits of a float32 as the text format says them. */
function floatText(bits) {
  const value = new Float32Array(Uint32Array.of(bits).buffer)[0];
  if (Object.is(value, -0)) return '-0';
  const sign = bits >>> 31 ? '-' : '';
  if (Number.isNaN(value)) return `${sign}nan:0x${(bits & 0x7fffff).toString(16)}`;
  return Number.isFinite(value) ? String(value) : `${sign}inf`;
}

/**
 * The constants of a module in asc's text format as globals.
 * @param locals whether they stand in locals where they are used in loops: faster, and larger (each has another number in
 * each function, so that what is the same in many functions no longer looks the same)
 */
export function shareConstants(text, { locals = true } = {}) {
  const globals = new Map();
  /** A global that holds a lane, written as 0x and eight digits. */
  const globalOf = (lane) => {
    if (!globals.has(lane)) globals.set(lane, `$constant${globals.size}`);
    return globals.get(lane);
  };
  const spread = (lane) => [`global.get ${globalOf(lane)}`, 'f32x4.splat'];

  /** Instructions that make a constant in a way that engines do not see through; undefined where it may stay. */
  const made = (line, inLoop) => {
    const [, ...lanes] = CONSTANT.exec(line) ?? [];
    const same = lanes.every((lane) => lane === lanes[0]);
    if (lanes.length === 0 || (same && CHEAP.test(lanes[0]))) return undefined;
    if (same) return spread(lanes[0]);
    return inLoop ? [line, ...spread('0x00000000'), 'v128.or'] : undefined;
  };

  const shareIn = (code) => {
    const lines = code.split('\n').map((line) => line.trim());
    const begin = lines.findIndex((line, i) => i > 0 && !line.startsWith('(local '));
    const sets = [];
    const names = new Map();
    const open = [];
    for (const line of locals ? lines : []) {
      const [word] = line.split(' ');
      if (word === 'block' || word === 'loop' || word === 'if') open.push(word);
      else if (word === 'end') open.pop();
      if (!open.includes('loop') || names.has(line)) continue;
      const instructions = made(line, true);
      if (!instructions) continue;
      names.set(line, `$constant${names.size}`);
      sets.push(...instructions, `local.set ${names.get(line)}`);
    }
    const body = lines.slice(begin).flatMap((line) => {
      return names.has(line) ? `local.get ${names.get(line)}` : (made(line, false) ?? line);
    });
    // numbers before vectors, and those of asc before ours: functions that are alike then have the same numbers more often
    const declared = lines.slice(1, begin).sort((a, b) => Number(a.includes('v128')) - Number(b.includes('v128')));
    const ours = [...names.values()].map((name) => `(local ${name} v128)`);
    return [` ${lines[0]}`, ...declared, ...ours, ...sets, ...body.slice(0, -1), ' )'].join('\n');
  };

  const shared = text.replace(FUNCTION, shareIn);
  const declarations = [...globals].map(
    ([lane, name]) => ` (global ${name} f32 (f32.const ${floatText(Number(lane))}))\n`,
  );
  return shared.replace(/^ \(func /m, (first) => declarations.join('') + first);
}

/** The bytes of a module in text format, without values that are put where they are already. */
export function assemble(text) {
  const module = binaryen.parseText(text);
  try {
    module.runPasses(['rse']);
    return module.emitBinary();
  } finally {
    module.dispose();
  }
}
