import { createContext } from 'svelte';
import { verdict } from '../domain/accelerator';
import type { Failure } from '../domain/failure';
import type { OptionValues } from '../domain/pipeline';
import type { InputRecipe, PreparedInput } from '../domain/prepare';
import { MAX_PROMPT_CHARS, fromFragment, toFragment, type Recipe } from '../domain/recipe';
import type { Report } from '../domain/report';
import { fail, ok, type Result } from '../domain/result';
import { INITIAL_RUN, reduce, type RunEvent, type RunState } from '../domain/run';
import type { PictureRef } from '../flows/record';
import type { Runner } from '../flows/run';
import { isPipelineId } from '../pipelines/offers';
import { earlierQuestions } from './conversation';
import { NpuCheck } from './npu-check.svelte';
import { PhoneState } from './phone.svelte';
import type { Platform, Sample } from './platform';
import { SetupState, type Installed } from './setup.svelte';
import { busy, done, failedOrIdle, IDLE, type Step } from './step';
import { workCode } from './work-code';

/** The picture in the form. `url` is for an <img>. */
export type Picture = PictureRef & {
  readonly file: Blob;
  readonly name: string;
  readonly alt: string;
  readonly url: string;
};

/** One question and what came of it. */
export interface Turn {
  readonly prompt: string;
  readonly run: RunState;
  readonly report: Report;
  readonly link: string;
}

/** Something that uses the phone in place of the questions. */
export interface Guest {
  /** Ends what it does; resolves when the phone is free. */
  readonly leave: () => Promise<void>;
}

/** All state of the page, in the order a person meets it. */
export class Session {
  readonly platform: Platform;
  readonly phone: PhoneState;

  readonly setup: SetupState;
  readonly npu: NpuCheck;

  picture = $state.raw<Picture | undefined>();
  prepared = $state.raw<Step<PreparedInput>>(IDLE);
  prompt = $state('');

  run = $state.raw<RunState | undefined>();
  running = $state(false);
  /** Who else uses the phone (the self-test): no question is asked meanwhile, and it leaves before the phone is let go. */
  guest = $state.raw<Guest | undefined>();
  /** The question of the run on the screen. */
  askedPrompt = $state.raw('');
  /** When Run was pressed, on the page's clock. */
  runStartMs = $state.raw(0);
  turns = $state.raw<readonly Turn[]>([]);

  /** A link was opened: what it asks for, and what of it could not be filled in yet. */
  asked = $state.raw<Recipe | undefined>();
  /** Something to tell that belongs to no step: a damaged link, a copy refused. */
  notice = $state.raw<Failure | undefined>();

  #runner: Runner | undefined;
  /** What the running program said about itself when it loaded: true for every answer of it. */
  #facts: RunState['facts'] = {};
  #runStop: AbortController | undefined;
  #prepareStop: AbortController | undefined;

  constructor(platform: Platform) {
    this.platform = platform;
    this.phone = new PhoneState(platform);
    this.setup = new SetupState(platform, this.phone);
    this.npu = new NpuCheck(this);
    this.setup.onModel = ({ manifest }) => {
      if (!this.prompt) this.prompt = manifest.model?.prompts[0] ?? '';
      this.#prepareWhenWanted();
    };
    this.phone.beforeClose = async () => {
      await this.guest?.leave();
      await this.#closeRunner();
    };
    this.phone.onWanted = () => {
      if (this.prepared.is === 'idle') void this.prepare();
    };
    this.phone.afterOpen = () => {
      // A failure of the phone before; its question stays among the earlier ones.
      if (this.run?.failure) this.run = undefined;
      this.setup.checkRunner();
    };
  }

  /** The last question's turn, when its run is the one on the screen. */
  get last(): Turn | undefined {
    const turn = this.turns.at(-1);
    return turn && turn.run === this.run ? turn : undefined;
  }

  /** False: the pipeline reads text alone, and no picture is prepared, sent or recorded. */
  get readsPictures(): boolean {
    return this.setup.pipeline.pictures !== false;
  }

  /** How the picture is prepared: what the model asks for. */
  get inputRecipe(): InputRecipe | undefined {
    return this.readsPictures ? this.setup.model?.manifest.model?.input : undefined;
  }

  async start(fragment: string): Promise<void> {
    const phones = this.phone.start();
    const sample = this.platform.samples[0];
    if (sample) await this.useSample(sample);
    await this.openLink(fragment);
    const { setup } = this;
    if (!setup.model) await setup.useModel(setup.pipeline.model);
    await setup.loadRunner();
    await phones;
  }

  /** Deletes everything of ours on the phone. */
  async removePayload(): Promise<void> {
    await this.#closeRunner();
    await this.setup.remove();
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
      (this.setup.model?.manifest.model?.prompts.includes(prompt) ?? false)
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
    if (!picture || !inputRecipe) {
      this.prepared = IDLE;
      return fail('image-not-image', 'no picture');
    }
    this.prepared = busy('Preparing the picture');
    const result = await this.platform.preparer.prepare(picture.file, inputRecipe, stop.signal);
    if (!stop.signal.aborted)
      this.prepared = result.ok ? done(result.value) : failedOrIdle(result.failure);
    return result;
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
    const { model, modelStep } = this.setup;
    if (!model && modelStep.is === 'failed') return modelStep.failure;
    return undefined;
  }

  /** Does what is still missing (install, prepare), then asks. Resolves when the answer is whole or failed. */
  async ask(): Promise<void> {
    const phone = this.phone.current;
    if (this.running || this.guest || !phone || !this.setup.model || this.cannotRun) return;
    this.running = true;
    const startMs = this.platform.clock.now();
    this.runStartMs = startMs;
    this.askedPrompt = this.prompt;
    const stop = new AbortController();
    this.#runStop = stop;
    const release = this.platform.browser.hold();
    this.run = { ...INITIAL_RUN, facts: this.#facts };
    try {
      const installed = await this.setup.install();
      if (!installed.ok) return void (this.run = undefined);
      if (stop.signal.aborted) return void (this.run = undefined);
      const input = await this.#input(startMs);
      if (!input.ok) return void (this.run = undefined);
      await this.#answer(installed.value, input.value, startMs, stop.signal);
    } finally {
      this.running = false;
      release();
    }
  }

  /** The prepared picture; undefined where none is read. */
  async #input(startMs: number): Promise<Result<PreparedInput | undefined>> {
    if (!this.readsPictures) return ok(undefined);
    this.#fold({ kind: 'phase', phase: 'prepare', atMs: this.platform.clock.now() - startMs });
    return this.prepared.is === 'done' ? ok(this.prepared.value) : this.prepare();
  }

  stop(): void {
    this.setup.cancelInstall();
    this.#runStop?.abort();
  }

  async #answer(
    installed: Installed,
    input: PreparedInput | undefined,
    startMs: number,
    signal: AbortSignal,
  ) {
    const phone = this.phone.current;
    const { picture } = this;
    if (!phone) return;
    const { prompt } = this;
    const { pipelineId, requested, simulatedRunner } = this.setup;
    const options: OptionValues = { ...this.setup.options };
    // Kept here: a phone that goes takes it away from us before the run's report is made.
    const { PIPELINES, Runner, createHostTools, record, toReport, buildOf } = await workCode();
    const { tokenizer, combiner, clock } = this.platform;
    const tools = createHostTools(() => this.setup.model, tokenizer, combiner);
    const runner = (this.#runner ??= new Runner(phone.device, clock, tools));
    const env = await this.npu.environment(phone, installed, signal);
    if (!env.ok) {
      const atMs = this.platform.clock.now() - startMs;
      return this.#fold({ kind: 'failed', failure: env.failure, atMs });
    }
    const bigCores = phone.facts.bigCores ?? 4;
    const setup = { ...installed, options, bigCores, env: env.value };
    const pipeline = PIPELINES[pipelineId];
    const earlier = earlierQuestions(this.turns, {
      ...{ pipeline: pipelineId, model: installed.model.manifest, options },
      picture: input?.source.sha256,
    });
    const question = { pipeline, setup, input, prompt, earlier, options };
    const asking = runner.ask(question, startMs, signal);
    for await (const event of asking) this.#fold(event);
    // Trying again then installs what is missing.
    if (this.run?.failure?.code === 'device-file-missing') this.setup.payload = IDLE;
    const recipe = await record({
      ...{
        app: this.platform.app,
        pipeline: pipelineId,
        ...installed,
        picture,
        input,
        earlier,
        prompt,
        options,
      },
      device: {
        class: this.phone.virtualModel ?? phone.facts.soc ?? phone.facts.model,
        simulated: phone.device.simulated,
      },
      ran: simulatedRunner ? undefined : verdict(requested, this.run?.proofs ?? {}),
    });
    const { run } = this;
    const { commands } = runner;
    if (!run || commands.length === 0) return;
    const report = toReport({
      app: this.platform.app,
      madeAt: this.platform.browser.now(),
      browser: this.platform.browser.userAgent,
      ...{ device: phone.device, facts: phone.facts, recipe, input, commands, requested, run },
      simulatedRunner,
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
    this.setup.payload = IDLE;
    await runner?.[Symbol.asyncDispose]();
  }

  /** Ends the program and forgets what is installed, for somebody else who uses the phone next. */
  readonly leavePhone = (): Promise<void> => this.#closeRunner();

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

  /** Fills the form from a link. Never connects, loads a model from elsewhere, or runs. */
  async openLink(fragment: string): Promise<void> {
    const read = await fromFragment(fragment);
    if (!read) return;
    if (!read.ok) return void (this.notice = read.failure);
    const recipe = read.value;
    if (!isPipelineId(recipe.pipeline))
      return void (this.notice = { code: 'link-newer', detail: `pipeline "${recipe.pipeline}"` });
    this.asked = recipe;
    await this.setup.openRecipe(recipe, recipe.pipeline);
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
      ...(asked.input?.sha256 === made.input?.sha256 || !made.input
        ? []
        : ['the pixels that the model saw']),
      ...(same(asked.earlier, made.earlier) ? [] : ['the questions before it']),
      ...(asked.prompt === made.prompt ? [] : ['the question']),
      ...(asked.model.sha256 === made.model.sha256 ? [] : ['the model']),
      ...(asked.runner.sha256 === made.runner.sha256 ? [] : ['the runner program']),
      ...(same(asked.options, made.options) ? [] : ['the settings']),
      ...(asked.ran === undefined || asked.ran === made.ran ? [] : ['where it ran']),
    ];
  }
}

export const [getSession, setSession] = createContext<Session>();
