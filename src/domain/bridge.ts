import * as v from 'valibot';
import { fail, ok, type Result } from './result';

/**
 * What the page and `npm run bridge` say to each other over a WebSocket: binary messages are ADB's bytes,
 * text messages the JSON below. docs/bridge.md tells who may connect.
 */
export const BRIDGE_PROTOCOL = 'plugsight-bridge-1';

/** Why the bridge closes a WebSocket, as its close code. */
export const BRIDGE_CLOSE = {
  /** Wrong, used or expired token. */
  refused: 4401,
  /** A page of another origin than it serves. */
  origin: 4403,
  /** It serves another page now. */
  busy: 4409,
  /** The page said something that is not in here, or too much of it. */
  misuse: 4400,
} as const;

const ConnectionId = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1e9));

/** Page to bridge. One connection to the phone at a time: a new one ends the last. */
const ToBridge = v.variant('op', [
  v.object({ op: v.literal('open'), id: ConnectionId }),
  v.object({ op: v.literal('close') }),
]);
export type ToBridge = v.InferOutput<typeof ToBridge>;

/** Bridge to page. */
const FromBridge = v.variant('op', [
  /** The first message: this page is the one that is served. */
  v.object({ op: v.literal('hello') }),
  /** Bytes from now on belong to this connection. */
  v.object({ op: v.literal('opened'), id: ConnectionId }),
  /** The connection ended, or there will be none. "pairing": the phone wants TLS, which only an adb server speaks. */
  v.object({
    op: v.literal('gone'),
    id: ConnectionId,
    why: v.picklist(['device', 'pairing']),
    detail: v.pipe(v.string(), v.maxLength(500)),
  }),
]);
export type FromBridge = v.InferOutput<typeof FromBridge>;

/** Reads a text message of the page. Undefined: it is none. */
export const parseToBridge = (text: string): ToBridge | undefined => parse(ToBridge, text);

/** Reads a text message of the bridge. Undefined: it is none. */
export const parseFromBridge = (text: string): FromBridge | undefined => parse(FromBridge, text);

function parse<T>(schema: v.GenericSchema<unknown, T>, text: string): T | undefined {
  try {
    const parsed = v.safeParse(schema, JSON.parse(text));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Checks the address of a bridge that somebody pasted: "ws://127.0.0.1:PORT/TOKEN", this computer only.
 * Failure: bridge-address.
 */
export function parseBridgeAddress(text: string): Result<string> {
  const address = text.trim();
  const form = /^ws:\/\/(127\.0\.0\.1|localhost):(\d{1,5})\/([A-Za-z0-9_-]{32})$/.exec(address);
  if (form && Number(form[2]) > 0 && Number(form[2]) < 65536) return ok(address);
  // The token stays out of what may be copied into a bug report.
  return fail('bridge-address', `not ws://127.0.0.1:PORT/TOKEN; ${address.length} characters`);
}
