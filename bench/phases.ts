/**
 * Loaded in front of the command (`node --import`): notes when its phases end, from outside, and prints milliseconds since the
 * process began as JSON on the standard error at the end. The command itself knows nothing of it.
 */
import { createRequire, syncBuiltinESMExports } from 'node:module';
import type { Phase } from './phasenames.js';

const ends = new Map<Phase, number>();
const end = (phase: Phase) => ends.set(phase, performance.now());

type Call = (...values: readonly unknown[]) => unknown;

/** Calls `before` in front of every call of a function of a module that comes with Node. */
function watch(module: string, name: string, before: (values: readonly unknown[]) => readonly unknown[]): void {
  const parts = createRequire(import.meta.url)(module) as Record<string, Call>;
  const own = parts[name] as Call;
  parts[name] = function (this: unknown, ...values) {
    return own.apply(this, [...before(values)]);
  };
}

end('Node');
// the folder of the data set is the first that is listed, when all is imported and the options are understood
watch('node:fs/promises', 'readdir', (values) => {
  if (!ends.has('import')) end('import');
  return values;
});
watch('node:zlib', 'gunzip', (given) => [
  ...given.slice(0, -1),
  (...values: readonly unknown[]) => {
    end('reading, unpacking');
    (given.at(-1) as Call)(...values);
  },
]);
// the first file that is written is the model
for (const name of ['open', 'writeFile']) {
  watch('node:fs/promises', name, (values) => {
    if (ends.has('training') && !ends.has('judging, report')) end('judging, report');
    return values;
  });
}
syncBuiltinESMExports();

const write = process.stdout.write.bind(process.stdout) as Call;
process.stdout.write = ((...values: readonly unknown[]) => {
  const text = String(values[0]);
  if (text.startsWith('{"event":"start"')) end('splitting, building');
  if (text.startsWith('{"event":"epoch"')) end('training');
  if (text.startsWith('{"event":"result"')) end('saving');
  return write(...values);
}) as typeof process.stdout.write;

process.on('exit', () => {
  process.stderr.write(`phases ${JSON.stringify(Object.fromEntries(ends))}\n`);
});
