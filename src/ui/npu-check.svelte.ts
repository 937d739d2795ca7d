import { LADDER, type Check, type Verdict } from '../domain/doctor';
import type { Failure } from '../domain/failure';
import { ok, type Result } from '../domain/result';
import type { Phone } from './phone.svelte';
import type { Session } from './session.svelte';
import type { Installed } from './setup.svelte';
import { busy, done, failedOrIdle, IDLE, type Step } from './step';
import { workCode } from './work-code';

type Around = Pick<Session, 'platform' | 'phone' | 'setup' | 'running' | 'guest' | 'leavePhone'>;
type Env = Readonly<Record<string, string>>;

/** Why does the NPU not work here, or under which environment does it? Made before a first run on the NPU, and on demand. */
export class NpuCheck {
  /** As they are made. */
  checks = $state.raw<readonly Check[]>([]);
  step = $state.raw<Step<Verdict>>(IDLE);
  readonly #around: Around;
  #stop: AbortController | undefined;

  constructor(around: Around) {
    this.#around = around;
  }

  /** True when the next run asks for an NPU: else there is nothing to examine. */
  get wanted(): boolean {
    return Object.values(this.#around.setup.requested).includes('npu');
  }

  get possible(): boolean {
    const { phone, setup, running, guest } = this.#around;
    return Boolean(
      this.wanted &&
      phone.current &&
      setup.model &&
      !running &&
      !guest &&
      setup.payload.is !== 'busy',
    );
  }

  /** What is shown is of another phone, runner or model. */
  forget(): void {
    this.cancel();
    this.checks = [];
    this.step = IDLE;
  }

  cancel(): void {
    this.#stop?.abort();
  }

  /** By the button: installs what is missing, then examines. */
  async run(): Promise<void> {
    if (!this.possible) return;
    this.forget();
    const stop = new AbortController();
    this.#stop = stop;
    const { platform, phone, setup, leavePhone } = this.#around;
    const release = platform.browser.hold();
    this.step = busy('Looking at the phone');
    const examining = (async () => {
      // A loaded model would hold the NPU's memory.
      await leavePhone();
      const installed = await setup.install();
      const current = phone.current;
      if (!installed.ok) return void (this.step = failedOrIdle(installed.failure));
      if (current) await this.#examine(current, installed.value, stop.signal);
    })();
    this.#around.guest = { leave: () => (this.cancel(), examining.catch(() => undefined)) };
    try {
      await examining;
    } finally {
      this.#around.guest = undefined;
      release();
    }
  }

  /**
   * Variables for a run on this phone: of the rung that worked before, else of the one that the examination finds.
   * Failure: why none does.
   */
  async environment(phone: Phone, installed: Installed, signal: AbortSignal): Promise<Result<Env>> {
    if (!this.wanted) return ok({});
    const { libraryFolders } = await workCode();
    const known = this.#recalled(phone, installed);
    if (known) return ok(known.env(libraryFolders(installed.runner)));
    this.forget();
    this.step = busy('Checking the NPU');
    const verdict = await this.#examine(phone, installed, signal);
    if (signal.aborted) return { ok: false, failure: { code: 'cancelled' } };
    const { rung } = verdict;
    if (rung) return ok(rung.env(libraryFolders(installed.runner)));
    return { ok: false, failure: failureOf(verdict) };
  }

  async #examine(phone: Phone, installed: Installed, signal: AbortSignal): Promise<Verdict> {
    const { platform, setup } = this.#around;
    const { examine } = await workCode();
    const { device, facts } = phone;
    const bigCores = facts.bigCores ?? 4;
    const examining = examine(
      {
        ...{ device, facts, clock: platform.clock, pipeline: setup.pipelineId },
        setup: { ...installed, options: { ...setup.options }, bigCores, env: {} },
        known: this.#recalled(phone, installed)?.id,
      },
      signal,
    );
    for (;;) {
      const step = await examining.next();
      if (step.done) {
        this.step = signal.aborted ? IDLE : done(step.value);
        if (step.value.rung) platform.browser.remember(keyOf(phone, installed), step.value.rung.id);
        return step.value;
      }
      this.checks = [...this.checks, step.value];
      this.step = busy(step.value.title);
    }
  }

  #recalled(phone: Phone, installed: Installed) {
    const id = this.#around.platform.browser.recall(keyOf(phone, installed));
    return LADDER.find((rung) => rung.id === id);
  }
}

/** For a kind of phone and a build of the runner. No serial number. */
const keyOf = ({ facts }: Phone, { runner }: Installed): string =>
  [
    'npu',
    facts.model,
    facts.soc ?? '',
    runner.files.find(({ role }) => role === 'runner')?.sha256.slice(0, 16) ?? '',
  ].join(':');

/** The runner's own reason where it gave one, else the first thing that is wrong. */
const failureOf = ({ failure, cause }: Verdict): Failure =>
  failure ?? { code: 'npu-unfit', detail: cause ? `${cause.title}: ${cause.found}` : '' };
