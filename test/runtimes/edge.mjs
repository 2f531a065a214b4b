/** A Worker at the edge that runs the subject. */
import { prepare, run } from './subject.mjs';

// while the Worker starts, not in a request: where kernels come as bytes, code may be compiled only here
const runtimes = [1, 2].map((threads) => prepare(threads));

export default {
  async fetch(request) {
    const asked = Number(new URL(request.url).searchParams.get('threads'));
    try {
      return Response.json(await run(runtimes[asked - 1]));
    } catch (error) {
      return new Response(String(error?.stack ?? error), { status: 500 });
    }
  },
};
