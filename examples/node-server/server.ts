/**
 * A Hono server that learns from its requests: POST /learn with { x, label } makes one update, POST /answer with { x } gives
 * a label, GET /model the model as bytes. Both take well under a millisecond, so they run between requests.
 */
import { fileURLToPath } from 'node:url';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { ArgumentError, dense, sequential, sgd } from 'lanegrad';

// classes are declared: no single example could tell all of them
const model = sequential({
  input: 12,
  seed: 1,
  classes: ['ham', 'spam'],
  layers: [dense(16, { activation: 'relu' }), dense(2, { activation: 'softmax' })],
}).compile({ optimizer: sgd({ learningRate: 0.05 }), loss: 'crossEntropy' });

export const app = new Hono();
app.post('/learn', async (context) => {
  const { x, label } = await context.req.json<{ x: number[]; label: string }>();
  return context.json({ loss: model.trainOnBatch([x], [label]).loss });
});
app.post('/answer', async (context) => {
  const { x } = await context.req.json<{ x: number[] }>();
  return context.json({ label: model.predictLabels([x])[0] });
});
app.get('/model', (context) => context.body(model.save({ optimizer: true })));
// what the caller got wrong is refused in one sentence, and the model is as it was
app.onError((error, context) => {
  const mistaken = error instanceof ArgumentError || error instanceof SyntaxError;
  return context.json({ error: error.message }, mistaken ? 400 : 500);
});

/** Starts the server; port 0 takes any that is free. */
export const listen = (port: number) =>
  serve({ fetch: app.fetch, port }, (address) => console.log(`listening on http://localhost:${address.port}`));

// `node server.js 3000` after compiling, `bun server.ts 3000`, `deno run --allow-net server.ts 3000`
if (process.argv[1] === fileURLToPath(import.meta.url)) listen(Number(process.argv[2] ?? 3000));
