import { BEGIN_WORKER } from '../../runtime/hostthread.js';
import { SERVE } from '../../runtime/worker.js';
import { TRAINER } from './trainer.generated.js';

/**
 * The whole of a worker that trains, as text (`lanegrad/worker.js` is this, as a file): what training needs of the library, and
 * nothing that has to be found. It serves in a team too, so that one file does for both.
 */
export const SCRIPT = `{
${SERVE}
${TRAINER}
const begin = (data, port) => {
  if (data.sync === undefined) return trainer.trainHere(data, port);
  serveTeam(data);
  port.close();
};
${BEGIN_WORKER}
}`;
