import type { Requested } from '../domain/accelerator';
import { filesFor, type BundleSource } from '../domain/bundle';
import type { Failure, FailureCode } from '../domain/failure';
import { missingRoles, type InstalledBundle, type Offer } from '../domain/pipeline';
import type { Recipe } from '../domain/recipe';
import { fail, ok, type Result } from '../domain/result';
import { OFFERS, type PipelineId } from '../pipelines/offers';
import { Arrived } from './arrived.svelte';
import type { PhoneState } from './phone.svelte';
import type { Platform } from './platform';
import { Speed } from './speed';
import { busy, done, failedOrIdle, IDLE, type Step } from './step';
import { workCode } from './work-code';

export interface Installed {
  readonly runner: InstalledBundle;
  readonly model: InstalledBundle;
}

/** Installing again cannot help: another runner, or another phone, can. */
export const HOPELESS: readonly FailureCode[] = ['abi-unsupported', 'payload-yours'];

/** What an installation does, in words. */
const NOTES = {
  look: (title: string) => `Looking what the phone has of ${title}`,
  send: (title: string) => `Sending ${title}`,
  verify: (title: string) => `Checking ${title} on the phone`,
} as const;

const LOAD_MS = 30_000;
/** Reading the whole of the user's own files, for their hashes. */
const READ_MS = 600_000;

/** What runs and with what: pipeline, its settings, runner and model, and their way to the phone. */
export class SetupState {
  pipelineId = $state<PipelineId>('llama-runner');
  pipeline = $derived<Offer>(OFFERS[this.pipelineId]);
  options = $state<Record<string, number>>({});
  /** The pipeline's programs; their files say which processors they are made for. */
  runner = $state.raw<BundleSource | undefined>();
  runnerStep = $state.raw<Step<BundleSource>>(IDLE);
  /** The model that will be used: a bundle of the page's, or the user's own files. */
  model = $state.raw<BundleSource | undefined>();
  modelStep = $state.raw<Step<BundleSource>>(IDLE);
  payload = $state.raw<Step<Installed>>(IDLE);
  readonly arrived = new Arrived();
  /** Called when another model is chosen. */
  onModel: (model: BundleSource) => void = () => {};

  readonly #platform: Platform;
  readonly #phone: PhoneState;
  #stop: AbortController | undefined;
  #installing: Promise<Result<Installed>> | undefined;

  constructor(platform: Platform, phone: PhoneState) {
    this.#platform = platform;
    this.#phone = phone;
    this.resetOptions();
  }

  /** Where the next run asks its parts to run. */
  get requested(): Requested {
    return this.pipeline.requests(this.options);
  }

  /** True when the runner only imitates another program: nothing it says of processors or speed is true of this phone. */
  get simulatedRunner(): boolean {
    return this.runner?.manifest.facts?.['simulated'] === true;
  }

  /** Another way to run; settings start anew. */
  async usePipeline(id: PipelineId): Promise<void> {
    this.pipelineId = id;
    this.runner = undefined;
    this.model = undefined;
    this.payload = IDLE;
    this.resetOptions();
    await Promise.all([this.loadRunner(), this.useModel(this.pipeline.model)]);
  }

  /** What a link asks for: pipeline, settings, and the model where it is the page's own. */
  async openRecipe({ options, model }: Recipe, id: PipelineId): Promise<void> {
    if (id !== this.pipelineId) {
      this.pipelineId = id;
      this.runner = undefined;
      this.model = undefined;
      this.payload = IDLE;
      void this.loadRunner();
    }
    this.resetOptions();
    for (const [name, { min, max }] of Object.entries(this.pipeline.options)) {
      const value = options[name];
      if (value !== undefined) this.options[name] = Math.min(max, Math.max(min, value));
    }
    if (model.id === this.pipeline.model) await this.useModel(model.id);
  }

  resetOptions(): void {
    const entries = Object.entries(this.pipeline.options);
    this.options = Object.fromEntries(entries.map(([name, { initial }]) => [name, initial]));
  }

  // --- runner

  /** The runner that was chosen, or the one that the page offers for this pipeline. */
  async loadRunner(signal = AbortSignal.timeout(LOAD_MS)): Promise<Result<BundleSource>> {
    if (this.runner) return ok(this.runner);
    this.runnerStep = busy('Looking for the runner');
    return this.#takeRunner(await this.#platform.catalogue.load(this.pipeline.runner, signal));
  }

  /** The page's own runner again. */
  async usePageRunner(): Promise<void> {
    this.runner = undefined;
    await this.loadRunner();
  }

  /** A runner bundle of the user's: a folder with a manifest.json, or the address of one. */
  async useRunnerFolder(files: readonly File[]): Promise<void> {
    this.runnerStep = busy('Reading the folder');
    this.#takeRunner(await this.#platform.catalogue.fromFolder(files));
  }

  async useRunnerAddress(address: string): Promise<void> {
    this.runnerStep = busy('Loading the manifest');
    const { catalogue } = this.#platform;
    this.#takeRunner(await catalogue.fromAddress(address.trim(), AbortSignal.timeout(LOAD_MS)));
  }

  #takeRunner(loaded: Result<BundleSource>): Result<BundleSource> {
    const fits = loaded.ok ? this.#fits(loaded.value, 'runner') : loaded;
    if (!fits.ok) {
      this.runnerStep = failedOrIdle(fits.failure);
      return fits;
    }
    this.runner = fits.value;
    this.runnerStep = done(fits.value);
    this.payload = IDLE;
    this.checkRunner();
    return fits;
  }

  /** Says at once, not after Run, when there is no program for this phone. */
  checkRunner(): void {
    this.#look();
    const phone = this.#phone.current;
    if (!this.runner || !phone || this.payload.is !== 'idle') return;
    const { abis, cpuFeatures, htp } = phone.facts;
    const fits = filesFor(this.runner.manifest, abis, cpuFeatures, htp);
    if (fits.ok) return;
    const { pipeline } = this;
    const yours = pipeline.yours && this.simulatedRunner;
    this.payload = failedOrIdle(
      yours ? { code: 'payload-yours', detail: pipeline.title } : fits.failure,
    );
  }

  #look(): void {
    const manifests = [this.runner, this.model].flatMap((source) => source?.manifest ?? []);
    void this.arrived.look(this.#phone.current, manifests);
  }

  // --- model

  async useModel(id: string): Promise<void> {
    this.modelStep = busy('Looking for the model');
    this.takeModel(await this.#platform.catalogue.load(id, AbortSignal.timeout(LOAD_MS)));
  }

  /** The user's own GGUF pair. */
  async useFiles(language: File, vision: File): Promise<void> {
    this.modelStep = busy('Reading the model files');
    const { catalogue } = this.#platform;
    this.takeModel(await catalogue.fromFiles(language, vision, AbortSignal.timeout(READ_MS)));
  }

  /** A bundle of the user's: a folder with a manifest.json, or the address of one. */
  async useFolder(files: readonly File[]): Promise<void> {
    this.modelStep = busy('Reading the folder');
    this.takeModel(await this.#platform.catalogue.fromFolder(files));
  }

  async useAddress(address: string): Promise<void> {
    this.modelStep = busy('Loading the manifest');
    const { catalogue } = this.#platform;
    this.takeModel(await catalogue.fromAddress(address.trim(), AbortSignal.timeout(LOAD_MS)));
  }

  takeModel(loaded: Result<BundleSource>): void {
    const fits = loaded.ok ? this.#fits(loaded.value, 'model') : loaded;
    if (!fits.ok) return void (this.modelStep = failedOrIdle(fits.failure));
    const model = fits.value;
    this.model = model;
    this.modelStep = done(model);
    this.payload = IDLE;
    this.checkRunner();
    this.onModel(model);
  }

  /** A bundle of this kind for this pipeline, with all the roles that it needs. */
  #fits(source: BundleSource, kind: 'runner' | 'model'): Result<BundleSource> {
    const { manifest } = source;
    if (manifest.kind !== kind)
      return fail('manifest-invalid', `${manifest.id} is a ${manifest.kind}, not a ${kind}`);
    if (!manifest.pipelines.includes(this.pipelineId))
      return fail(
        'manifest-invalid',
        `${manifest.id} is for ${manifest.pipelines.join(', ')}, not for ${this.pipelineId}`,
      );
    const missing = kind === 'model' ? missingRoles(this.pipeline, manifest) : [];
    return missing.length
      ? fail('manifest-invalid', `${manifest.id} has no ${missing.join(' and no ')} file`)
      : ok(source);
  }

  // --- payload

  /** Brings runner and model to the phone. Safe to repeat: what is there is not sent again. */
  install(): Promise<Result<Installed>> {
    // One at a time: Run joins an installation that is under way.
    this.#installing ??= this.#install().finally(() => (this.#installing = undefined));
    return this.#installing;
  }

  cancelInstall(): void {
    this.#stop?.abort();
  }

  async #install(): Promise<Result<Installed>> {
    if (!this.#phone.current || !this.model) return fail('unplugged');
    if (this.payload.is === 'done') return ok(this.payload.value);
    const stop = new AbortController();
    this.#stop = stop;
    const release = this.#platform.browser.hold();
    try {
      this.payload = busy('Looking for the runner');
      const loaded = await this.loadRunner(stop.signal);
      if (!loaded.ok) return this.#failed(loaded.failure);
      const runner = await this.#installOne(loaded.value, stop.signal);
      if (!runner.ok) return this.#failed(runner.failure);
      const model = await this.#installOne(this.model, stop.signal);
      if (!model.ok) return this.#failed(model.failure);
      const installed = { runner: runner.value, model: model.value };
      this.payload = done(installed);
      void this.#phone.measure();
      return ok(installed);
    } finally {
      release();
    }
  }

  async #installOne(source: BundleSource, signal: AbortSignal): Promise<Result<InstalledBundle>> {
    const phone = this.#phone.current;
    if (!phone) return fail('unplugged');
    const { title } = source.manifest;
    const speed = new Speed(this.#platform.clock);
    const { install } = await workCode();
    const installing = install(phone.device, source, phone.facts, signal);
    for (;;) {
      const step = await installing.next();
      if (step.done) return step.value;
      const { kind, doneBytes, totalBytes, skippedBytes: foundBytes } = step.value;
      const rate = speed.measure(doneBytes - foundBytes, totalBytes - doneBytes);
      this.payload = busy(NOTES[kind](title), {
        ...{ doneBytes, totalBytes, foundBytes },
        // While the phone hashes, nothing is sent: a rate would only fall.
        ...(kind === 'send' ? rate : { bytesPerSecond: undefined, secondsLeft: undefined }),
      });
    }
  }

  #failed(failure: Failure): Result<never> {
    this.payload = failedOrIdle(failure);
    this.#look();
    return { ok: false, failure };
  }

  /** Deletes everything of ours on the phone. */
  async remove(): Promise<void> {
    const removed = await this.#phone.removePayload();
    this.payload = removed.ok ? IDLE : failedOrIdle(removed.failure);
    this.#look();
  }
}
