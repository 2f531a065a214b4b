/** What the build does to a module of asc: constants with names (scripts/constants.mjs), functions in order (scripts/order.mjs). */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface Constants {
  shareConstants(text: string, options?: { readonly locals: boolean }): string;
  assemble(text: string): Uint8Array<ArrayBuffer>;
}

interface Order {
  orderFunctions(...texts: string[]): string[];
}

const script = (name: string): string => new URL(`../scripts/${name}.mjs`, import.meta.url).href;
const { shareConstants, assemble } = (await import(script('constants'))) as Constants;
const { orderFunctions } = (await import(script('order'))) as Order;

/**
 * As asc writes it: n turns of sum ← 3 sum + 1, from 5; one constant in the loop, and in a block in it another one, which is
 * not the same in all lanes.
 */
const LOOP = `(module
 (type $0 (func (param i32) (result i32)))
 (export "run" (func $run))
 (func $run (param $0 i32) (result i32)
  (local $1 v128)
  v128.const i32x4 0x00000005 0x00000005 0x00000005 0x00000005
  local.set $1
  loop $turns
   local.get $0
   if
    local.get $1
    v128.const i32x4 0x00000003 0x00000003 0x00000003 0x00000003
    i32x4.mul
    block $inner (result v128)
     v128.const i32x4 0x00000001 0x00000002 0x00000003 0x00000004
    end
    i32x4.add
    v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000
    v128.or
    local.set $1
    local.get $0
    i32.const 1
    i32.sub
    local.set $0
    br $turns
   end
  end
  local.get $1
  i32x4.extract_lane 0
 )
)`;

const run = (text: string, ...given: number[]): number => {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(assemble(text)));
  return (exports as { run: (...given: number[]) => number }).run(...given);
};

describe.each([true, false])('constants, in locals: %s', (locals) => {
  const shared = shareConstants(LOOP, { locals });

  it('have names, but for those that cost nothing', () => {
    const [before = '', after = ''] = shared.split('loop $turns');
    const [globals = '', start = ''] = before.split('(func $run (param');
    expect(globals.match(/f32\.const [^)]+/g)).toHaveLength(locals ? 3 : 2);
    expect(start.match(/global\.get \S+\nf32x4\.splat/g)).toHaveLength(locals ? 3 : 1);
    expect(after.match(/global\.get/g) ?? []).toHaveLength(locals ? 0 : 1);
    // one that is not the same in all lanes: an engine must not see what it is where it stands in a loop
    expect(start.includes('v128.const i32x4 0x00000001 0x00000002 0x00000003 0x00000004')).toBe(locals);
    expect(after.match(/v128\.const i32x4 0x00000000/g)).toHaveLength(1);
  });

  it.each([0, 1, 2, 7, 20])('leave the results of %i turns as they were', (turns) => {
    expect(run(shared, turns)).toBe(run(LOOP, turns));
    expect(run(LOOP, turns)).toBe((5.5 * 3 ** turns - 0.5) | 0);
  });

  it.each([
    '0x80000000',
    '0x00000001',
    '0x7f7fffff',
    '0x7f800000',
    '0xff800000',
    '0x7fc00000',
    '0xfffff000',
    '0x7f800001',
    '0x9e3779b9',
    '0x35bfbe8e',
  ])('keep the bits of %s', (lane) => {
    const text = LOOP.replaceAll('0x00000005', lane);
    expect(run(shareConstants(text, { locals }), 0) >>> 0).toBe(Number(lane));
  });

  it('are nothing that is found twice', () => {
    expect(shareConstants(shared, { locals: false })).toBe(shared);
  });
});

describe('functions', () => {
  const named = (text: string) => [...text.matchAll(/^ \(func (\S+)/gm)].map(([, name]) => name);
  const texts = ['simd', 'relaxed'].map((name) => shareConstants(readFileSync(`build/${name}.wat`, 'utf8')));
  const ordered = orderFunctions(...texts);

  it('are all there still, and those of both modules have the same numbers', () => {
    const [before, after] = [texts, ordered].map((list) => list.map(named));
    after?.forEach((names, i) => {
      expect(names.toSorted()).toEqual(before?.[i]?.toSorted());
    });
    const [simd = [], relaxed = []] = after ?? [];
    const common = simd.filter((name) => relaxed.includes(name));
    expect(common.length).toBeGreaterThan(100);
    expect(simd.slice(0, common.length)).toEqual(common);
    expect(relaxed.slice(0, common.length)).toEqual(common);
  });

  it.each(['simd', 'relaxed'])('were put in this order in the module %s', (name) => {
    const text = ordered[['simd', 'relaxed'].indexOf(name)] as string;
    expect(Buffer.compare(assemble(text), readFileSync(`build/${name}.wasm`))).toBe(0);
  });
});
