/** A page, and a Worker at the edge: the subject where something outside calls it. */
import { prepare, run } from './subject.mjs';

globalThis.runSubject = (threads) => run(prepare(threads));
