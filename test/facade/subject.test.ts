/** What `npm run test:runtimes` runs in every runtime, here from the sources: a change of its bits shows at once. */
import type { Runtime } from 'lanegrad';
import { expect, it } from 'vitest';
import reproducible from '../reproducible.json' with { type: 'json' };

interface Subject {
  prepare(): Runtime;
  run(runtime: Runtime): Promise<{ parameters: string; predictions: string }>;
}

it('the training of test/runtimes/subject.mjs has the recorded bits', async () => {
  const file = new URL('../runtimes/subject.mjs', import.meta.url).href;
  const { prepare, run } = (await import(file)) as Subject;
  const { parameters, predictions } = reproducible.subject;
  expect(await run(prepare())).toMatchObject({ parameters, predictions });
});
