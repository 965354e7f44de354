/** How long a feed rests after it has ended, by the way it ended. Pure. Whatever it says, sweeps go on meanwhile: a rest costs latency only. */
import type { FeedEnd } from '../crm/change-feed.ts';
import type { Random } from '../world.ts';

/** A stream that brought something may be opened again at once; the host ends all of them now and then. */
const AGAIN_MS = 500;
const BACKOFF_MS_MIN = 1_000;
const BACKOFF_MS_MAX = 300_000;
/** A right or a topic that is missing is given by a person, or by installing the package. */
const REFUSED_REST_MS = 1_800_000;
/** Delivered events are counted over the last 24 hours, so that some come free again within hours. */
const LIMITED_REST_MS = 4 * 3_600_000;
const JITTER = 0.5;

type Rest = 'again' | 'backoff' | 'refused' | 'limited';
/** A lost position is not waited for: the feed begins at the oldest event instead. */
const RESTS: Record<FeedEnd['kind'], Rest> = {
  closed: 'again',
  stopped: 'again',
  positionLost: 'again',
  unavailable: 'backoff',
  refused: 'refused',
  limited: 'limited',
};

/**
 * Milliseconds until the next subscription. `failures`: how often in a row the feed ended before it had brought anything, this time
 * included; a host that closes each stream at once is backed off from too.
 */
export function feedRestMs(end: FeedEnd, failures: number, random: Pick<Random, 'next'>): number {
  const spread = 1 - JITTER / 2 + random.next() * JITTER;
  return Math.round(baseMs(RESTS[end.kind], failures) * spread);
}

function baseMs(rest: Rest, failures: number): number {
  switch (rest) {
    case 'refused':
      return REFUSED_REST_MS;
    case 'limited':
      return LIMITED_REST_MS;
    case 'again':
      if (failures <= 1) return AGAIN_MS;
      break;
    case 'backoff':
      break;
  }
  return Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** Math.min(failures - 1, 20));
}
