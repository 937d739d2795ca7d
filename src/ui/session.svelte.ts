import { createContext } from 'svelte';
import { verdict, type Requested } from '../domain/accelerator';
import { buildOf } from '../domain/build';
import { filesFor, type BundleSource } from '../domain/bundle';
import type { DeviceFacts } from '../domain/device-facts';
import type { Failure } from '../domain/failure';
import {
  missingRoles,
  type InstalledBundle,
  type OptionValues,
  type Pipeline,
} from '../domain/pipeline';
import type { InputRecipe, PreparedInput } from '../domain/prepare';
import { MAX_PROMPT_CHARS, fromFragment, toFragment, type Recipe } from '../domain/recipe';
import { toMarkdown, toReport, type Report } from '../domain/report';
import { fail, ok, type Result } from '../domain/result';
import { INITIAL_RUN, reduce, type RunEvent, type RunState } from '../domain/run';
import type { HostTools } from '../domain/workbench';
import { createHostTools } from '../flows/host-tools';
import { install } from '../flows/install';
import { record, type PictureRef } from '../flows/record';
import { Runner } from '../flows/run';
import { PIPELINES, isPipelineId, type PipelineId } from '../pipelines';
import { PhoneState } from './phone.svelte';
import type { Platform, Sample } from './platform';
import { Speed } from './speed';
import { busy, done, failedOrIdle, IDLE, type Step } from './step';

/** The picture in the form. `url` is for an <img>. */
export type Picture = PictureRef & {
  readonly file: Blob;
  readonly name: string;
  readonly alt: string;
  readonly url: string;
};

export interface Installed {
  readonly runner: InstalledBundle;
  readonly model: InstalledBundle;
}

/** One question and what came of it. */
export interface Turn {
  readonly prompt: string;
  readonly run: RunState;
  readonly report: Report;
  readonly link: string;
}

/** All state of the page, in the order a person meets it. */
export class Session {
  readonly platform: Platform;
  readonly phone: PhoneState;

  pipelineId = $state<PipelineId>('llama-runner');
  pipeline = $derived<Pipeline>(PIPELINES[this.pipelineId]);
  /** The model that will be used: a bundle of the page's, or the user's own files. */
  model = $state.raw<BundleSource | undefined>();
  modelStep = $state.raw<Step<BundleSource>>(IDLE);
  payload = $state.raw<Step<Installed>>(IDLE);
  /** The pipeline's program; its files say which processors it is made for. */
  runner = $state.raw<BundleSource | undefined>();

  picture = $state.raw<Picture | undefined>();
  prepared = $state.raw<Step<PreparedInput>>(IDLE);
  prompt = $state('');
  options = $state<Record<string, number>>({});

  run = $state.raw<RunState | undefined>();
  running = $state(false);
  /** The question of the run on the screen. */
  askedPrompt = $state.raw('');
  /** When Run was pressed, on the page's clock. */
  runStartMs = $state.raw(0);
  turns = $state.raw<readonly Turn[]>([]);

  /** A link was opened: what it asks for, and what of it could not be filled in yet. */
  asked = $state.raw<Recipe | undefined>();
  /** Something to tell that belongs to no step: a damaged link, a copy refused. */
  notice = $state.raw<Failure | undefined>();

  readonly #tools: HostTools;
  #runner: Runner | undefined;
  /** What the running program said about itself when it loaded: true for every answer of it. */
  #facts: RunState['facts'] = {};
  #runStop: AbortController | undefined;
  #prepareStop: AbortController | undefined;
  #installStop: AbortController | undefined;
  #installing: Promise<Result<Installed>> | undefined;

  constructor(platform: Platform) {
    this.platform = platform;
    this.phone = new PhoneState(platform);
    this.#tools = createHostTools(() => this.model, platform.tokenizer, platform.combiner);
    this.phone.beforeClose = () => this.#closeRunner();
    this.phone.onWanted = () => {
      if (this.prepared.is === 'idle') void this.prepare();
    };
    this.phone.afterOpen = ({ facts }) => {
      // A failure of the phone before; its question stays among the earlier ones.
      if (this.run?.failure) this.run = undefined;
      this.#checkRunner(facts);
    };
    this.#resetOptions();
  }

  /** The last question's turn, when its run is the one on the screen. */
  get last(): Turn | undefined {
    const turn = this.turns.at(-1);
    return turn && turn.run === this.run ? turn : undefined;
  }

  /** Where the next run asks its parts to run. */
  get requested(): Requested {
    return this.pipeline.requests(this.options);
  }

  /** How the picture is prepared: what the model asks for. */
  get inputRecipe(): InputRecipe | undefined {
    return this.model?.manifest.model?.input;
  }

  async start(fragment: string): Promise<void> {
    const phones = this.phone.start();
    const sample = this.platform.samples[0];
    if (sample) await this.useSample(sample);
    await this.openLink(fragment);
    if (!this.model) await this.useModel(this.pipeline.model);
    await this.#loadRunner(AbortSignal.timeout(30_000));
    await phones;
  }

  async #loadRunner(signal: AbortSignal): Promise<Result<BundleSource>> {
    if (this.runner?.manifest.id === this.pipeline.runner) return ok(this.runner);
    const loaded = await this.platform.catalogue.load(this.pipeline.runner, signal);
    if (loaded.ok) this.runner = loaded.value;
    const phone = this.phone.current;
    if (loaded.ok && phone) this.#checkRunner(phone.facts);
    return loaded;
  }

  /** Says at once, not after Run, when there is no program for this phone. */
  #checkRunner({ abis, cpuFeatures }: DeviceFacts): void {
    if (!this.runner || this.payload.is !== 'idle') return;
    const fits = filesFor(this.runner.manifest, abis, cpuFeatures);
    if (!fits.ok) this.payload = failedOrIdle(fits.failure);
  }

  // --- model and payload

  /** Another way to run; settings start anew. */
  usePipeline(id: PipelineId): void {
    this.pipelineId = id;
    this.runner = undefined;
    this.payload = IDLE;
    this.#resetOptions();
    void this.#loadRunner(AbortSignal.timeout(30_000));
    void this.useModel(this.pipeline.model);
  }

  async useModel(id: string): Promise<void> {
    this.modelStep = busy('Looking for the model');
    this.#takeModel(await this.platform.catalogue.load(id, AbortSignal.timeout(30_000)));
  }

  /** The user's own GGUF pair. */
  async useFiles(language: File, vision: File): Promise<void> {
    this.modelStep = busy('Reading the model files');
    this.#takeModel(
      await this.platform.catalogue.fromFiles(language, vision, AbortSignal.timeout(600_000)),
    );
  }

  /** A bundle of the user's: a folder with a manifest.json, or the address of one. */
  async useFolder(files: readonly File[]): Promise<void> {
    this.modelStep = busy('Reading the folder');
    this.#takeModel(await this.platform.catalogue.fromFolder(files));
  }

  async useAddress(address: string): Promise<void> {
    this.modelStep = busy('Loading the manifest');
    const { catalogue } = this.platform;
    this.#takeModel(await catalogue.fromAddress(address.trim(), AbortSignal.timeout(30_000)));
  }

  #takeModel(loaded: Result<BundleSource>): void {
    if (!loaded.ok) return void (this.modelStep = failedOrIdle(loaded.failure));
    if (!loaded.value.manifest.pipelines.includes(this.pipelineId)) {
      const detail = `${loaded.value.manifest.id} is for ${loaded.value.manifest.pipelines.join(', ')}, not for ${this.pipelineId}`;
      return void (this.modelStep = failedOrIdle({ code: 'manifest-invalid', detail }));
    }
    const missing = missingRoles(this.pipeline, loaded.value.manifest);
    if (missing.length) {
      const detail = `${loaded.value.manifest.id} has no ${missing.join(' and no ')} file`;
      return void (this.modelStep = failedOrIdle({ code: 'manifest-invalid', detail }));
    }
    this.model = loaded.value;
    this.modelStep = done(loaded.value);
    this.payload = IDLE;
    if (!this.prompt) this.prompt = loaded.value.manifest.model?.prompts[0] ?? '';
    this.#prepareWhenWanted();
  }

  /** Brings runner and model to the phone. Safe to repeat: what is there is not sent again. */
  installPayload(): Promise<Result<Installed>> {
    // One at a time: Run joins an installation that is under way.
    this.#installing ??= this.#install().finally(() => (this.#installing = undefined));
    return this.#installing;
  }

  async #install(): Promise<Result<Installed>> {
    const phone = this.phone.current;
    if (!phone || !this.model) return fail('unplugged');
    if (this.payload.is === 'done') return ok(this.payload.value);
    const stop = new AbortController();
    this.#installStop = stop;
    const release = this.platform.browser.hold();
    try {
      this.payload = busy('Looking for the runner');
      const runner = await this.#loadRunner(stop.signal);
      if (!runner.ok) return this.#payloadFailed(runner.failure);
      const first = await this.#installOne(runner.value, stop.signal);
      if (!first.ok) return this.#payloadFailed(first.failure);
      const second = await this.#installOne(this.model, stop.signal);
      if (!second.ok) return this.#payloadFailed(second.failure);
      const installed = { runner: first.value, model: second.value };
      this.payload = done(installed);
      void this.phone.measure();
      return ok(installed);
    } finally {
      release();
    }
  }

  cancelInstall(): void {
    this.#installStop?.abort();
  }

  async #installOne(source: BundleSource, signal: AbortSignal): Promise<Result<InstalledBundle>> {
    const phone = this.phone.current;
    if (!phone) return fail('unplugged');
    const { title } = source.manifest;
    const speed = new Speed(this.platform.clock);
    const installing = install(phone.device, source, phone.facts, signal);
    for (;;) {
      const step = await installing.next();
      if (step.done) return step.value;
      const { kind, doneBytes, totalBytes, skippedBytes } = step.value;
      const note = { look: 'Looking for', send: 'Sending', verify: 'Checking' }[kind];
      this.payload = busy(`${note} ${title}`, {
        doneBytes,
        totalBytes,
        ...speed.measure(doneBytes - skippedBytes, totalBytes - doneBytes),
      });
    }
  }

  #payloadFailed(failure: Failure): Result<never> {
    this.payload = failedOrIdle(failure);
    return { ok: false, failure };
  }

  /** Deletes everything of ours on the phone. */
  async removePayload(): Promise<void> {
    await this.#closeRunner();
    const removed = await this.phone.removePayload();
    this.payload = removed.ok ? IDLE : failedOrIdle(removed.failure);
  }

  // --- picture and question

  async useSample(sample: Sample): Promise<void> {
    const blob = await this.platform.browser.fetchBlob(sample.url, AbortSignal.timeout(20_000));
    if (!blob.ok) return void (this.prepared = failedOrIdle(blob.failure));
    this.#show({
      kind: 'sample',
      id: sample.id,
      file: blob.value,
      name: sample.title,
      alt: sample.alt,
    });
    // A question of the user's own stays.
    if (sample.prompt && this.#suggested(this.prompt)) this.prompt = sample.prompt;
  }

  #suggested(prompt: string): boolean {
    return (
      !prompt.trim() ||
      this.platform.samples.some((sample) => sample.prompt === prompt) ||
      (this.model?.manifest.model?.prompts.includes(prompt) ?? false)
    );
  }

  useFile(file: Blob, name: string): void {
    this.#show({ kind: 'own', file, name, alt: `Your picture ${name}` });
  }

  #show(picture: PictureRef & { file: Blob; name: string; alt: string }): void {
    if (this.picture) URL.revokeObjectURL(this.picture.url);
    this.picture = { ...picture, url: URL.createObjectURL(picture.file) };
    this.#prepareWhenWanted();
  }

  /** The first sample of a page that is only looked at costs no worker and no WASM. */
  #prepareWhenWanted(): void {
    const { step, met } = this.phone;
    if (this.picture?.kind === 'own' || step.is !== 'idle' || met) void this.prepare();
    else this.prepared = IDLE;
  }

  /** Prepares the picture for the model. A later call wins. */
  async prepare(): Promise<Result<PreparedInput>> {
    this.#prepareStop?.abort();
    const stop = new AbortController();
    this.#prepareStop = stop;
    const { picture, inputRecipe } = this;
    if (!picture || !inputRecipe) return fail('image-not-image', 'no picture');
    this.prepared = busy('Preparing the picture');
    const result = await this.platform.preparer.prepare(picture.file, inputRecipe, stop.signal);
    if (!stop.signal.aborted)
      this.prepared = result.ok ? done(result.value) : failedOrIdle(result.failure);
    return result;
  }

  #resetOptions(): void {
    const entries = Object.entries(this.pipeline.options);
    this.options = Object.fromEntries(entries.map(([name, { initial }]) => [name, initial]));
  }

  // --- run

  /** Why Run cannot be pressed, or nothing. */
  get cannotRun(): Failure | undefined {
    if (!this.prompt.trim()) return { code: 'prompt-empty' };
    if (this.prompt.length > MAX_PROMPT_CHARS)
      return {
        code: 'prompt-too-long',
        detail: `${this.prompt.length} of at most ${MAX_PROMPT_CHARS} characters`,
      };
    if (this.prepared.is === 'failed') return this.prepared.failure;
    if (!this.model && this.modelStep.is === 'failed') return this.modelStep.failure;
    return undefined;
  }

  /** Does what is still missing (install, prepare), then asks. Resolves when the answer is whole or failed. */
  async ask(): Promise<void> {
    const phone = this.phone.current;
    if (this.running || !phone || !this.model || this.cannotRun) return;
    this.running = true;
    const startMs = this.platform.clock.now();
    this.runStartMs = startMs;
    this.askedPrompt = this.prompt;
    const stop = new AbortController();
    this.#runStop = stop;
    const release = this.platform.browser.hold();
    this.run = { ...INITIAL_RUN, facts: this.#facts };
    try {
      const installed = await this.installPayload();
      if (!installed.ok) return void (this.run = undefined);
      if (stop.signal.aborted) return void (this.run = undefined);
      this.#fold({ kind: 'phase', phase: 'prepare', atMs: this.platform.clock.now() - startMs });
      const input = this.prepared.is === 'done' ? ok(this.prepared.value) : await this.prepare();
      if (!input.ok) return void (this.run = undefined);
      await this.#answer(installed.value, input.value, startMs, stop.signal);
    } finally {
      this.running = false;
      release();
    }
  }

  stop(): void {
    this.#installStop?.abort();
    this.#runStop?.abort();
  }

  async #answer(installed: Installed, input: PreparedInput, startMs: number, signal: AbortSignal) {
    const phone = this.phone.current;
    const picture = this.picture;
    if (!phone || !picture) return;
    const { pipeline, prompt } = this;
    const options: OptionValues = { ...this.options };
    this.#runner ??= new Runner(phone.device, this.platform.clock, this.#tools);
    const setup = { ...installed, options, bigCores: phone.facts.bigCores ?? 4, env: {} };
    const asking = this.#runner.ask({ pipeline, setup, input, prompt, options }, startMs, signal);
    for await (const event of asking) this.#fold(event);
    // Trying again then installs what is missing.
    if (this.run?.failure?.code === 'device-file-missing') this.payload = IDLE;
    const { requested } = this;
    const recipe = await record({
      ...{
        app: this.platform.app,
        pipeline: this.pipelineId,
        ...installed,
        picture,
        input,
        prompt,
        options,
      },
      device: {
        class: this.phone.virtualModel ?? phone.facts.soc ?? phone.facts.model,
        simulated: phone.device.simulated,
      },
      ran: verdict(requested, this.run?.proofs ?? {}),
    });
    const { run } = this;
    const { commands } = this.#runner;
    if (!run || commands.length === 0) return;
    const report = toReport({
      app: this.platform.app,
      madeAt: this.platform.browser.now(),
      browser: this.platform.browser.userAgent,
      ...{ device: phone.device, facts: phone.facts, recipe, input, commands, requested, run },
      build: buildOf(installed.runner.files),
    });
    const link = this.platform.browser.address() + (await toFragment(recipe));
    this.turns = [...this.turns, { prompt, run, report, link }];
  }

  #fold(event: RunEvent): void {
    const run = reduce(this.run ?? INITIAL_RUN, event);
    const fresh = event.kind === 'phase' && event.phase === 'load';
    this.run = fresh ? { ...run, facts: {} } : run;
    this.#facts = this.run.facts;
  }

  async #closeRunner(): Promise<void> {
    const runner = this.#runner;
    this.#runner = undefined;
    this.#facts = {};
    this.payload = IDLE;
    await runner?.[Symbol.asyncDispose]();
  }

  // --- result and link

  /** True when the text is on the clipboard; a refusal is told. */
  readonly copy = async (text: string): Promise<boolean> => {
    const copied = await this.platform.browser.copy(text);
    if (!copied.ok) this.notice = copied.failure;
    return copied.ok;
  };

  /** What is filled in stays; only the comparison ends. */
  forgetLink(): void {
    this.asked = undefined;
    this.platform.browser.clearFragment();
  }

  markdown(turn: Turn): string {
    return toMarkdown(turn.report, turn.link);
  }

  /** Fills the form from a link. Never connects, loads a model from elsewhere, or runs. */
  async openLink(fragment: string): Promise<void> {
    const read = await fromFragment(fragment);
    if (!read) return;
    if (!read.ok) return void (this.notice = read.failure);
    const recipe = read.value;
    if (!isPipelineId(recipe.pipeline))
      return void (this.notice = { code: 'link-newer', detail: `pipeline "${recipe.pipeline}"` });
    this.asked = recipe;
    this.pipelineId = recipe.pipeline;
    this.#resetOptions();
    for (const [name, { min, max }] of Object.entries(this.pipeline.options)) {
      const value = recipe.options[name];
      if (value !== undefined) this.options[name] = Math.min(max, Math.max(min, value));
    }
    if (recipe.model.id === this.pipeline.model) await this.useModel(recipe.model.id);
    const { image } = recipe;
    const sample =
      image.kind === 'sample' && this.platform.samples.find(({ id }) => id === image.id);
    if (sample) await this.useSample(sample);
    this.prompt = recipe.prompt;
  }

  /** What of an opened link differs from what ran, for people; empty when it was repeated exactly. */
  differences(turn: Turn): readonly string[] {
    const { asked } = this;
    if (!asked) return [];
    const made = turn.report.recipe;
    const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
    return [
      ...(asked.input.sha256 === made.input.sha256 ? [] : ['the pixels that the model saw']),
      ...(asked.prompt === made.prompt ? [] : ['the question']),
      ...(asked.model.sha256 === made.model.sha256 ? [] : ['the model']),
      ...(asked.runner.sha256 === made.runner.sha256 ? [] : ['the runner program']),
      ...(same(asked.options, made.options) ? [] : ['the settings']),
      ...(asked.ran === undefined || asked.ran === made.ran ? [] : ['where it ran']),
    ];
  }
}

export const [getSession, setSession] = createContext<Session>();
