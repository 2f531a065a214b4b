/** A page, and a Worker at the edge: the subject where something outside calls it. */
import { longestGap, prepare, run } from './subject.mjs';

globalThis.runSubject = (threads, how, workerUrl) => run(prepare(threads, workerUrl), how, workerUrl);
globalThis.longestGap = longestGap;
