import type { Candidate, Connector, Device } from '../domain/device';
import type { DeviceFacts } from '../domain/device-facts';
import { fail } from '../domain/result';
import type { TroubleKind } from '../domain/virtual';
import { removeAll, usage } from '../flows/remove';
import { probe } from '../flows/probe';
import type { Platform } from './platform';
import { busy, done, failedOrIdle, IDLE, type Step } from './step';

export interface Phone {
  readonly device: Device;
  readonly facts: DeviceFacts;
}

/** What the phone asks its owner, and until when. */
export interface Question {
  readonly deadlineMs: number;
  readonly fingerprint: string;
}

/** The connection: which phone, and what it is. */
export class PhoneState {
  step = $state.raw<Step<Phone>>(IDLE);
  question = $state.raw<Question | undefined>();
  /** Phones that can be connected without the browser's chooser. */
  known = $state.raw<readonly Candidate[]>([]);
  /** The virtual model's id while a virtual phone is meant. */
  virtualModel = $state<string | undefined>();
  /** Bytes that our folder takes on the phone, once asked. */
  usedBytes = $state<number | undefined>();
  /** Called before the connection is closed, while the phone still answers. */
  beforeClose: () => Promise<void> = async () => {};

  readonly #platform: Platform;
  #attempt: AbortController | undefined;
  #retry: (() => Promise<void>) | undefined;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  get current(): Phone | undefined {
    return this.step.is === 'done' ? this.step.value : undefined;
  }

  /** Looks for phones that the browser remembers, and for their arrival. Loads nothing when there is none. */
  async start(): Promise<void> {
    const { usb } = this.#platform;
    if (usb.unavailable || !(await usb.hasKnown())) return;
    const connector = await usb.connector();
    this.known = await connector.known();
    connector.onPlugged(() => void connector.known().then((known) => (this.known = known)));
  }

  /** From a click: the browser's chooser, then the connection. */
  async connectUsb(): Promise<void> {
    await this.#connect(
      async () => this.#platform.usb.connector(),
      (connector) => connector.choose(),
    );
  }

  async reconnect(candidate: Candidate): Promise<void> {
    await this.#connect(
      async () => this.#platform.usb.connector(),
      async () => ({ ok: true, value: candidate }),
    );
  }

  async connectVirtual(modelId: string, trouble: TroubleKind = 'none'): Promise<void> {
    await this.#connect(
      () => this.#platform.virtual.connector(modelId, { kind: trouble }),
      (connector) => connector.choose(),
    );
    if (this.current) this.virtualModel = modelId;
  }

  /** The same again, with the phone already chosen where it was. */
  async retry(): Promise<void> {
    await this.#retry?.();
  }

  cancel(): void {
    this.#attempt?.abort();
  }

  async disconnect(): Promise<void> {
    this.#attempt?.abort();
    const phone = this.current;
    this.step = IDLE;
    this.virtualModel = undefined;
    this.usedBytes = undefined;
    if (!phone) return;
    await this.beforeClose();
    await phone.device[Symbol.asyncDispose]();
  }

  async measure(): Promise<void> {
    const used = this.current && (await usage(this.current.device, AbortSignal.timeout(10_000)));
    if (used?.ok) this.usedBytes = used.value;
  }

  /** Deletes everything of ours on the phone. */
  async removePayload() {
    if (!this.current) return fail('unplugged');
    const removed = await removeAll(this.current.device, AbortSignal.timeout(60_000));
    if (removed.ok) this.usedBytes = 0;
    return removed;
  }

  async #connect(
    load: () => Promise<Connector>,
    pick: (connector: Connector) => ReturnType<Connector['choose']>,
  ): Promise<void> {
    await this.disconnect();
    const attempt = new AbortController();
    this.#attempt = attempt;
    this.#retry = () => this.#connect(load, pick);
    this.step = busy('Loading');
    const connector = await load();
    this.step = busy('Waiting for you to choose a phone');
    const picked = await pick(connector);
    if (attempt.signal.aborted) return;
    if (!picked.ok) return void (this.step = failedOrIdle(picked.failure));
    this.#retry = () =>
      this.#connect(
        async () => connector,
        async () => picked,
      );
    await this.#open(connector, picked.value, attempt.signal);
  }

  async #open(connector: Connector, candidate: Candidate, signal: AbortSignal): Promise<void> {
    const opening = connector.open(candidate, signal);
    for (;;) {
      const step = await opening.next();
      if (step.done) {
        this.question = undefined;
        if (signal.aborted) {
          if (step.value.ok) await step.value.value[Symbol.asyncDispose]();
          if (this.step.is === 'busy') this.step = IDLE;
          return;
        }
        if (!step.value.ok) return void (this.step = failedOrIdle(step.value.failure));
        return this.#read(step.value.value, signal);
      }
      if (signal.aborted) continue;
      const { value: event } = step;
      this.question = event.kind === 'authorise' ? event : undefined;
      this.step = busy(
        event.kind === 'authorise'
          ? 'The phone asks its owner: unlock it and tap Allow'
          : `Connecting to ${candidate.name}`,
      );
    }
  }

  async #read(device: Device, signal: AbortSignal): Promise<void> {
    this.step = busy(`Reading what ${device.name} is`);
    const facts = await probe(device, signal);
    if (!facts.ok) {
      this.step = failedOrIdle(facts.failure);
      return device[Symbol.asyncDispose]();
    }
    this.step = done({ device, facts: facts.value });
    void device.gone.then((failure) => {
      if (this.current?.device === device) this.step = { is: 'failed', failure };
    });
  }
}
