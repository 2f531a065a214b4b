/**
 * A Worker at the edge: its model lives in a key-value store. A POST with { x } gets labels; with { x, y } the model learns
 * from these rows and is stored again, optimizer and all, so that the next request goes on exactly where this one ended. Of two requests at the same time, a key-value store keeps what the
 * last one learned; examples/cloudflare-worker has a Durable Object, which takes one after the other.
 */
import { ArgumentError, load } from 'lanegrad';

/** The part of a key-value store that is used here. */
export interface Store {
  get(key: string, type: 'arrayBuffer'): Promise<ArrayBuffer | null>;
  put(key: string, value: Uint8Array): Promise<void>;
}

interface Question {
  readonly x: number[][];
  readonly y?: string[];
}

export default {
  /** Answers one request. */
  async fetch(request: Request, env: { readonly KV: Store }): Promise<Response> {
    const bytes = await env.KV.get('model', 'arrayBuffer');
    if (!bytes) return new Response('no model', { status: 404 });
    // `using` gives the model's memory back at the end of the request
    using model = load<'crossEntropy'>(new Uint8Array(bytes));
    const { x, y } = (await request.json()) as Question;
    try {
      if (!y) return Response.json({ labels: model.predictLabels(x) });
      // processor time is short here: a bound on the rows rather than on the clock, which stands still meanwhile
      const { stopReason } = model.fitSync(x, y, { maxSamples: 2000 });
      await env.KV.put('model', model.save({ optimizer: true }));
      return Response.json({ stopReason });
    } catch (error) {
      if (!(error instanceof ArgumentError)) throw error;
      return Response.json({ error: error.message }, { status: 400 });
    }
  },
};
