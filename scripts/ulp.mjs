/**
 * Largest error of the functions of assembly/math.ts, in ulp, over float32 arguments, against the float64 functions of
 * the JavaScript engine (whose own error, about 1 ulp of float64, does not show here).
 *
 *     node scripts/ulp.mjs                  all 2³² bit patterns: the figures of docs/numerics.md; a quarter of an hour or so
 *     node scripts/ulp.mjs --stride 1009    every 1009th of them: a quick look
 *     node scripts/ulp.mjs exp tanh …       these functions alone
 *     node scripts/ulp.mjs --json …         one JSON object instead of the table; Infinity and NaN are strings in it
 *
 * An ulp is the distance of neighbouring float32 at the exact result: 2^(max(e, −126) − 23) for 2ᵉ ≤ |result| < 2ᵉ⁺¹.
 * Infinity counts as 2¹²⁸. NaN for a number, a number for NaN and a zero of the wrong sign are errors of Infinity.
 * Exit code 1 if an error is above the limit that assembly/math.ts and docs/numerics.md promise.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import asc from 'assemblyscript/asc';

const sigmoid = (x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)));

/**
 * Φ(x) = ½ erfc(−x/√2), relative error below 3e-13. Up to |x| = 3 as ½ + φ(x)·(x + x³/3 + x⁵/(3·5) + …) (Abramowitz and Stegun,
 * 26.2.11), from there on the tail by its continued fraction (26.2.14), which is then as quick.
 */
function normalCdf(x) {
  const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  if (Math.abs(x) < 3) {
    let sum = 0;
    let term = x;
    for (let n = 3; sum + term !== sum; n += 2) {
      sum += term;
      term *= (x * x) / n;
    }
    return 0.5 + density * sum;
  }
  const a = Math.abs(x);
  if (a > 40) return x < 0 ? 0 : 1;
  let fraction = a;
  for (let k = 120; k > 0; k--) fraction = a + k / fraction;
  const tail = density / fraction;
  return x < 0 ? tail : 1 - tail;
}

/** sin and cos of 2πu, reduced to |r| ≤ ⅛ before anything is rounded. */
function circle(u, quarters) {
  const k = Math.round(4 * u) | 0;
  const angle = 2 * Math.PI * (u - k / 4);
  return [Math.sin(angle), Math.cos(angle), -Math.sin(angle), -Math.cos(angle)][(k + quarters) & 3];
}

/**
 * Function of SimdMath → exact result, the limit of the error, the arguments it takes (all without `domain`), and
 * whether results below 2⁻¹²⁶ may come out as 0 (`flush`): those must lie from 0 to 2⁻¹²⁶, and leave the table. `call`
 * is how a function of one vector v is called that is not simply SimdMath.name(v).
 */
const FUNCTIONS = {
  exp: { exact: Math.exp, limit: 1.1 },
  expNegative: { exact: Math.exp, limit: 1.1, domain: [Number.NEGATIVE_INFINITY, 0], flush: true },
  expm1: { exact: Math.expm1, limit: 1.75 },
  log: { exact: Math.log, limit: 1 },
  log1p: { exact: Math.log1p, limit: 2, domain: [0, 1] },
  tanh: { exact: Math.tanh, limit: 1.5 },
  sigmoid: { exact: sigmoid, limit: 2.5, flush: true },
  gaussian: { exact: (x) => Math.exp((-x * x) / 2), limit: 1.25, flush: true },
  normalCdf: { exact: normalCdf, limit: 6.5, flush: true, call: 'SimdMath.normalCdf(v, SimdMath.gaussian(v))' },
  sinTwoPi: { exact: (u) => circle(u, 0), limit: 2, domain: [0, 1] },
  cosTwoPi: { exact: (u) => circle(u, 1), limit: 2, domain: [0, 1] },
};

/** Arguments per call into wasm. */
const BLOCK = 1 << 14;
const INPUT = 0;
const OUTPUT = BLOCK * 4;
const LARGE = 2 ** 128;
const TINY = 2 ** -126;

/** Compiles the functions, each as a loop over n float32 (a multiple of 4), and returns the instance's exports. */
async function build(memory) {
  const root = new URL('../', import.meta.url);
  const loops = Object.entries(FUNCTIONS).map(
    ([name, { call = `SimdMath.${name}(v)` }]) => `export function ${name}(x: usize, y: usize, n: i32): void {
  for (let end = x + ((<usize>n) << 2); x < end; x += 16, y += 16) {
    const v = v128.load(x);
    v128.store(y, ${call});
  }
}`,
  );
  await mkdir(new URL('build/', root), { recursive: true });
  await writeFile(new URL('build/ulp.ts', root), `import { SimdMath } from '../assembly/math';\n${loops.join('\n')}\n`);
  const target = ['--outFile', 'build/ulp.wasm', '--config', 'none', '--baseDir', fileURLToPath(root)];
  const options = ['-O1', '--runtime', 'stub', '--importMemory', '--noAssert', '--enable', 'simd'];
  const { error, stderr } = await asc.main(['build/ulp.ts', ...target, ...options]);
  if (error) throw new Error(`ulp: assembly/math.ts does not compile.\n${stderr.toString()}`, { cause: error });
  const module = new WebAssembly.Module(await readFile(new URL('build/ulp.wasm', root)));
  return new WebAssembly.Instance(module, { env: { memory } }).exports;
}

/** Float32's ulp for every exponent field of a float64. */
const ULP = Float64Array.from({ length: 2048 }, (_, field) => 2 ** (Math.max(field - 1023, -126) - 23));
const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
const HIGH = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0;

/** Error of `result` against `exact`, in ulp. */
function ulp(result, exact) {
  if (result === exact) return result !== 0 || Object.is(result, exact) ? 0 : Number.POSITIVE_INFINITY;
  if (Number.isNaN(exact) && Number.isNaN(result)) return 0;
  if (Number.isNaN(exact) || Number.isNaN(result)) return Number.POSITIVE_INFINITY;
  double[0] = Math.max(-LARGE, Math.min(LARGE, exact));
  const unit = Math.min(ULP[(words[HIGH] >>> 20) & 2047], 2 ** 104);
  return Math.abs(Math.max(-LARGE, Math.min(LARGE, result)) - double[0]) / unit;
}

/** Number of arguments tried of one function, every `stride`-th bit pattern, and the worst of them. */
function measure(run, { exact, limit, domain = [], flush = false }, stride, memory) {
  const [low = Number.NEGATIVE_INFINITY, high = Number.POSITIVE_INFINITY] = domain;
  const bits = new Uint32Array(memory.buffer, INPUT, BLOCK);
  const x = new Float32Array(memory.buffer, INPUT, BLOCK);
  const y = new Float32Array(memory.buffer, OUTPUT, BLOCK);
  const worst = { arguments: 0, limit, error: 0, at: Number.NaN, result: Number.NaN, exact: Number.NaN };
  for (let pattern = 0; pattern < 2 ** 32; ) {
    let filled = 0;
    for (; filled < BLOCK && pattern < 2 ** 32; pattern += stride) bits[filled++] = pattern;
    run(INPUT, OUTPUT, (filled + 3) & ~3);
    for (let i = 0; i < filled; i++) {
      const at = x[i];
      if (at < low || at > high) continue;
      const wanted = exact(at);
      const result = y[i];
      worst.arguments++;
      if (flush && wanted < TINY && result >= 0 && result <= TINY) continue;
      const error = ulp(result, wanted);
      if (error > worst.error) Object.assign(worst, { error, at, result, exact: wanted });
    }
  }
  return worst;
}

const { values, positionals } = parseArgs({
  options: { stride: { type: 'string', default: '1' }, json: { type: 'boolean' } },
  allowPositionals: true,
});
const stride = Number(values.stride);
if (!Number.isSafeInteger(stride) || stride < 1) {
  throw new RangeError(`ulp: \`--stride\` must be a positive integer. Received: ${values.stride}.`);
}
const names = positionals.length > 0 ? positionals : Object.keys(FUNCTIONS);
for (const name of names) {
  if (!Object.hasOwn(FUNCTIONS, name)) {
    throw new RangeError(`ulp: a function must be one of ${Object.keys(FUNCTIONS).join(', ')}. Received: ${name}.`);
  }
}
const memory = new WebAssembly.Memory({ initial: (BLOCK * 8) / 65536 });
const exports = await build(memory);
const rows = {};
for (const name of names) {
  rows[name] = measure(exports[name], FUNCTIONS[name], stride, memory);
  if (rows[name].error > rows[name].limit) process.exitCode = 1;
}
const plain = (_, value) => (typeof value === 'number' && !Number.isFinite(value) ? String(value) : value);
if (values.json) console.log(JSON.stringify(rows, plain));
else console.table(rows);
