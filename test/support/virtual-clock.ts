/**
 * A clock that moves only when told. Timers fire in order of time, then of creation; between two of them every promise that can go on
 * does. So a run of hours takes milliseconds and is the same each time.
 */
import type { Clock } from '../../server/world.ts';

type Timer = { readonly at: number; readonly order: number; readonly fire: () => void; cancelled: boolean };

export type VirtualClock = Clock & {
  /** Calls back at an instant. */
  at(instant: number, callback: () => void): void;
  /** Fires everything due up to `instant` and leaves the clock there. */
  runUntil(instant: number): Promise<void>;
  /** Lets every promise that waits for no timer go on. */
  drain(): Promise<void>;
};

/** Timers fired in one call of `runUntil` before it is called a livelock. */
const TIMERS_MAX = 2_000_000;

export function createVirtualClock(startAt: number): VirtualClock {
  const heap = createHeap();
  let now = startAt;
  let order = 0;
  let fired = 0;
  const schedule = (at: number, fire: () => void): Timer => {
    const timer: Timer = { at: Math.max(at, now), order: (order += 1), fire, cancelled: false };
    heap.push(timer);
    return timer;
  };
  const drain = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return {
    now: () => now,
    sleep(delayMs, signal) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted === true) return reject(signal.reason);
        const abort = (): void => {
          timer.cancelled = true;
          reject(signal?.reason);
        };
        const timer = schedule(now + Math.max(0, delayMs), () => {
          signal?.removeEventListener('abort', abort);
          resolve();
        });
        signal?.addEventListener('abort', abort, { once: true });
      });
    },
    at: (instant, callback) => void schedule(instant, callback),
    drain,
    async runUntil(instant) {
      await drain();
      const startedAfter = fired;
      const isOver = (): boolean => {
        for (let timer = heap.peek(); timer !== undefined && timer.at <= instant; timer = heap.peek()) {
          heap.pop();
          if (timer.cancelled) continue;
          if ((fired += 1) - startedAfter > TIMERS_MAX)
            throw new Error(`more than ${TIMERS_MAX} timers fired before ${instant}`);
          now = timer.at;
          timer.fire();
          return false;
        }
        now = Math.max(now, instant);
        return true;
      };
      await forEachTask(isOver);
    },
  };
}

/** Immediates queued at a time: between two of them all promises go on, and one pass of the event loop serves them all. */
const TASKS_QUEUED = 64;

/** Calls back, each time in a task of its own, until the callback returns true. */
function forEachTask(isOver: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let over = false;
    const task = (): void => {
      if (over) return;
      try {
        over = isOver();
        if (over) resolve();
      } catch (error) {
        over = true;
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    };
    const queue = (): void => {
      if (over) return;
      for (let index = 0; index < TASKS_QUEUED; index += 1) setImmediate(task);
      setImmediate(queue);
    };
    queue();
  });
}

type Heap = { push(timer: Timer): void; peek(): Timer | undefined; pop(): void };

function createHeap(): Heap {
  const timers: Timer[] = [];
  const isBefore = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);
  const swapIf = (upper: number, lower: number): boolean => {
    const [a, b] = [timers[upper], timers[lower]];
    if (a === undefined || b === undefined || !isBefore(b, a)) return false;
    timers[upper] = b;
    timers[lower] = a;
    return true;
  };
  return {
    peek: () => timers[0],
    push(timer) {
      timers.push(timer);
      for (let index = timers.length - 1; index > 0; ) {
        const parent = (index - 1) >> 1;
        if (!swapIf(parent, index)) return;
        index = parent;
      }
    },
    pop() {
      const last = timers.pop();
      if (last === undefined || timers.length === 0) return;
      timers[0] = last;
      for (let index = 0; ; ) {
        const [left, right] = [timers[2 * index + 1], timers[2 * index + 2]];
        if (left === undefined) return;
        const child = right !== undefined && isBefore(right, left) ? 2 * index + 2 : 2 * index + 1;
        if (!swapIf(index, child)) return;
        index = child;
      }
    },
  };
}
