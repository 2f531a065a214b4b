/** The worker of a background fit: bundled into the text that src/model/background/script.ts completes. */
import { resolveNetwork } from '../../model/network.js';
import type { LossName } from '../../nn/losses.js';
import type { MetricName } from '../../nn/metrics.js';
import { Runtime } from '../../runtime/runtime.js';
import { VERSION } from '../../runtime/version.generated.js';
import { ArrayTraining } from '../arraytraining.js';
import type { SavedModel } from '../checkpoint.js';
import type { Compiled } from '../config.js';
import { arrangeFit } from '../fit.js';
import { inputSize } from '../inputsize.js';
import { ModelState } from '../state.js';
import { giveBack } from '../yield.js';
import {
  type Assignment,
  buffersOf,
  type EndReport,
  type Failure,
  type Order,
  type Port,
  type Report,
} from './messages.js';

/** Milliseconds between two epochs that are told where nobody waits for them. */
const TELL_MS = 250;

/** Orders, as they come. */
class Orders {
  aborted = false;
  #waiting: ((order: Order) => void) | undefined;

  take(order: Order): void {
    if (order === 'abort') this.aborted = true;
    this.#waiting?.(order);
    this.#waiting = undefined;
  }

  /** The next order; at once where the work was aborted before. */
  next(): Promise<Order> {
    if (this.aborted) return Promise.resolve('abort');
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }
}

/** What a model is made from: its configuration was checked when the caller's was made. */
function compiledOf({
  config,
  loss,
  optimizer,
  clipNorm,
  clipValue,
  metrics,
  features,
}: SavedModel): Compiled<LossName, MetricName> {
  const { width, channels } = inputSize(config.input);
  const network = resolveNetwork(width, config.layers);
  return {
    config,
    network,
    seed: config.seed ?? 0,
    channels,
    loss,
    optimizer,
    clipNorm,
    clipValue,
    metrics,
    ...(features && { features }),
  };
}

/** Name, text and own fields of an error. */
function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), facts: {} };
  const { name, message, stack: _, cause: __, ...facts } = error as Error & Record<string, unknown>;
  return { name, message, facts };
}

async function train(
  given: Assignment,
  orders: Orders,
  post: (report: Report<string>) => void,
): Promise<EndReport<string>> {
  const { options, attended, progress } = given;
  const state = new ModelState(compiledOf(given.saved), Runtime.from(given.runtime));
  try {
    state.restore(given.saved);
    const training = new ArrayTraining(state, given.rows);
    const checked = { ...given, training };
    const { session, release } = arrangeFit<string>(state, given.where, checked);
    const start = performance.now();
    let slice = start;
    let told = start;
    let failure: Failure | undefined;
    const slices = session.run(() => {
      const now = performance.now();
      if (now - start >= options.timeLimit) session.stop('timeLimit');
      return now - slice >= options.sliceMs;
    });
    try {
      for (const logs of slices) {
        if (logs && !(logs instanceof Promise) && (attended || performance.now() - told >= TELL_MS)) {
          post({ kind: 'epoch', logs, history: session.history, saved: state.saved(true) });
          if ((await orders.next()) === 'stop') session.stop('callback');
          told = performance.now();
          slice = told;
        }
        if (orders.aborted) break;
        if (performance.now() - slice < options.sliceMs) continue;
        if (progress) post({ kind: 'progress', progress: session.progress });
        await giveBack();
        if (orders.aborted) break;
        slice = performance.now();
      }
    } catch (error) {
      failure = failureOf(error);
    } finally {
      release();
    }
    return {
      kind: 'end',
      history: session.hasHistory ? session.history : undefined,
      saved: state.saved(true),
      failure,
    };
  } finally {
    state.core.release();
  }
}

/** Does what it was started for, and goes. */
export async function trainHere(given: Assignment, port: Port): Promise<void> {
  port.post({ kind: 'begun', version: VERSION }, []);
  if (given.version !== VERSION) return port.close();
  const orders = new Orders();
  port.listen((order) => orders.take(order));
  const post = (report: Report<string>): void => {
    port.post(report, 'saved' in report && report.saved ? buffersOf(report.saved) : []);
  };
  let end: EndReport<string>;
  try {
    end = await train(given, orders, post);
  } catch (error) {
    end = { kind: 'end', history: undefined, saved: undefined, failure: failureOf(error) };
  }
  post(end);
  port.close();
}
