/** What `npm run test:runtimes` runs in every runtime, here from the sources: a change of its bits shows at once. */
import type { Runtime } from 'lanegrad';
import { expect, it } from 'vitest';
import reproducible from '../reproducible.json' with { type: 'json' };

interface Subject {
  prepare(threads?: number): Runtime;
  run(runtime: Runtime): Promise<{ parameters: string; predictions: string; threads: number; together: number }>;
}

it('the training of test/runtimes/subject.mjs has the recorded bits with one thread and with three', async () => {
  const file = new URL('../runtimes/subject.mjs', import.meta.url).href;
  const { prepare, run } = (await import(file)) as Subject;
  const { parameters, predictions } = reproducible.subject;
  for (const threads of [1, 3]) {
    expect(await run(prepare(threads))).toMatchObject({ parameters, predictions, threads, together: threads });
  }
});
