import {
  AdbPublicKeyAuthenticator,
  AdbSignatureAuthenticator,
  type AdbAuthenticator,
  type AdbCredentialStore,
  type AdbPrivateKey,
} from '@yume-chan/adb';
import AdbWebCredentialStore from '@yume-chan/adb-credential-web';
import { md5 } from 'hash-wasm';

/** Shown by the phone in its list of allowed computers, before the host name. */
const KEY_NAME = 'Plugsight';

/**
 * This page's keys, kept in IndexedDB. Where that is refused (private window, blocked storage) a key in
 * memory serves until the page is left; the phone then asks again next time.
 */
export function createKeys(
  kept: AdbCredentialStore = new AdbWebCredentialStore(KEY_NAME),
): AdbCredentialStore {
  const inMemory: AdbPrivateKey[] = [];
  return {
    async *iterateKeys() {
      yield* await readAll(kept);
      yield* inMemory;
    },
    async generateKey() {
      try {
        return await kept.generateKey();
      } catch {
        const key = await makeKey();
        inMemory.push(key);
        return key;
      }
    },
  };
}

async function readAll(store: AdbCredentialStore): Promise<AdbPrivateKey[]> {
  const keys: AdbPrivateKey[] = [];
  try {
    for await (const key of store.iterateKeys()) keys.push(key);
  } catch {
    // No storage here: like a browser that was never used.
  }
  return keys;
}

async function makeKey(): Promise<AdbPrivateKey> {
  const algorithm = {
    name: 'RSASSA-PKCS1-v1_5',
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
    hash: 'SHA-1',
  };
  const { privateKey } = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const buffer = new Uint8Array(await crypto.subtle.exportKey('pkcs8', privateKey));
  return { buffer, name: `${KEY_NAME}@${globalThis.location?.hostname ?? 'memory'}` };
}

/**
 * The library's authenticators; `onAsk` gets the key's fingerprint at the moment our public key is sent,
 * which is when the phone asks its owner.
 */
export function authenticators(onAsk: (fingerprint: string) => void): AdbAuthenticator[] {
  const asking: AdbAuthenticator = async function* (store, nextRequest) {
    for await (const packet of AdbPublicKeyAuthenticator(store, nextRequest)) {
      onAsk(await fingerprint(packet.payload));
      yield packet;
    }
  };
  return [AdbSignatureAuthenticator, asking];
}

/**
 * Fingerprint as the phone's dialog shows it: MD5 of the key blob, upper-case hex, colons.
 * Source: AOSP AdbDebuggingManager.getFingerprints(), which decodes the base64 before the first blank.
 */
export async function fingerprint(publicKeyPacket: Uint8Array): Promise<string> {
  const base64 = new TextDecoder().decode(publicKeyPacket).split(/[\s\0]/)[0] ?? '';
  const blob = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  const hex = await md5(blob);
  return (hex.toUpperCase().match(/../g) ?? []).join(':');
}
