/**
 * A server that learns while it serves: POST /learn with { x, label } makes one update, POST /answer with { x } gives a
 * label. Both take well under a millisecond, so they run between requests.
 */
import { createServer, type Server } from 'node:http';
import { ArgumentError, dense, sequential, sgd } from 'lanegrad';

// classes are declared: no single example could tell all of them
const model = sequential({
  input: 12,
  classes: ['ham', 'spam'],
  layers: [dense(16, { activation: 'relu' }), dense(2, { activation: 'softmax' })],
}).compile({ optimizer: sgd({ learningRate: 0.05 }), loss: 'crossEntropy' });

/** One update on one example; returns its loss before the update. */
export const learn = (x: number[], label: string): number => model.trainOnBatch([x], [label]).loss;

/** The likelier label. */
export const answer = (x: number[]): string => model.predictLabels([x])[0] as string;

/** Starts the server; port 0 takes any that is free. */
export function serve(port: number): Server {
  return createServer(async (request, response) => {
    const reply = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    try {
      let text = '';
      for await (const part of request) text += part;
      const { x, label } = JSON.parse(text);
      if (request.url === '/learn') reply(200, { loss: learn(x, label) });
      else if (request.url === '/answer') reply(200, { label: answer(x) });
      else reply(404, { error: 'POST /learn or /answer' });
    } catch (error) {
      // what the caller got wrong is refused in one sentence, and the model is as it was
      const mistaken = error instanceof ArgumentError || error instanceof SyntaxError;
      reply(mistaken ? 400 : 500, { error: String(error) });
    }
  }).listen(port);
}
