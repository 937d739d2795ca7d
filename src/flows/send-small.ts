import type { BundleFile, BundleSource } from '../domain/bundle';
import { fail, ok, type Result } from '../domain/result';
import { tarEnd, tarEntry } from '../domain/ustar';
import { FILES, TMP } from './look';
import { brokenBy, compare } from './meter';
import { relay } from './relay';
import type { Sending } from './send';
import { printed, script } from './script';
import { sum, type InstallEvent } from './tally';

/** What is sent again at most after a cut. */
const BATCH_BYTES = 8 << 20;
/** Files opened ahead, so that a server's answers do not come one after the other. */
const AHEAD = 6;
const DIR = `${TMP}/small`;

/**
 * Many small files in one stream: a tar archive to `tar -x` on the phone, which then hashes all of them in the same command. A file
 * each would cost some commands each; `docs/payload.md` has the figures. Nothing comes of a batch that was cut.
 */
export async function* sendSmall(
  sending: Sending,
  files: readonly BundleFile[],
): AsyncGenerator<InstallEvent, Result<void>, void> {
  for (const batch of batches(files)) {
    const first = yield* sendBatch(sending, batch);
    const again = !first.ok && first.failure.code === 'device-hash-mismatch';
    const sent = again ? yield* sendBatch(sending, batch) : first;
    if (!sent.ok) return sent;
  }
  return ok();
}

async function* sendBatch(
  { device, source, tally, signal }: Sending,
  batch: readonly BundleFile[],
): AsyncGenerator<InstallEvent, Result<void>, void> {
  const archive = new Archive(source, batch, signal);
  const unpack = `rm -rf ${DIR} && mkdir ${DIR} && cd ${DIR} && tar -xf - && sha256sum *`;
  const feeding = { script: unpack, source: archive.stream };
  let done = false;
  try {
    const output = yield* relay(device.feed(feeding, signal), (bytes) => {
      const sent = archive.filesIn(bytes);
      for (const file of sent) tally.part(file, file.bytes);
      return tally.at('send', sent.at(-1));
    });
    if (archive.broken) return signal.aborted ? fail('cancelled') : archive.broken;
    const hashes = printed(output);
    if (!hashes.ok) return hashes;
    yield tally.at('verify', batch.at(-1));
    const right = new Set(hashes.value.split(/\r?\n/));
    const wrong = batch.find(({ sha256 }) => !right.has(`${sha256}  ${sha256}`));
    if (wrong)
      return fail('device-hash-mismatch', `${wrong.path}: other bytes on the phone than sent`);
    const stored = await script(device, `mv -f ${DIR}/* ${FILES}/ && rm -rf ${DIR}`, signal);
    if (!stored.ok) return stored;
    done = true;
  } finally {
    // Also after a stop, hence a signal of its own.
    if (!done) await device.shell(`rm -rf ${DIR}`, AbortSignal.timeout(5000));
  }
  for (const file of batch) tally.whole(file);
  yield tally.at('verify', batch.at(-1));
  return ok();
}

/** The archive of a batch, made as it is read. A file that is not what the manifest promises ends it early. */
class Archive {
  readonly stream: ReadableStream<Uint8Array>;
  /** Why it ended early. */
  broken: ReturnType<typeof fail> | undefined;
  readonly #ends: { readonly file: BundleFile; readonly byte: number }[] = [];
  #bytes = 0;

  constructor(source: BundleSource, batch: readonly BundleFile[], signal: AbortSignal) {
    const reading = readAll(source, batch, signal);
    this.stream = new ReadableStream(
      {
        pull: async (controller) => {
          const { value, done } = await reading.next();
          if (done) controller.enqueue(tarEnd());
          else if (value.data.ok)
            return controller.enqueue(this.#entry(value.file, value.data.value));
          else this.broken = value.data;
          controller.close();
        },
        cancel: () => void reading.return(),
      },
      { highWaterMark: 0 },
    );
  }

  /** The files that lie in the first `bytes` bytes. */
  filesIn(bytes: number): readonly BundleFile[] {
    return this.#ends.filter(({ byte }) => byte <= bytes).map(({ file }) => file);
  }

  #entry(file: BundleFile, data: Uint8Array): Uint8Array {
    const entry = tarEntry({ path: file.sha256, data, mode: Number.parseInt(file.mode, 8) });
    this.#ends.push({ file, byte: (this.#bytes += entry.byteLength) });
    return entry;
  }
}

/** The files in their order, a few of them opened ahead. */
async function* readAll(source: BundleSource, files: readonly BundleFile[], signal: AbortSignal) {
  const coming: ReturnType<typeof read>[] = [];
  for (const [i, file] of files.entries()) {
    for (const next of files.slice(i + coming.length, i + AHEAD))
      coming.push(read(source, next, signal));
    const data = await coming.shift();
    if (data) yield { file, data };
  }
}

/** A whole file, if it is what the manifest promises. */
async function read(
  source: BundleSource,
  file: BundleFile,
  signal: AbortSignal,
): Promise<Result<Uint8Array>> {
  const opened = await source.open(file, signal);
  if (!opened.ok) return opened;
  const data = new Uint8Array(file.bytes);
  let bytes = 0;
  try {
    for await (const chunk of opened.value) {
      bytes += chunk.byteLength;
      if (bytes > file.bytes) break;
      data.set(chunk, bytes - chunk.byteLength);
    }
  } catch (reason) {
    const { code, detail = '' } = brokenBy(reason);
    return signal.aborted ? fail('cancelled') : fail(code, `${file.path}: ${detail}`);
  }
  const { sha256 } = await import('hash-wasm'); // one for all; a Meter would make one for each
  const digest = await sha256(data);
  const came = compare(file, bytes, () => digest);
  return came.ok ? ok(data) : came;
}

function* batches(files: readonly BundleFile[]): Generator<readonly BundleFile[]> {
  let batch: BundleFile[] = [];
  for (const file of files) {
    if (sum([...batch, file]) > BATCH_BYTES) {
      yield batch;
      batch = [];
    }
    batch.push(file);
  }
  if (batch.length > 0) yield batch;
}
