import { DEVICE_ROOT, quote, type Device } from '../../domain/device';
import { compareRows, disagreement } from '../../domain/agreement';
import type { InstalledBundle } from '../../domain/pipeline';
import { ok, type Result } from '../../domain/result';
import type { Check, EmbeddingsCheck, StoredFile } from '../../domain/self-test';
import type { PageEngine, PageTable } from './page-engine';

/** Embeddings of one picture are never larger: 8192 tokens of 8192 values. */
const MAX_DUMP_BYTES = 256 << 20;

/** Hashes every file of the bundles on the phone, as it lies there now. */
export async function hashStored(
  device: Device,
  bundles: readonly InstalledBundle[],
  signal: AbortSignal,
): Promise<Result<readonly StoredFile[]>> {
  const files = bundles.flatMap((bundle) => bundle.files);
  // By name in their folder. One that is gone makes sha256sum fail, which is a finding: its line is missing.
  const names = [...new Set(files.map(({ sha256 }) => sha256))].join(' ');
  const output = await device.shell(`cd ${DEVICE_ROOT}/files && sha256sum ${names}`, signal);
  if (!output.ok) return output;
  const lines = output.value.stdout.matchAll(/^([0-9a-f]{64}) [ *]([0-9a-f]{64})\r?$/gm);
  const found = new Map([...lines].map(([, hash, name]) => [name, hash]));
  const list = files.map(({ path, bytes, sha256 }) => ({
    ...{ path, bytes, sha256, found: found.get(sha256) },
  }));
  return ok(list);
}

/** Deletes the dump: what is found there afterwards is of the next picture. */
export async function dropDump(device: Device, path: string, signal: AbortSignal): Promise<void> {
  await device.shell(`rm -f ${quote(path)}`, signal);
}

interface Pulling {
  readonly device: Device;
  readonly dumpPath: string;
  readonly engine: PageEngine;
  readonly signal: AbortSignal;
}

/** Pulls what the program wrote of this picture and compares it. False: there is no use in trying another picture. */
export async function* compareDump(
  { device, dumpPath, engine, signal }: Pulling,
  index: number,
): AsyncGenerator<Check, Result<boolean>, void> {
  const check = { kind: 'embeddings', number: index + 1 } as const;
  const stat = await device.shell(`stat -c %s ${quote(dumpPath)} 2>/dev/null; true`, signal);
  if (!stat.ok) return stat;
  const bytes = /^\d+/.exec(stat.value.stdout)?.[0];
  if (bytes === undefined) {
    const why = 'The engine on this phone gives no embeddings';
    yield { kind: 'embeddings', is: 'unknown', number: 0, why };
    return ok(false);
  }
  const tables = yield* engine.tables(signal);
  if (!tables.ok) return tables;
  const table = tables.value?.[index];
  if (!table) return ok(false);
  yield { ...check, is: 'now' };
  const wrongSize = sizeFault(Number(bytes), table);
  if (wrongSize) {
    // An encoder of the user's may be of another model; the bundle's own is known to fit.
    yield { ...check, is: engine.trusted ? 'wrong' : 'unknown', why: wrongSize };
    return ok(false);
  }
  const dump = await device.pull(dumpPath, Math.min(Number(bytes), MAX_DUMP_BYTES), signal);
  if (!dump.ok) return dump;
  yield { ...check, ...compare(dump.value, table) };
  return ok(true);
}

/** [tokens][width] of f32 is all that the file holds. */
function sizeFault(bytes: number, { rows, width }: PageTable): string | undefined {
  const should = rows * width * 4;
  return bytes === should
    ? undefined
    : `The phone wrote ${bytes} bytes; ${rows} tokens of ${width} values are ${should}`;
}

function compare(dump: Uint8Array, { values, width }: PageTable): Pick<EmbeddingsCheck, 'is'> {
  const there = new Float32Array(dump.slice().buffer);
  if (there.length !== values.length) {
    const why = `${dump.byteLength} bytes came, not ${values.length * 4}`;
    return { is: 'wrong', ...{ why } };
  }
  const agreement = compareRows(there, values, width);
  return { is: disagreement(agreement) ? 'wrong' : 'right', ...{ agreement } };
}
