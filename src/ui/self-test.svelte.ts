import type { BundleSource } from '../domain/bundle';
import type { RunSetup } from '../domain/pipeline';
import { ok, type Result } from '../domain/result';
import { noteCheck, toSelfTestReport, type Check, type SelfTestReport } from '../domain/self-test';
import { createHostTools } from '../flows/host-tools';
import { Runner } from '../flows/run';
import { selfTest } from '../flows/self-test';
import { PIPELINES } from '../pipelines';
import { askWith, dumpPathOf } from '../flows/self-test/ask';
import { checkEncoder } from '../flows/self-test/own-encoder';
import type { OwnEncoder } from '../flows/self-test/page-engine';
import type { Phone } from './phone.svelte';
import type { Session } from './session.svelte';
import { busy, done, failedOrIdle, IDLE, type Step } from './step';

/** What the self-test needs of the page beside it. */
export type Around = Pick<
  Session,
  'platform' | 'phone' | 'setup' | 'running' | 'guest' | 'leavePhone'
>;

/** The pictures of the page that are enough for a model without its own. */
const OWN_PICTURES = 3;

/** Does this phone compute rightly? One test at a time; the phone answers no question meanwhile. */
export class SelfTest {
  /** Told one by one while `step` is busy. */
  checks = $state.raw<readonly Check[]>([]);
  step = $state.raw<Step<SelfTestReport>>(IDLE);
  /** The user's own ONNX encoder. */
  encoder = $state.raw<Step<OwnEncoder & { readonly name: string }>>(IDLE);
  readonly #around: Around;
  #stop: AbortController | undefined;
  #looking: AbortController | undefined;

  constructor(around: Around) {
    this.#around = around;
  }

  /** False while the phone is away, busy with a question or an installation, or no model is chosen. */
  get possible(): boolean {
    const { phone, setup, running, guest } = this.#around;
    return Boolean(
      phone.current && setup.model && !running && !guest && setup.payload.is !== 'busy',
    );
  }

  /** Takes an ONNX file of the user's, once it is seen to fit the model. */
  async useEncoder(file: File): Promise<void> {
    this.dropEncoder();
    const { platform, setup } = this.#around;
    if (!setup.model) return;
    const stop = new AbortController();
    this.#looking = stop;
    this.encoder = busy(`Looking at ${file.name}`);
    const seen = await checkEncoder(file, setup.model, platform.encoder, stop.signal);
    if (stop.signal.aborted) return;
    this.encoder = seen.ok ? done({ ...seen.value, name: file.name }) : failedOrIdle(seen.failure);
  }

  /** Back to the model's own encoder, or to none. */
  dropEncoder(): void {
    this.#looking?.abort();
    this.encoder = IDLE;
    this.forget();
  }

  cancel(): void {
    if (this.step.is !== 'busy') return;
    this.#stop?.abort();
    this.#around.setup.cancelInstall();
  }

  /** What is shown is of another phone or model. */
  forget(): void {
    this.cancel();
    this.checks = [];
    this.step = IDLE;
  }

  async run(): Promise<void> {
    if (!this.possible) return;
    this.forget();
    const stop = new AbortController();
    this.#stop = stop;
    const release = this.#around.platform.browser.hold();
    this.step = busy('Looking at the phone');
    const testing = this.#test(stop.signal);
    const leave = async () => {
      this.cancel();
      await testing.catch(() => undefined); // whoever pressed the button hears of it
    };
    this.#around.guest = { leave };
    try {
      const made = await testing;
      // Stopped by hand, or the phone was let go: nothing is claimed.
      if (stop.signal.aborted) this.checks = [];
      this.step = stop.signal.aborted
        ? IDLE
        : made.ok
          ? done(made.value)
          : failedOrIdle(made.failure);
    } finally {
      this.#around.guest = undefined;
      release();
    }
  }

  async #test(signal: AbortSignal): Promise<Result<SelfTestReport>> {
    const { platform, phone, setup, leavePhone } = this.#around;
    const [current, source] = [phone.current, setup.model];
    if (!current || !source) throw new Error('the test was possible a moment ago');
    // Two programs would need the memory twice, and this one deletes the pictures of that one.
    await leavePhone();
    const tools = createHostTools(() => source, platform.tokenizer, platform.combiner);
    const runner = new Runner(current.device, platform.clock, tools);
    try {
      return await this.#follow(current, source, runner, signal);
    } finally {
      await runner[Symbol.asyncDispose](); // Svelte's parser does not know "await using"
    }
  }

  async #follow(
    { device, facts }: Phone,
    source: BundleSource,
    runner: Runner,
    signal: AbortSignal,
  ): Promise<Result<SelfTestReport>> {
    const { platform, setup } = this.#around;
    const pipeline = PIPELINES[setup.pipelineId];
    const own = this.encoder.is === 'done' ? { encoder: this.encoder.value } : {};
    let used: RunSetup | undefined;
    const install = async (): Promise<Result<RunSetup>> => {
      const installed = await setup.install();
      if (!installed.ok) return installed;
      const { bigCores = 4 } = facts;
      used = { ...installed.value, options: { ...setup.options }, bigCores, env: {} };
      return ok(used);
    };
    const testing = selfTest(
      {
        ...{ device, source, install, dumpPath: dumpPathOf(pipeline), ...own },
        pictures: () => this.#pictures(signal),
      },
      { ...platform, ask: askWith(runner, pipeline) },
      signal,
    );
    let told = await testing.next();
    for (; !told.done; told = await testing.next())
      if (!signal.aborted) this.checks = noteCheck(this.checks, told.value);
    if (!told.value.ok) return told.value;
    if (!used) throw new Error('a test that ended well had runner and model');
    return ok(
      toSelfTestReport({
        ...{ app: platform.app, madeAt: platform.browser.now() },
        ...{ browser: platform.browser.userAgent, device, facts, checks: this.checks },
        ...{ runner: used.runner.manifest, model: used.model.manifest },
        encoder: own.encoder ? 'own' : 'model',
      }),
    );
  }

  async #pictures(signal: AbortSignal) {
    const { browser, samples } = this.#around.platform;
    const pictures: { file: Blob }[] = [];
    for (const { url } of samples.slice(0, OWN_PICTURES)) {
      const blob = await browser.fetchBlob(url, signal);
      if (!blob.ok) return blob;
      pictures.push({ file: blob.value });
    }
    return ok(pictures);
  }
}
