import type { Clock } from '../../domain/clock';
import type { TroubleKind } from '../../domain/virtual';
import { Adbd } from './adbd';
import { PhoneFiles } from './files';
import { UsbLink } from './link';
import { bannerOf, preloadSystem, type PhoneModel } from './models';
import { ProcessTable, type Program } from './process';
import { parseService, serveShell, type Interpreter } from './shell-service';
import type { Stream } from './stream';
import { serveSync } from './sync';
import type { FromPhone, ToPhone } from './wire';

/** What a phone is made of. */
export interface PhoneParts {
  readonly model: PhoneModel;
  readonly trouble: TroubleKind;
  readonly clock: Clock;
  /** Milliseconds since 1970, for file times. */
  readonly wallClock: () => number;
  /** Makes the shell once the rest of the phone exists. */
  readonly interpreter: (phone: VirtualPhone) => Interpreter;
  /** Programs that executable files name in their first line, by that name. */
  readonly programs: (phone: VirtualPhone) => Readonly<Record<string, Program>>;
  /** Sends to the host's side of the cable. */
  readonly post: (message: FromPhone) => void;
}

/** What a page can keep in memory; more would be a promise that the browser breaks. */
const CAPACITY = 6 * 2 ** 30;
/** What disk-full leaves. */
const NEARLY_FULL = 1e6;
/** Free space that df claims with disk-full, unless it is asked to be honest. */
const CLAIMED_FREE = CAPACITY / 2;
/** How long the simulated owner takes to read the question and tap Allow. */
const OWNER_MS = 600;
const UNPLUG_PUSH_BYTES = 256 << 10;
const UNPLUG_TOKENS = 5;
/** As a cable that only manages USB 1.1. */
const SLOW_LINK = { bytesPerMs: 1000, transferMs: 5 };

/** A phone in memory: files, programs, an ADB daemon and a cable. It keeps its files until it is discarded. */
export class VirtualPhone {
  readonly model: PhoneModel;
  readonly trouble: TroubleKind;
  readonly clock: Clock;
  readonly programs: Readonly<Record<string, Program>>;
  readonly files: PhoneFiles;
  readonly processes = new ProcessTable();
  readonly interpreter: Interpreter;
  readonly #link: UsbLink;
  #tokens = 0;
  /** The scripted unplug happens once; afterwards the phone behaves, so that trying again can succeed. */
  #unplugged = false;

  constructor(parts: PhoneParts) {
    this.model = parts.model;
    this.trouble = parts.trouble;
    this.clock = parts.clock;
    this.programs = parts.programs(this);
    const capacity = this.trouble === 'disk-full' ? NEARLY_FULL : CAPACITY;
    this.files = new PhoneFiles(capacity, parts.wallClock);
    preloadSystem(this.files, this.model, this.clock);
    this.interpreter = parts.interpreter(this);
    const pace = this.trouble === 'slow-link' ? SLOW_LINK : undefined;
    const adbd = new Adbd({
      banner: bannerOf(this.model),
      askOwner: () => this.#askOwner(),
      service: (name) => this.#service(name),
      send: (transfers) => this.#link.send(transfers),
    });
    const listener = {
      received: adbd.received.bind(adbd),
      lost: adbd.reset.bind(adbd),
    };
    this.#link = new UsbLink(parts.post, listener, this.clock, pace);
  }

  /** One message from the host's side of the cable. */
  handle(message: ToPhone): void {
    this.#link.handle(message);
  }

  /** Size and free space of /data in bytes. With disk-full the free space is a lie unless `honest`. */
  space(honest: boolean): { readonly total: number; readonly free: number } {
    if (this.trouble !== 'disk-full') return { total: CAPACITY, free: this.files.free };
    return { total: CAPACITY, free: honest ? this.files.free : CLAIMED_FREE };
  }

  /** A runner reports each token it says; the scripted unplug counts them. */
  tokenSaid(): void {
    if (++this.#tokens >= UNPLUG_TOKENS) this.#unplugOnce();
  }

  /** A runner begins a new answer. */
  answerBegins(): void {
    this.#tokens = 0;
  }

  async #askOwner(): Promise<void> {
    if (this.trouble === 'auth-ignored' || this.trouble === 'auth-refused')
      await new Promise<never>(() => undefined);
    await this.clock.sleep(OWNER_MS);
  }

  #unplugOnce(): void {
    if (this.trouble !== 'unplug' || this.#unplugged) return;
    this.#unplugged = true;
    this.#link.unplug();
  }

  #pushed(totalBytes: number): void {
    if (totalBytes > UNPLUG_PUSH_BYTES) this.#unplugOnce();
  }

  /** Only what the page needs; `reboot:`, `root:`, `tcpip:` and the rest do not exist here. */
  #service(name: string): ((stream: Stream) => Promise<void>) | undefined {
    if (name === 'sync:')
      return (stream) => serveSync(stream, this.files, (total) => this.#pushed(total));
    const shell = parseService(name);
    return shell && ((stream) => serveShell(stream, shell.script, shell.kind, this));
  }
}
