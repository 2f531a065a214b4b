/** The step of the build that takes vector constants out of loops (scripts/constants.mjs). */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface Constants {
  hoistConstants(text: string): string;
  assemble(text: string): Uint8Array<ArrayBuffer>;
}

const script = new URL('../scripts/constants.mjs', import.meta.url).href;
const { hoistConstants, assemble } = (await import(script)) as Constants;

/** As asc writes it: n turns of sum ← 3 sum + 1, from 5; the constants in the loop, and in a block in it. */
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
     v128.const i32x4 0x00000001 0x00000001 0x00000001 0x00000001
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

describe('constants of loops', () => {
  const hoisted = hoistConstants(LOOP);

  it('stand in front of the loop, but for those that cost nothing', () => {
    const [before, after] = hoisted.split('loop $turns');
    expect(before?.match(/v128\.const \S+ (\S+)/g)).toEqual([
      'v128.const i32x4 0x00000003',
      'v128.const i32x4 0x00000001',
      'v128.const i32x4 0x00000005',
    ]);
    expect(after?.match(/v128\.const \S+ (\S+)/g)).toEqual(['v128.const i32x4 0x00000000']);
  });

  it.each([0, 1, 2, 7, 20])('leave the results of %i turns as they were', (turns) => {
    const [was, is] = [LOOP, hoisted].map((text) => {
      const { exports } = new WebAssembly.Instance(new WebAssembly.Module(assemble(text)));
      return (exports as { run: (turns: number) => number }).run(turns);
    });
    expect(is).toBe(was);
    expect(was).toBe((5.5 * 3 ** turns - 0.5) | 0);
  });

  it('are nothing that is found twice', () => {
    expect(hoistConstants(hoisted)).toBe(hoisted);
  });

  it.each(['simd', 'relaxed'])('were taken out of the module %s', (name) => {
    const text = readFileSync(`build/${name}.wat`, 'utf8');
    expect(hoistConstants(text)).not.toBe(text);
    expect(Buffer.compare(assemble(hoistConstants(text)), readFileSync(`build/${name}.wasm`))).toBe(0);
  });
});
