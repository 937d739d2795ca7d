import type { Manifest } from '../domain/bundle';
import type { Phone } from './phone.svelte';

const LOOK_MS = 20_000;

/** What of the payload lies on the phone before anything is sent: an earlier installation, or the beginning of one. */
export class Arrived {
  /** Nothing until it is known. Not proved yet: the installation does that. */
  bytes = $state.raw<{ readonly there: number; readonly total: number } | undefined>();
  #stop: AbortController | undefined;

  /** Looks at the phone without changing anything there. A later call wins. */
  async look(phone: Phone | undefined, manifests: readonly Manifest[]): Promise<void> {
    this.#stop?.abort();
    const stop = new AbortController();
    this.#stop = stop;
    this.bytes = undefined;
    if (!phone) return;
    const { onPhoneBytes } = await import('../flows/install'); // not before there is a phone
    const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(LOOK_MS)]);
    let [there, total] = [0, 0];
    for (const manifest of manifests) {
      const found = await onPhoneBytes(phone.device, manifest, phone.facts, signal);
      // Nobody asked for this: what is wrong with the phone or the bundle is told where it matters.
      if (stop.signal.aborted || !found.ok) return;
      there += found.value.thereBytes;
      total += found.value.totalBytes;
    }
    this.bytes = { there, total };
  }
}
