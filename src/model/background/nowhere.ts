/** `#background` where there are no workers: in Cloudflare Workers and at Vercel's edge. */
import { UnsupportedError } from '../../errors.js';
import type { trainAfar as train } from './fit.js';

/** In the place of a background fit: refuses. */
export const trainAfar: typeof train = (_state, where) => {
  throw new UnsupportedError(
    `${where}: there are no workers here, so nothing trains in the background. ` +
      'Help: train in slices, `fitSync(x, y, { epochs, maxSamples, resume: true })`, one in each request.',
  );
};
