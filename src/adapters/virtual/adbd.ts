import { Authority } from './authority';
import {
  AUTH,
  CLSE,
  CNXN,
  MAX_PAYLOAD,
  OKAY,
  OPEN,
  VERSION,
  WRTE,
  toTransfers,
  type Packet,
} from './packet';
import { DeviceStream, type Stream } from './stream';

/** What the daemon needs of the phone around it. */
export interface DaemonHost {
  /** "device::key=value;…", without features. */
  readonly banner: string;
  /** What it can do; `FEATURES` by default. */
  readonly features?: readonly string[];
  /** True: whoever reaches it may use it. */
  readonly trusted?: true;
  /** Asks the owner whether this computer may connect. Never settles when the owner does not answer, or says no. */
  askOwner(): Promise<void>;
  /** The program behind a service name, or nothing when there is none. */
  service(name: string): ((stream: Stream) => Promise<void>) | undefined;
  /** Queues transfers to the host. */
  send(transfers: readonly Uint8Array[]): void;
}

/** What this daemon can do. No delayed_ack, no compression: we do not implement them. */
export const FEATURES = [
  'shell_v2',
  'cmd',
  'stat_v2',
  'ls_v2',
  'fixed_push_mkdir',
  'fixed_push_symlink_timestamp',
  'sendrecv_v2',
  'sendrecv_v2_dry_run_send',
];

const TOKEN = 1;
const SIGNATURE = 2;
const RSA_PUBLIC_KEY = 3;
/** More than any client opens; one that opens more is refused. */
const MAX_STREAMS = 64;
const NONE: Uint8Array = new Uint8Array(0);

/** The phone's side of ADB: connection, authorisation, streams. Source: AOSP packages/modules/adb (adb.cpp, sockets.cpp). */
export class Adbd {
  readonly #host: DaemonHost;
  readonly #authority = new Authority();
  readonly #streams = new Map<number, DeviceStream>();
  #online = false;
  /** Counts connections, so that a late answer of the owner does not reach the next one. */
  #epoch = 0;
  /** The connection for which the owner is being asked: one question at a time. */
  #asking = -1;
  #lastId = 0;

  constructor(host: DaemonHost) {
    this.#host = host;
  }

  /** Handles one packet of the host. */
  received(packet: Packet): void {
    const { command, arg0, arg1, payload } = packet;
    if (command === CNXN) return this.#connect();
    if (command === AUTH) return this.#authenticate(arg0, payload);
    // adbd ignores streams before authorisation
    if (!this.#online) return;
    const stream = this.#streams.get(arg1);
    if (command === OPEN) this.#open(arg0, new TextDecoder().decode(payload).replace(/\0$/, ''));
    else if (command === WRTE && stream?.remoteId === arg0) stream.received(payload);
    else if (command === WRTE) this.#send(CLSE, 0, arg0);
    else if (command === OKAY) stream?.ready();
    else if (command === CLSE) this.#closed(arg1);
  }

  /** The cable is gone, or a new connection begins: ends every stream, and with it what runs behind it. */
  reset(): void {
    this.#online = false;
    this.#epoch += 1;
    const streams = [...this.#streams.values()];
    this.#streams.clear();
    for (const stream of streams) stream.end();
  }

  #connect(): void {
    this.reset();
    if (this.#host.trusted) this.#welcome();
    else this.#send(AUTH, TOKEN, 0, this.#authority.challenge());
  }

  #authenticate(kind: number, payload: Uint8Array): void {
    if (kind === SIGNATURE && this.#authority.verify(payload)) this.#welcome();
    else if (kind === SIGNATURE) this.#send(AUTH, TOKEN, 0, this.#authority.challenge());
    else if (kind === RSA_PUBLIC_KEY) void this.#ask(payload);
  }

  async #ask(key: Uint8Array): Promise<void> {
    const epoch = this.#epoch;
    if (this.#asking === epoch) return;
    this.#asking = epoch;
    await this.#host.askOwner();
    if (this.#asking === epoch) this.#asking = -1;
    // remembered for good, as with "Always allow from this computer"
    if (this.#authority.allow(key) && epoch === this.#epoch) this.#welcome();
  }

  #welcome(): void {
    this.#online = true;
    const { banner: name, features = FEATURES } = this.#host;
    const banner = `${name}features=${features.join(',')}`;
    this.#send(CNXN, VERSION, MAX_PAYLOAD, new TextEncoder().encode(banner));
  }

  #open(remoteId: number, name: string): void {
    const service = this.#streams.size < MAX_STREAMS ? this.#host.service(name) : undefined;
    if (!service) return this.#send(CLSE, 0, remoteId);
    const stream = new DeviceStream(this.#send, ++this.#lastId, remoteId);
    this.#streams.set(stream.localId, stream);
    this.#send(OKAY, stream.localId, remoteId);
    void service(stream).finally(() => {
      stream.close();
      this.#streams.delete(stream.localId);
    });
  }

  /** The host closed a stream. adbd answers with its own CLSE. */
  #closed(localId: number): void {
    const stream = this.#streams.get(localId);
    if (!stream) return;
    this.#streams.delete(localId);
    this.#send(CLSE, localId, stream.remoteId);
    stream.end();
  }

  readonly #send = (command: number, arg0: number, arg1: number, payload = NONE): void => {
    this.#host.send(toTransfers({ command, arg0, arg1, payload }));
  };
}
