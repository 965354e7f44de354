/**
 * What can go wrong in a schedule, and how the engine is set up in it. Every seed draws its own mix (swarm testing): most faults are absent
 * from most schedules, so that a schedule rich in one kind is not always drowned by the others.
 */
import type { HostFailure } from '../../server/crm/port.ts';
import type { CallFate, HostCall } from './memory-host.ts';
import type { SeededRandom } from './seeded-random.ts';

const HOUR_MS = 3_600_000;

/** Probabilities per event or per call unless the name says otherwise. */
export type FaultMix = {
  readonly dropEvent: number;
  readonly repeatEvent: number;
  /** Events that take up to 20 s, and so arrive after later ones. */
  readonly slowEvent: number;
  readonly rateLimited: number;
  readonly serverError: number;
  readonly requestLost: number;
  readonly answerLost: number;
  readonly truncatedAnswer: number;
  readonly lateEffect: number;
  readonly lateMsMax: number;
  readonly partialBatch: number;
  readonly tokenExpired: number;
  /** The token expires with part of a batch written. */
  readonly tokenExpiredMidBatch: number;
  /** Crashes at any instant of virtual time. */
  readonly crashes: number;
  /** Crashes right before or right after the effect of a call of a port: between two awaits. */
  readonly crashAtCall: number;
  /** Every process is gone for this long, and no event is kept for it. */
  readonly outageMs: number;
  /** The daily quota of every portal is used up for this long. */
  readonly quotaGoneMs: number;
  readonly hostClockSkewMs: number;
  readonly hostClockTickMs: number;
  /** Difference of the second process's clock from the first one's. */
  readonly processClockSkewMs: number;
  readonly feedLagMs: number;
};

/** What only a feed of change events can suffer; the sweep is then all there is. */
export type WakeUpMix = {
  /** Probability that an event says only which record changed. */
  readonly gap: number;
  /** How long the feed overflows and loses everything, or the day's events are used up. */
  readonly deafMs: number;
};
export const NO_GAPS: WakeUpMix = { gap: 0, deafMs: 0 };

export function drawWakeUps(random: SeededRandom): WakeUpMix {
  const gap = random.chance(0.4) ? random.next() * 0.4 : 0;
  const isExhausted = random.chance(0.15);
  const deafMs = isExhausted ? HOUR_MS : random.chance(0.35) ? random.between(5_000, 90_000) : 0;
  return { gap, deafMs };
}

/** How many processes work on the one store, and how eagerly. */
export type Deployment = {
  readonly processes: number;
  readonly workerCount: number;
  readonly pollMs: number;
  readonly directoryMs: number;
};

export const NO_FAULTS: FaultMix = {
  dropEvent: 0,
  repeatEvent: 0,
  slowEvent: 0,
  rateLimited: 0,
  serverError: 0,
  requestLost: 0,
  answerLost: 0,
  truncatedAnswer: 0,
  lateEffect: 0,
  lateMsMax: 0,
  partialBatch: 0,
  tokenExpired: 0,
  tokenExpiredMidBatch: 0,
  crashes: 0,
  crashAtCall: 0,
  outageMs: 0,
  quotaGoneMs: 0,
  hostClockSkewMs: 0,
  hostClockTickMs: 1,
  processClockSkewMs: 0,
  feedLagMs: 0,
};

export function drawFaults(random: SeededRandom): FaultMix {
  const some = (probability: number, most: number): number => (random.chance(probability) ? random.next() * most : 0);
  return {
    dropEvent: some(0.5, 0.4),
    repeatEvent: some(0.6, 0.4),
    slowEvent: some(0.6, 0.3),
    rateLimited: some(0.4, 0.3),
    serverError: some(0.4, 0.25),
    requestLost: some(0.4, 0.15),
    answerLost: some(0.6, 0.3),
    truncatedAnswer: some(0.4, 0.2),
    lateEffect: some(0.5, 0.25),
    lateMsMax: random.chance(0.15) ? 1_200_000 : 30_000,
    partialBatch: some(0.4, 0.3),
    tokenExpired: some(0.2, 0.05),
    tokenExpiredMidBatch: some(0.2, 0.1),
    crashes: random.chance(0.6) ? random.between(1, 6) : 0,
    crashAtCall: some(0.4, 0.03),
    outageMs: random.chance(0.08) ? random.between(HOUR_MS, 72 * HOUR_MS) : 0,
    quotaGoneMs: random.chance(0.08) ? random.between(HOUR_MS, 6 * HOUR_MS) : 0,
    hostClockSkewMs: random.chance(0.4) ? random.between(-5_000, 5_000) : 0,
    hostClockTickMs: random.chance(0.3) ? 1_000 : 1,
    processClockSkewMs: random.chance(0.3) ? random.between(-5_000, 5_000) : 0,
    feedLagMs: random.chance(0.5) ? random.between(0, 30_000) : 0,
  };
}

export function drawDeployment(random: SeededRandom, mix: FaultMix): Deployment {
  const isLong = mix.quotaGoneMs > 0;
  return {
    processes: random.chance(0.25) ? 2 : 1,
    workerCount: random.between(1, 3),
    pollMs: isLong ? 60_000 : random.pick([5_000, 20_000, 60_000]),
    directoryMs: isLong ? 60_000 : random.pick([2_000, 30_000, 60_000]),
  };
}

/** Counts what was injected, so that a run can prove it was not spared. */
export type FaultCounts = Record<string, number>;

export function drawFate(mix: FaultMix, call: HostCall, random: SeededRandom, counts: FaultCounts): CallFate {
  const hit = (name: string, probability: number): boolean => {
    if (probability === 0 || !random.chance(probability)) return false;
    counts[name] = (counts[name] ?? 0) + 1;
    return true;
  };
  const refused = (failure: HostFailure): CallFate => ({ kind: 'refused', failure });
  if (hit('rateLimited', mix.rateLimited))
    return refused({ kind: 'rateLimited', retryAfterMs: random.between(100, 3_000), scope: 'burst' });
  if (hit('serverError', mix.serverError)) return refused({ kind: 'unavailable', retryAfterMs: null, detail: '503' });
  if (hit('tokenExpired', mix.tokenExpired)) return refused({ kind: 'authExpired' });
  if (hit('requestLost', mix.requestLost)) return { kind: 'lost' };
  if (hit('truncatedAnswer', mix.truncatedAnswer)) return { kind: 'truncated' };
  if (call.kind !== 'write') return { kind: 'normal' };
  if (hit('answerLost', mix.answerLost)) return { kind: 'answer_lost' };
  if (hit('lateEffect', mix.lateEffect)) return { kind: 'late', delayMs: random.between(200, mix.lateMsMax) };
  if (hit('tokenExpiredMidBatch', mix.tokenExpiredMidBatch))
    return { kind: 'cut', takesEffect: random.between(0, call.size), failure: { kind: 'authExpired' } };
  if (hit('partialBatch', mix.partialBatch))
    return {
      kind: 'partial',
      fails: () => random.chance(0.4),
      failure: { kind: 'unavailable', retryAfterMs: null, detail: 'part of the batch' },
    };
  return { kind: 'normal' };
}

/** While the daily quota is used up, every call is refused until midnight, or until the vendor thinks better of it. */
export function quotaFate(leftMs: number, random: SeededRandom, counts: FaultCounts): CallFate {
  counts['quotaGone'] = (counts['quotaGone'] ?? 0) + 1;
  const retryAfterMs = random.chance(0.5) ? leftMs : random.between(1_000, 900_000);
  return { kind: 'refused', failure: { kind: 'rateLimited', retryAfterMs, scope: 'daily' } };
}
