import type { BundleSource } from '../domain/bundle';
import type { DeviceFacts } from '../domain/device-facts';
import type { Failure } from '../domain/failure';
import { withHash } from '../domain/model-address';
import type { Recipe } from '../domain/recipe';
import type { Listing, ModelOffer, RemoteFile, RemoteModels } from '../domain/remote-model';
import { fail, type Result } from '../domain/result';
import type { Platform } from './platform';
import { Speed } from './speed';
import { busy, done, failedOrIdle, IDLE, type Step } from './step';

/** Kept free on the phone beside the files, as by the installer. */
const SPACE_MARGIN_BYTES = 32 << 20;
const REFRESH_MS = 100;

/** A model at an address: pasted, looked at, and then taken. Nothing is loaded before somebody asks for it. */
export class ModelLink {
  language = $state('');
  vision = $state('');
  /** What the addresses lead to. */
  listing = $state.raw<Listing | undefined>();
  /** Names of the files chosen from a listing. */
  chosen = $state<{ language: string; vision: string }>({ language: '', vision: '' });
  /** What the heads say. */
  look = $state.raw<Step<ModelOffer>>(IDLE);
  /** The whole reading of files that nobody vouches for. */
  taking = $state.raw<Step<void>>(IDLE);

  readonly #models: RemoteModels;
  readonly #clock: Platform['clock'];
  #stop: AbortController | undefined;

  constructor(platform: Pick<Platform, 'models' | 'clock'>) {
    this.#models = platform.models;
    this.#clock = platform.clock;
  }

  get busy(): boolean {
    return this.look.is === 'busy' || this.taking.is === 'busy';
  }

  /** Fills the form with a model of a list or a link. Loads nothing. */
  fill(files: {
    language: { url: string; sha256?: string };
    vision: { url: string; sha256?: string };
  }) {
    this.language = withHash(files.language);
    this.vision = withHash(files.vision);
    this.forget();
  }

  /** Fills the form with where a link's model came from. Loads nothing. */
  fillFrom(from: Recipe['model']['from']): void {
    const file = (role: string) => from?.find((entry) => entry.role === role);
    const [language, vision] = [file('language'), file('vision')];
    if (language && vision) this.fill({ language, vision });
  }

  /** Changed addresses make what was seen that of others. */
  forget(): void {
    this.stop();
    this.listing = undefined;
    this.look = IDLE;
    this.taking = IDLE;
  }

  stop(): void {
    this.#stop?.abort();
  }

  /** Finds what the addresses lead to, and reads the heads of the likeliest pair. */
  async find(): Promise<void> {
    const signal = this.#begin();
    this.listing = undefined;
    this.look = busy('Asking what is there');
    const listing = await this.#models.list(this.language, this.vision, signal);
    if (signal.aborted) return;
    if (!listing.ok) return void (this.look = failedOrIdle(listing.failure));
    this.listing = listing.value;
    const { language, vision } = listing.value.chosen;
    this.chosen = { language: language.name, vision: vision?.name ?? '' };
    await this.inspect();
  }

  /** Reads the heads of the chosen pair. */
  async inspect(): Promise<void> {
    const { listing } = this;
    const named = (files: readonly RemoteFile[] | undefined, name: string) =>
      files?.find((file) => file.name === name);
    const language = named(listing?.language, this.chosen.language);
    const vision = named(listing?.vision, this.chosen.vision);
    if (!listing || !language) return;
    if (!vision)
      return void (this.look = failedOrIdle({
        code: 'model-no-vision',
        detail: 'no mmproj lies beside it: paste its address too',
      }));
    const signal = this.#begin();
    this.look = busy('Reading the first part of both files');
    const { licence } = listing;
    const offer = await this.#models.inspect({ language, vision, licence }, signal);
    if (signal.aborted) return;
    this.look = offer.ok ? done(offer.value) : failedOrIdle(offer.failure);
  }

  /** The model as a bundle, read once first where nobody says what its bytes must be. */
  async take(): Promise<Result<BundleSource>> {
    if (this.look.is !== 'done') return fail('cancelled');
    const offer = this.look.value;
    const signal = this.#begin();
    const speed = new Speed(this.#clock);
    const totalBytes = uncheckedBytes(offer);
    this.taking = busy('Getting ready');
    let shownMs = -Infinity;
    const onBytes = (doneBytes: number) => {
      // Thousands of chunks a second come; nobody reads that fast.
      if (this.#clock.now() < shownMs + REFRESH_MS && doneBytes < totalBytes) return;
      shownMs = this.#clock.now();
      const rate = speed.measure(doneBytes, totalBytes - doneBytes);
      this.taking = busy('Reading it once for its hash', { doneBytes, totalBytes, ...rate });
    };
    const source = await this.#models.source(offer, onBytes, signal);
    this.taking = source.ok ? IDLE : failedOrIdle(source.failure);
    return source;
  }

  #begin(): AbortSignal {
    this.#stop?.abort();
    this.#stop = new AbortController();
    return this.#stop.signal;
  }
}

/** Bytes of the files that are read once before they are sent, since nobody says what they must be. */
export const uncheckedBytes = ({ language, vision }: ModelOffer): number =>
  (language.sha256 ? 0 : language.bytes) + (vision.sha256 ? 0 : vision.bytes);

/** Why this phone cannot hold or run it, as far as it said how it is; or nothing. `usedBytes`: what of ours lies there, perhaps this very model. */
export function refusalFor(
  { facts, language, vision }: ModelOffer,
  phone: Pick<DeviceFacts, 'memoryFreeBytes' | 'storageFreeBytes'> | undefined,
  usedBytes = 0,
): Failure | undefined {
  const { memoryFreeBytes, storageFreeBytes } = phone ?? {};
  const bytes = language.bytes + vision.bytes;
  const { totalBytes } = facts.memory;
  if (storageFreeBytes !== undefined && storageFreeBytes + usedBytes < bytes + SPACE_MARGIN_BYTES)
    return fail('space-low', `${bytes} bytes to store, ${storageFreeBytes} free`).failure;
  if (memoryFreeBytes !== undefined && memoryFreeBytes < totalBytes)
    return fail('memory-low', `about ${totalBytes} bytes needed, ${memoryFreeBytes} available`)
      .failure;
  return undefined;
}
