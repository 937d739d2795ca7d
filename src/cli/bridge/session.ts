import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { BRIDGE_CLOSE, parseToBridge, type FromBridge } from '../../domain/bridge';

/** Opens a connection to the phone, whole ADB transfers in, ADB's bytes out. What it fails with is told to the page. */
export type OpenPhone = () => Duplex;

/** ADB lets a page have 1 MiB under way in each stream: more than this is not ours. */
const MAX_UP_BYTES = 32 << 20;
/** What may wait for a slow page before the phone is held back. */
const MAX_DOWN_BYTES = 8 << 20;
/** "open" and "close" that a page may say in all of `WINDOW_MS`. */
const MAX_WORDS = 50;
const WINDOW_MS = 10_000;
/** First word of the packet by which a phone asks for TLS. Source: AOSP packages/modules/adb, adb.h, A_STLS. */
const STLS = 'STLS';
const MAX_DETAIL_CHARS = 500;

/** Serves the page at the other end of the WebSocket until it closes; then no connection to the phone is left. */
export class Session {
  readonly #page: WebSocket;
  readonly #openPhone: OpenPhone;
  #phone: Duplex | undefined;
  #words: number[] = [];

  constructor(page: WebSocket, openPhone: OpenPhone) {
    this.#page = page;
    this.#openPhone = openPhone;
    page.on('message', (data: Buffer, isBinary) => {
      if (isBinary) this.#toPhone(data);
      else this.#heard(data.toString());
    });
    page.on('error', () => undefined); // `close` follows
    page.on('close', () => this.#hangUp());
    this.#say({ op: 'hello' });
  }

  #heard(text: string): void {
    const now = performance.now();
    this.#words = this.#words.filter((at) => now - at < WINDOW_MS);
    this.#words.push(now);
    const message = parseToBridge(text);
    if (!message || this.#words.length > MAX_WORDS) return this.#misuse();
    this.#hangUp();
    if (message.op === 'open') this.#open(message.id);
  }

  #open(id: number): void {
    const phone = this.#openPhone();
    this.#phone = phone;
    this.#say({ op: 'opened', id });
    let why: 'device' | 'pairing' = 'device';
    let detail = 'the phone closed the connection';
    phone.once('data', (bytes: Buffer) => {
      if (bytes.subarray(0, STLS.length).toString('latin1') === STLS) why = 'pairing';
    });
    phone.on('data', (bytes: Buffer) => this.#toPage(phone, bytes));
    phone.on('error', (error) => (detail = error.message.slice(0, MAX_DETAIL_CHARS)));
    phone.on('end', () => phone.destroy());
    phone.on('close', () => {
      if (this.#phone !== phone) return;
      this.#phone = undefined;
      this.#say({ op: 'gone', id, why, detail });
    });
  }

  /** No pause here: a page that closes must be heard, whatever the phone does. ADB bounds what is under way. */
  #toPhone(bytes: Buffer): void {
    const phone = this.#phone;
    if (!phone || phone.destroyed || bytes.length === 0) return;
    phone.write(bytes);
    if (phone.writableLength > MAX_UP_BYTES) this.#misuse();
  }

  #toPage(phone: Duplex, bytes: Buffer): void {
    if (this.#phone !== phone) return;
    this.#page.send(bytes, () => {
      if (this.#page.bufferedAmount < MAX_DOWN_BYTES / 2) phone.resume();
    });
    if (this.#page.bufferedAmount > MAX_DOWN_BYTES) phone.pause();
  }

  #hangUp(): void {
    const phone = this.#phone;
    this.#phone = undefined;
    phone?.destroy();
  }

  #misuse(): void {
    this.#hangUp();
    this.#page.close(BRIDGE_CLOSE.misuse);
  }

  #say(message: FromBridge): void {
    this.#page.send(JSON.stringify(message), () => undefined); // a page that left needs no word
  }
}
