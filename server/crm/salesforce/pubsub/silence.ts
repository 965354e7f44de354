/** Tells when a stream has been silent for longer than the host promises to be: it is dead then, however open it looks. */
import type { Clock } from '../../../world.ts';

export type SilenceWatch = { heard(): void; end(): void };

export function watchSilence(clock: Clock, silenceMsMax: number, onSilent: () => void): SilenceWatch {
  const leaving = new AbortController();
  let heardAt = clock.now();
  const watch = async (): Promise<void> => {
    while (!leaving.signal.aborted) {
      const leftMs = heardAt + silenceMsMax - clock.now();
      if (leftMs <= 0) return onSilent();
      await clock.sleep(leftMs, leaving.signal);
    }
  };
  watch().catch((error: unknown) => {
    if (!leaving.signal.aborted) throw error;
  });
  return {
    heard: () => {
      heardAt = clock.now();
    },
    end: () => leaving.abort(),
  };
}
