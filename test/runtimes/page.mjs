/** A page, and a Worker at the edge: the subject where something outside calls it. */
import { prepare, run } from './subject.mjs';

globalThis.runSubject = (threads, how, workerUrl) => run(prepare(threads), how, workerUrl);

/** The longest time in which the page could do nothing else while it trained, and how often it could, in milliseconds. */
globalThis.longestGap = async (how, fit) => {
  const gaps = [];
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    gaps.push(now - last);
    last = now;
  }, 4);
  await fit(how);
  clearInterval(timer);
  return { longest: Math.max(...gaps, performance.now() - last), turns: gaps.length };
};
