import { concat } from './packet';

/**
 * Who may use the phone: keeps the keys its owner allowed and checks signatures for real.
 * Formats: AOSP libcrypto_utils/android_pubkey.cpp (public key), RFC 8017 section 8.2.2 (PKCS #1 v1.5).
 */
export class Authority {
  readonly #allowed: PublicKey[] = [];
  #token = new Uint8Array(TOKEN_BYTES);

  /** A new challenge of 20 random bytes; signatures are checked against the latest one. */
  challenge(): Uint8Array {
    this.#token = crypto.getRandomValues(new Uint8Array(TOKEN_BYTES));
    return this.#token.slice();
  }

  /** Whether an allowed key signed the latest challenge. */
  verify(signature: Uint8Array): boolean {
    if (signature.length !== MODULUS_BYTES) return false;
    const expected = toInteger(padded(this.#token));
    const value = toInteger(signature);
    return this.#allowed.some(({ n, e }) => value < n && power(value, e, n) === expected);
  }

  /** Remembers the key (the latest ones, if there are very many) of an AUTH RSAPUBLICKEY payload ("base64 name\0"). False when it is none. */
  allow(payload: Uint8Array): boolean {
    const key = parsePublicKey(payload);
    if (!key) return false;
    const known = this.#allowed.findIndex(({ n, e }) => n === key.n && e === key.e);
    if (known >= 0) this.#allowed.splice(known, 1);
    this.#allowed.push(key);
    if (this.#allowed.length > MAX_KEYS) this.#allowed.shift();
    return true;
  }
}

interface PublicKey {
  readonly n: bigint;
  readonly e: bigint;
}

const TOKEN_BYTES = 20;
const MODULUS_BYTES = 256;
const MAX_KEYS = 100;
/** Base64 of a key has 700 characters, then comes its name. */
const MAX_KEY_CHARS = 2000;
/** DigestInfo of SHA-1: the token stands where a digest would. */
const SHA1_PREFIX = new Uint8Array([48, 33, 48, 9, 6, 5, 43, 14, 3, 2, 26, 5, 0, 4, 20]);

function padded(token: Uint8Array): Uint8Array {
  const fill = new Uint8Array(MODULUS_BYTES - 3 - SHA1_PREFIX.length - token.length).fill(0xff);
  return concat([new Uint8Array([0, 1]), fill, new Uint8Array([0]), SHA1_PREFIX, token]);
}

function parsePublicKey(payload: Uint8Array): PublicKey | undefined {
  const text = new TextDecoder('latin1').decode(payload.subarray(0, MAX_KEY_CHARS));
  const base64 = /^[A-Za-z0-9+/]+=*/.exec(text)?.[0];
  // atob throws on a length that is no multiple of four
  if (!base64 || base64.length % 4 !== 0) return undefined;
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  if (bytes.length !== 4 + 4 + MODULUS_BYTES + MODULUS_BYTES + 4) return undefined;
  const view = new DataView(bytes.buffer);
  if (view.getUint32(0, true) !== MODULUS_BYTES / 4) return undefined;
  const n = toInteger(bytes.slice(8, 8 + MODULUS_BYTES).reverse());
  return n > 0n ? { n, e: BigInt(view.getUint32(bytes.length - 4, true)) } : undefined;
}

function toInteger(bigEndian: Uint8Array): bigint {
  const hex = Array.from(bigEndian, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return BigInt(`0x${hex || '0'}`);
}

/** base ** exponent mod modulus. */
function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (let b = base % modulus, e = exponent; e > 0n; e >>= 1n, b = (b * b) % modulus)
    if (e & 1n) result = (result * b) % modulus;
  return result;
}
