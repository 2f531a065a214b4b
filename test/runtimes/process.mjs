/**
 * A process of Node, Bun or Deno: runs the subject with each number of threads named in its arguments (`2`, or `2:background`),
 * one line of JSON each.
 */
import { prepare, run } from './subject.mjs';

const { Bun, Deno } = globalThis;
const { versions } = process;
const facts = Deno
  ? { version: Deno.version.deno, engine: `V8 ${Deno.version.v8}` }
  : Bun
    ? { version: Bun.version, engine: `JavaScriptCore ${(versions.webkit ?? '').slice(0, 7)}` }
    : { version: versions.node, engine: `V8 ${versions.v8}` };

for (const argument of Deno?.args ?? process.argv.slice(2)) {
  const [threads, how] = argument.split(':');
  const outcome = await run(prepare(Number(threads)), how);
  console.log(JSON.stringify({ ...facts, ...outcome }));
}
