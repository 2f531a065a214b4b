/**
 * What the threads of a team say to each other, in words of shared memory (enum Sync in abi.ts, drawn in docs/threads.md).
 * Thread 0 posts a job; the workers that are awake join it; thread 0 closes the list after a short while, and who is on it
 * does the job. So nobody waits for a thread that does not come: one that sleeps, that the machine gives no time, or that
 * is gone. Whoever waits spins first and then sleeps, never without a limit; notify is called only where someone sleeps.
 */
import { Sync } from './abi';

/** Looks at a word before falling asleep: some 50 µs, about what it costs to be woken. */
const SPINS = 40_000;
/** A nap within a job, and how many of them: ten seconds in all, after which the others are given up. */
const NAP: i64 = 100_000_000;
const NAPS = 100;
/** Looks of a thread that may not sleep: some three seconds, because a page stands still meanwhile. */
const LOOKS: i64 = 3_000_000_000;
/** How long a worker sleeps for want of work before it goes: a second. */
const IDLE: i64 = 1_000_000_000;

/** The address of a word of the block. */
function at(sync: usize, word: i32): usize {
  return sync + ((<usize>word) << 2);
}

/**
 * Waits until the word is no longer `value`; false where it still is after all naps, or when the job has failed. The word
 * behind it counts those who sleep.
 */
function changes(sync: usize, word: i32, value: i32, spins: i32, naps: i32, nap: i64): bool {
  const address = at(sync, word);
  for (let i = 0; i < spins; i++) if (atomic.load<i32>(address) !== value) return true;
  atomic.add<i32>(address + 4, 1);
  for (; naps > 0 && atomic.load<i32>(address) === value && atomic.load<i32>(at(sync, Sync.Failed)) === 0; naps--) {
    atomic.wait<i32>(address, value, nap);
  }
  atomic.sub<i32>(address + 4, 1);
  return atomic.load<i32>(address) !== value;
}

/** The same for a thread that may not sleep: it looks until the word changes, or the job has failed. */
function comes(sync: usize, word: i32, value: i32): bool {
  const address = at(sync, word);
  for (let looks = LOOKS; looks > 0; looks--) {
    if (atomic.load<i32>(address) !== value) return true;
    if ((looks & 0xffff) === 0 && atomic.load<i32>(at(sync, Sync.Failed)) !== 0) break;
  }
  return atomic.load<i32>(address) !== value;
}

/** Wakes those who sleep until the word changes, after it did. */
function wake(sync: usize, word: i32): void {
  const address = at(sync, word);
  if (atomic.load<i32>(address + 4) > 0) atomic.notify(address, -1);
}

/** The team, as seen by one of its threads. */
export class Team {
  /**
   * Waits for a job other than `seen`, spinning at first where one may come soon; false where none comes for a long time.
   */
  static awaitJob(sync: usize, seen: i32, soon: bool): bool {
    return changes(sync, Sync.Job, seen, soon ? SPINS : 0, 1, IDLE);
  }

  /**
   * Thread 0: posts the job that stands in the block, gives the workers below `wanted` that are up a chance to join (as
   * many looks as `patience`), and closes the list. Returns the list: one bit for each worker, bit t for thread t.
   */
  static post(sync: usize, wanted: i32, patience: i32): i32 {
    const joined = at(sync, Sync.Joined);
    atomic.store<i32>(joined, 0);
    atomic.add<i32>(at(sync, Sync.Job), 1);
    wake(sync, Sync.Job);
    const expected = atomic.load<i32>(at(sync, Sync.Ready)) & ((1 << wanted) - 1);
    for (let i = 0; i < patience && (atomic.load<i32>(joined) & expected) !== expected; i++) {}
    const list = atomic.or<i32>(joined, Sync.Closed);
    wake(sync, Sync.Joined);
    return list;
  }

  /** A worker: joins the job that is open and waits until the list is closed. Returns the list, or 0 where it was closed. */
  static join(sync: usize, id: i32): i32 {
    const joined = at(sync, Sync.Joined);
    let list = atomic.load<i32>(joined);
    while (true) {
      if (list & Sync.Closed) return 0;
      const found = atomic.cmpxchg<i32>(joined, list, list | (1 << id));
      if (found === list) break;
      list = found;
    }
    list |= 1 << id;
    while (!(list & Sync.Closed)) {
      if (!changes(sync, Sync.Joined, list, SPINS, NAPS, NAP)) return 0;
      list = atomic.load<i32>(joined);
    }
    return list & ~Sync.Closed;
  }

  /** Waits for all `threads` of the job; false when it has failed, or when someone does not come. */
  static barrier(sync: usize, thread: i32, threads: i32): bool {
    const phase = atomic.load<i32>(at(sync, Sync.Phase));
    if (atomic.add<i32>(at(sync, Sync.Arrived), 1) + 1 === threads) {
      atomic.store<i32>(at(sync, Sync.Arrived), 0);
      atomic.store<i32>(at(sync, Sync.Phase), phase + 1);
      wake(sync, Sync.Phase);
      return true;
    }
    const awake: bool = thread === 0 && load<i32>(at(sync, Sync.Awake)) !== 0;
    if (awake ? comes(sync, Sync.Phase, phase) : changes(sync, Sync.Phase, phase, SPINS, NAPS, NAP)) return true;
    // frees the others, and tells the caller's thread
    atomic.cmpxchg<i32>(at(sync, Sync.Failed), 0, Sync.Silent);
    wake(sync, Sync.Phase);
    return false;
  }
}
