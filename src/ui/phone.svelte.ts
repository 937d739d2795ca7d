import type { Candidate, Connector, Device } from '../domain/device';
import type { DeviceFacts } from '../domain/device-facts';
import { fail, ok, type Result } from '../domain/result';
import type { ScriptedFailure, Trouble, TroubleKind } from '../domain/virtual';
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

/** One way to a phone, kept for trying again. */
interface Way {
  readonly via: Device['transport'];
  readonly load: () => Promise<Connector>;
  readonly pick: (connector: Connector) => ReturnType<Connector['choose']>;
  readonly virtual?: { readonly modelId: string; readonly trouble: Trouble };
}

/** What is said while a way's code loads, and while its phone is being chosen. */
const NOTES = {
  usb: ['Loading', 'Choose the phone in the browser’s list'],
  virtual: ['Starting the virtual phone', 'Starting the virtual phone'],
  bridge: ['Loading', 'Connecting to the bridge: allow it when the browser asks'],
} as const;

/** Code that loads on demand may not come: an old page after an update, no network. */
async function attemptLoad<T>(load: () => Promise<T>): Promise<Result<T>> {
  try {
    return ok(await load());
  } catch (reason) {
    return fail('worker-failed', String(reason));
  }
}

/** The same phone once more; after a replug it has another id. Else the chooser. */
async function pickAgain(
  connector: Connector,
  { id, name }: Candidate,
): Promise<Result<Candidate>> {
  const known = await connector.known();
  const same =
    known.find((candidate) => candidate.id === id) ??
    known.find((candidate) => candidate.name === name);
  return same ? ok(same) : connector.choose();
}

/** The connection: which phone, and what it is. */
export class PhoneState {
  step = $state.raw<Step<Phone>>(IDLE);
  /** The last phone that was there, until the user lets go of it: a pulled cable does not empty the page. */
  met = $state.raw<Phone | undefined>();
  question = $state.raw<Question | undefined>();
  /** Phones that can be connected without the browser's chooser. */
  known = $state.raw<readonly Candidate[]>([]);
  /** How the phone that is meant is reached. */
  via = $state<Device['transport']>('usb');
  /** The bridge's address, as typed. Holds its token: for the field, and never for a report. */
  bridgeAddress = $state('');
  /** The virtual model's id while a virtual phone is meant. */
  virtualModel = $state<string | undefined>();
  /** What that virtual phone was told to do wrong. */
  trouble = $state<TroubleKind>('none');
  /** True when that phone does anything wrong on purpose, or a runner on it. */
  scripted = $state(false);
  /** Bytes that our folder takes on the phone, once asked. */
  usedBytes = $state<number | undefined>();
  /** Called before the connection is closed, while the phone still answers if it can. */
  beforeClose: () => Promise<void> = async () => {};
  /** Called when somebody wants a phone: what the work needs can load meanwhile. */
  onWanted: () => void = () => {};
  /** Called when a phone is there and known. */
  afterOpen: (phone: Phone) => void = () => {};

  readonly #platform: Platform;
  #attempt: AbortController | undefined;
  #retry: (() => Promise<void>) | undefined;
  #watched = false;
  /** Name of the phone that was chosen last at the USB port. */
  #chosen: string | undefined;

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
    const connector = await attemptLoad(() => usb.connector());
    if (connector.ok) await this.#watch(connector.value);
  }

  /** Keeps the list of known phones, and takes up again a phone whose cable comes back. */
  async #watch(connector: Connector): Promise<void> {
    if (!this.#watched) {
      this.#watched = true;
      connector.onPlugged(({ name }) => {
        void connector.known().then((known) => (this.known = known));
        const lost = this.step.is === 'failed' && this.step.failure.code === 'unplugged';
        if (lost && name === this.#chosen) void this.retry();
      });
    }
    this.known = await connector.known();
  }

  /** From a click: the browser's chooser, then the connection. */
  async connectUsb(): Promise<void> {
    await this.#connect({
      via: 'usb',
      load: () => this.#platform.usb.connector(),
      pick: (connector) => connector.choose(),
    });
  }

  /** From a click: the bridge whose address is in the field, then the phone behind it. */
  async connectBridge(): Promise<void> {
    const address = this.bridgeAddress;
    await this.#connect({
      via: 'bridge',
      load: () => this.#platform.bridge.connector(address),
      pick: (connector) => connector.choose(),
    });
  }

  async reconnect(candidate: Candidate): Promise<void> {
    await this.#connect({
      via: 'usb',
      load: () => this.#platform.usb.connector(),
      pick: async () => ok(candidate),
    });
  }

  /** `runner`: what its simulated runners are told to say. */
  async connectVirtual(
    modelId: string,
    kind: TroubleKind = 'none',
    runner?: ScriptedFailure,
  ): Promise<void> {
    const trouble: Trouble = { kind, runner };
    await this.#connect({
      via: 'virtual',
      load: () => this.#platform.virtual.connector(modelId, trouble),
      pick: (connector) => connector.choose(),
      virtual: { modelId, trouble },
    });
  }

  /** The same again, with the phone already chosen where it was. */
  async retry(): Promise<void> {
    await this.#retry?.();
  }

  /** Gives up an attempt: back to where it was begun. */
  cancel(): void {
    this.#attempt?.abort();
    this.question = undefined;
    // The browser may still be asking about it.
    this.#platform.bridge.leave();
    if (this.step.is === 'busy') this.step = IDLE;
  }

  /** Lets go of the phone. */
  async disconnect(): Promise<void> {
    this.met = undefined;
    this.virtualModel = undefined;
    await this.#close();
    this.#platform.bridge.leave();
  }

  async #close(): Promise<void> {
    this.#attempt?.abort();
    const phone = this.current;
    this.step = IDLE;
    this.question = undefined;
    this.usedBytes = undefined;
    await this.beforeClose();
    await phone?.device[Symbol.asyncDispose]();
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

  async #connect(way: Way): Promise<void> {
    const attempt = new AbortController();
    await this.#close();
    this.#attempt = attempt;
    this.#retry = () => this.#connect(way);
    this.via = way.via;
    if (way.via !== 'bridge') this.#platform.bridge.leave();
    this.virtualModel = way.virtual?.modelId;
    const { kind = 'none', runner } = way.virtual?.trouble ?? {};
    this.trouble = kind;
    this.scripted = kind !== 'none' || runner !== undefined;
    this.onWanted();
    const [loading, choosing] = NOTES[way.via];
    this.step = busy(loading);
    const loaded = await attemptLoad(way.load);
    if (attempt.signal.aborted) return;
    if (!loaded.ok) return void (this.step = failedOrIdle(loaded.failure));
    const connector = loaded.value;
    this.step = busy(choosing);
    const picked = await way.pick(connector);
    if (attempt.signal.aborted) return;
    if (!picked.ok) return void (this.step = failedOrIdle(picked.failure));
    this.#chosen = way.via === 'usb' ? picked.value.name : undefined;
    if (way.via === 'usb') void this.#watch(connector);
    const again: Way = {
      ...way,
      load: async () => connector,
      pick: () => pickAgain(connector, picked.value),
    };
    this.#retry = () => this.#connect(again);
    await this.#open(connector, picked.value, attempt.signal);
  }

  async #open(connector: Connector, candidate: Candidate, signal: AbortSignal): Promise<void> {
    const opening = connector.open(candidate, signal);
    for (;;) {
      const step = await opening.next();
      if (step.done) {
        if (!signal.aborted) this.question = undefined;
        if (signal.aborted) {
          if (step.value.ok) await step.value.value[Symbol.asyncDispose]();
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
    if (signal.aborted) return device[Symbol.asyncDispose]();
    if (!facts.ok) {
      this.step = failedOrIdle(facts.failure);
      return device[Symbol.asyncDispose]();
    }
    const phone = { device, facts: facts.value };
    this.step = done(phone);
    this.met = phone;
    void device.gone.then((failure) => {
      if (this.current?.device !== device) return;
      this.step = { is: 'failed', failure };
      void this.beforeClose();
    });
    this.afterOpen(phone);
  }
}
