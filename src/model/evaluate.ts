import { Step } from '../../assembly/abi.js';
import type { Core } from './core.js';
import { nextStretch, type Supply } from './supply.js';

/** Evaluates rows in chunks; yields between slices where `pause` says so, returns the logs. */
export function* evaluateSlices<Wait extends Promise<void>>(
  core: Core,
  supply: Supply<Wait>,
  unit: Float32Array | undefined,
  pause: () => boolean,
): Generator<Wait | undefined, Record<string, number>> {
  const chunk = core.chunkRows;
  supply.begin(undefined, Number.POSITIVE_INFINITY);
  const loaded = core.evaluation({ rows: chunk, ...supply.form });
  const { program } = loaded;
  core.clear(loaded);
  for (;;) {
    const here = yield* nextStretch(supply);
    if (!here) return core.logs(loaded, unit);
    here.bind(program);
    for (let begin = 0; begin < here.rows; begin += chunk) {
      program.step.setWord(Step.First, begin);
      program.step.setWord(Step.Rows, Math.min(chunk, here.rows - begin));
      core.prepare(loaded);
      for (const slice of program.slices) {
        program.runSlice(slice);
        if (pause()) yield;
      }
    }
  }
}
