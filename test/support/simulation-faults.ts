/** Which faults one schedule suffers: each seed draws its own mix, so that rare combinations meet (swarm testing). */
import type { CallFate, HostCall } from './memory-host.ts';
import type { SeededRandom } from './seeded-random.ts';

export type FaultMix = {
  readonly dropEvent: number;
  readonly repeatEvent: number;
  readonly slowEvent: number;
  readonly rateLimited: number;
  readonly serverError: number;
  readonly requestLost: number;
  readonly answerLost: number;
  readonly lateEffect: number;
  readonly lateMsMax: number;
  readonly partialBatch: number;
  readonly tokenExpired: number;
  readonly crashes: number;
  readonly hostClockSkewMs: number;
  readonly hostClockTickMs: number;
  readonly feedLagMs: number;
};

export const NO_FAULTS: FaultMix = {
  dropEvent: 0,
  repeatEvent: 0,
  slowEvent: 0,
  rateLimited: 0,
  serverError: 0,
  requestLost: 0,
  answerLost: 0,
  lateEffect: 0,
  lateMsMax: 0,
  partialBatch: 0,
  tokenExpired: 0,
  crashes: 0,
  hostClockSkewMs: 0,
  hostClockTickMs: 1,
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
    lateEffect: some(0.5, 0.25),
    lateMsMax: random.chance(0.15) ? 1_200_000 : 30_000,
    partialBatch: some(0.4, 0.3),
    tokenExpired: some(0.2, 0.05),
    crashes: random.chance(0.6) ? random.between(1, 6) : 0,
    hostClockSkewMs: random.chance(0.4) ? random.between(-5_000, 5_000) : 0,
    hostClockTickMs: random.chance(0.3) ? 1_000 : 1,
    feedLagMs: random.chance(0.5) ? random.between(0, 30_000) : 0,
  };
}

/** Counts what was injected, so that a run can prove it was not spared. */
export type FaultCounts = Record<string, number>;

export function drawFate(mix: FaultMix, call: HostCall, random: SeededRandom, counts: FaultCounts): CallFate {
  const hit = (name: string, probability: number): boolean => {
    if (!random.chance(probability)) return false;
    counts[name] = (counts[name] ?? 0) + 1;
    return true;
  };
  const refused = (failure: Extract<CallFate, { kind: 'refused' }>['failure']): CallFate => ({
    kind: 'refused',
    failure,
  });
  if (hit('rateLimited', mix.rateLimited))
    return refused({ kind: 'rateLimited', retryAfterMs: random.between(100, 3_000), scope: 'burst' });
  if (hit('serverError', mix.serverError)) return refused({ kind: 'unavailable', retryAfterMs: null, detail: '503' });
  if (hit('tokenExpired', mix.tokenExpired)) return refused({ kind: 'authExpired' });
  if (hit('requestLost', mix.requestLost)) return { kind: 'lost' };
  if (call.kind !== 'write') return { kind: 'normal' };
  if (hit('answerLost', mix.answerLost)) return { kind: 'answer_lost' };
  if (hit('lateEffect', mix.lateEffect)) return { kind: 'late', delayMs: random.between(200, mix.lateMsMax) };
  if (hit('partialBatch', mix.partialBatch))
    return {
      kind: 'partial',
      fails: () => random.chance(0.4),
      failure: { kind: 'unavailable', retryAfterMs: null, detail: 'part of the batch' },
    };
  return { kind: 'normal' };
}
