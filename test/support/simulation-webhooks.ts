/** A webhook's way to us: it may vanish, come twice, come late and so out of order, or find nobody home until the host gives up. */
import type { HostEvent } from '../../server/crm/port.ts';
import type { Scene } from './simulation-scene.ts';

const TRIES_MAX = 4;

export function deliver(scene: Scene, event: HostEvent, attempt = 0): void {
  const { random, mix, clock } = scene;
  const hit = (name: string, probability: number): boolean => {
    const isHit = !scene.healed && probability > 0 && random.chance(probability);
    if (isHit) count(scene, name);
    return isHit;
  };
  if (hit('dropEvent', mix.dropEvent)) return;
  const delayMs = random.between(5, hit('slowEvent', mix.slowEvent) ? 20_000 : 800);
  clock.at(clock.now() + delayMs, () => arrive(scene, event, { attempt, copy: 0 }));
  if (hit('repeatEvent', mix.repeatEvent))
    clock.at(clock.now() + random.between(1, 10_000), () => arrive(scene, event, { attempt, copy: 1 }));
}

function arrive(scene: Scene, event: HostEvent, which: { readonly attempt: number; readonly copy: number }): void {
  const { random, clock } = scene;
  const { attempt, copy } = which;
  if (!scene.isListening()) {
    if (attempt + 1 >= TRIES_MAX) return count(scene, 'eventGivenUp');
    clock.at(clock.now() + random.between(500, 5_000), () => deliver(scene, event, attempt + 1));
    return;
  }
  const number = Number(event.eventId.slice(1));
  if (number < scene.newestEvent) count(scene, 'reordered');
  scene.newestEvent = Math.max(scene.newestEvent, number);
  const body = JSON.stringify({ events: [event], lifecycle: [], rejected: [] });
  const digest = `${event.eventId}/${attempt}/${copy}`;
  void scene.store.acceptDelivery({ host: 'hubspot', digest, body, receivedAt: clock.now() });
  scene.wake();
}

function count({ counts }: Scene, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}
