/** A webhook's way to us: it may vanish, come twice, come late and so out of order, or find nobody home until the host gives up. */
import type { HostEvent } from '../../server/crm/port.ts';
import type { Scene, Side } from './simulation-scene.ts';

const TRIES_MAX = 4;

export function deliver(scene: Scene, side: Side, event: HostEvent, attempt = 0): void {
  const { clock } = scene;
  const { random, mix, wakeUps } = side;
  const hit = (name: string, probability: number): boolean => {
    const isHit = !scene.healed && probability > 0 && random.chance(probability);
    if (isHit) count(scene, name);
    return isHit;
  };
  if (!scene.healed && clock.now() < side.deafUntil) return count(scene, 'eventOverflow');
  if (hit('dropEvent', mix.dropEvent)) return;
  // A gap event names the record and leaves out who changed what.
  const heard = hit('eventGap', wakeUps.gap) ? { ...event, kind: 'changed' as const, byUs: false } : event;
  const delayMs = random.between(5, hit('slowEvent', mix.slowEvent) ? 20_000 : 800);
  clock.at(clock.now() + delayMs, () => arrive(scene, side, { event: heard, attempt, copy: 0 }));
  if (hit('repeatEvent', mix.repeatEvent))
    clock.at(clock.now() + random.between(1, 10_000), () => arrive(scene, side, { event: heard, attempt, copy: 1 }));
}

type Arrival = { readonly event: HostEvent; readonly attempt: number; readonly copy: number };

function arrive(scene: Scene, side: Side, { event, attempt, copy }: Arrival): void {
  const { clock } = scene;
  const { random } = side;
  if (!scene.isListening()) {
    if (attempt + 1 >= TRIES_MAX) return count(scene, 'eventGivenUp');
    clock.at(clock.now() + random.between(500, 5_000), () => deliver(scene, side, event, attempt + 1));
    return;
  }
  const number = Number(event.eventId.slice(1));
  if (number < side.newestEvent) count(scene, 'reordered');
  side.newestEvent = Math.max(side.newestEvent, number);
  const body = JSON.stringify({ events: [event], lifecycle: [], rejected: [] });
  const digest = `${event.eventId}/${attempt}/${copy}`;
  void scene.store.acceptDelivery({ host: side.host.host, digest, body, receivedAt: clock.now() });
  scene.wake();
}

function count({ counts }: Scene, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}
