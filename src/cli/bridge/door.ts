import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { BRIDGE_CLOSE } from '../../domain/bridge';

/** 192 random bits, as 32 characters of base64url. */
const TOKEN_BYTES = 24;
/** Knocks in `WINDOW_MS` that are answered; a person needs one. */
const MAX_KNOCKS = 20;
const WINDOW_MS = 10_000;

/** What somebody at the door shows: headers and path of a WebSocket handshake. All of it is untrusted. */
export interface Knock {
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly path: string | undefined;
}

/** `drop`: not even a WebSocket; a number: the code that the WebSocket is closed with at once. */
export type Answer = 'enter' | 'drop' | (typeof BRIDGE_CLOSE)[keyof typeof BRIDGE_CLOSE];

/** Decides who may use the bridge: one page of an allowed origin, which has the token of the moment. */
export class Door {
  readonly #origins: readonly string[];
  readonly #now: () => number;
  #token: string | undefined;
  #occupied = false;
  #knocks: number[] = [];

  /** `origins` as browsers send them, for example "http://localhost:4173". `now`: milliseconds. */
  constructor(origins: readonly string[], now: () => number = () => performance.now()) {
    this.#origins = origins;
    this.#now = now;
  }

  /** Makes the token for the next page; the last one is worth nothing then. */
  renew(): string {
    this.#occupied = false;
    this.#token = randomBytes(TOKEN_BYTES).toString('base64url');
    return this.#token;
  }

  /** Judges one handshake. Who may enter has used the token up. */
  judge({ host, origin, path }: Knock, port: number): Answer {
    if (this.#tooMany()) return 'drop';
    // A name that leads here but is not ours: DNS rebinding.
    if (host !== `127.0.0.1:${port}` && host !== `localhost:${port}`) return 'drop';
    if (origin === undefined || !this.#origins.includes(origin)) return BRIDGE_CLOSE.origin;
    if (this.#occupied) return BRIDGE_CLOSE.busy;
    if (!this.#token || !same(path ?? '', `/${this.#token}`)) return BRIDGE_CLOSE.refused;
    this.#token = undefined;
    this.#occupied = true;
    return 'enter';
  }

  #tooMany(): boolean {
    const now = this.#now();
    this.#knocks = this.#knocks.filter((at) => now - at < WINDOW_MS);
    if (this.#knocks.length >= MAX_KNOCKS) return true;
    this.#knocks.push(now);
    return false;
  }
}

/** Compares in a time that does not depend on the contents, nor, by hashing, on the lengths. */
function same(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
