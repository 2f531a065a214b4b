/**
 * A Worker that trains: a Durable Object holds the rows and the model, and every request to /train does a slice of the work.
 * Nothing but stored bytes is kept between two requests, and the slices end with the bytes of one uninterrupted fit.
 */
import { Hono } from 'hono';
import { ArgumentError, load } from 'lanegrad';
import { BUDGET, EPOCHS, fresh, runtime } from './model.js';

interface Rows {
  readonly x: number[][];
  readonly y: string[];
}

/** The part of a Durable Object's storage that is used here. */
interface Storage {
  get<T>(key: string): Promise<T | undefined>;
  put(entries: Readonly<Record<string, unknown>>): Promise<void>;
}

/** The Durable Object: one request at a time. */
export class Trainer {
  readonly #app = new Hono();
  readonly fetch = (request: Request) => this.#app.fetch(request);

  constructor({ storage }: { readonly storage: Storage }) {
    this.#app.put('/rows', async (context) => {
      using model = fresh();
      await storage.put({ rows: await context.req.json<Rows>(), model: model.save({ optimizer: true }) });
      return context.json({ budget: BUDGET });
    });
    this.#app.post('/train', async (context) => {
      const [rows, bytes] = [await storage.get<Rows>('rows'), await storage.get<Uint8Array>('model')];
      if (!rows || !bytes) return context.json({ error: 'PUT /rows first' }, 409);
      using model = load<'crossEntropy', 'accuracy'>(bytes, { runtime });
      const options = { epochs: EPOCHS, maxSamples: BUDGET, resume: true };
      const { stopReason, metrics } = model.fitSync(rows.x, rows.y, options);
      await storage.put({ model: model.save({ optimizer: true }) });
      return context.json({ stopReason, loss: metrics.loss });
    });
    this.#app.post('/predict', async (context) => {
      const bytes = await storage.get<Uint8Array>('model');
      if (!bytes) return context.json({ error: 'PUT /rows first' }, 409);
      using model = load(bytes, { runtime });
      const { x } = await context.req.json<Pick<Rows, 'x'>>();
      return context.json({ labels: model.predictLabels(x) });
    });
    this.#app.get('/model', async () => new Response((await storage.get<Uint8Array<ArrayBuffer>>('model')) ?? null));
    // what the caller got wrong is refused in one sentence, and what is stored stays as it was
    this.#app.onError((error, context) =>
      context.json({ error: error.message }, error instanceof ArgumentError ? 400 : 500),
    );
  }
}

/** Does in small what requests do. */
function warmUp() {
  const y = ['in', 'out'];
  const x = y.map((_, i) => [i, 1 - i]);
  using model = fresh();
  model.fitSync(x, y, { epochs: 1 });
  using again = load<'crossEntropy', 'accuracy'>(model.save({ optimizer: true }), { runtime });
  again.fitSync(x, y, { epochs: 2, resume: true });
  again.predictLabels(x);
}

// engines translate code when it runs often: while the Worker starts, for which it has a second, rather than in requests
for (let round = 0; round < 10; round++) warmUp();

interface Env {
  readonly TRAINER: {
    getByName(name: string): { fetch(request: Request): Promise<Response> };
  };
}

export default {
  fetch: (request: Request, env: Env) => env.TRAINER.getByName('the one model').fetch(request),
};
