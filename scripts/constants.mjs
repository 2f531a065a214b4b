// Takes vector constants out of loops: between asc, which repeats each where it is used, and the module that is shipped.
//
// V8 makes a v128.const anew at each use (three instructions on x86-64), because it takes constants to be cheaper than
// registers; an exponential with twelve of them then takes twice as long. So a function with constants in its loops gets a
// local for each, which is set once, to
//
//     constant | splat(clz(first parameter) >>> 6)
//
// The right side is 0 whatever the parameter (clz is at most 32), but no engine looks for that, so the local is no constant to
// it: it stays in a register, or in memory on the stack. No bit of a result changes, and the module becomes smaller, a local
// being named in 2 bytes and a constant in 18.
import binaryen from 'assemblyscript/binaryen';

/** Zeros and all ones: engines make them in one instruction. */
const CHEAP = /^v128\.const i32x4(?: 0x00000000){4}$|^v128\.const i32x4(?: 0xffffffff){4}$/;

/** The vector constants that stand within loops of a function, given its lines. */
function inLoops(lines) {
  const found = new Set();
  const open = [];
  for (const line of lines) {
    const [word] = line.split(' ');
    if (word === 'block' || word === 'loop' || word === 'if') open.push(word);
    else if (word === 'end') open.pop();
    else if (word === 'v128.const' && open.includes('loop') && !CHEAP.test(line)) found.add(line);
  }
  return [...found];
}

/** One function of asc's text format, an instruction a line. */
function hoistFunction(text) {
  const lines = text.split('\n');
  const constants = inLoops(lines.map((line) => line.trim()));
  // what tells nothing of itself beforehand: a parameter
  if (constants.length === 0 || !/^ \(func .*\(param \$0 i32\)/.test(lines[0])) return text;
  const names = new Map(constants.map((constant, i) => [constant, `$constant${i}`]));
  const locals = ['$zero', ...names.values()].map((name) => `(local ${name} v128)`);
  const zero = ['local.get $0', 'i32.clz', 'i32.const 6', 'i32.shr_u', 'i32x4.splat', 'local.set $zero'];
  const sets = [...names].flatMap(([constant, name]) => [constant, 'local.get $zero', 'v128.or', `local.set ${name}`]);
  const begin = lines.findIndex((line, i) => i > 0 && !line.startsWith('  (local '));
  const body = lines.slice(begin).map((line) => {
    const name = names.get(line.trim());
    return name === undefined ? line : `local.get ${name}`;
  });
  return [...lines.slice(0, begin), ...locals, ...zero, ...sets, ...body].join('\n');
}

/** A module in asc's text format, with the vector constants of loops in locals. */
export function hoistConstants(text) {
  return text.replace(/^ \(func .*?^ \)$/gms, hoistFunction);
}

/** The bytes of a module in text format. */
export function assemble(text) {
  const module = binaryen.parseText(text);
  try {
    return module.emitBinary();
  } finally {
    module.dispose();
  }
}
