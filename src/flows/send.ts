import { storedPath, type BundleFile, type BundleSource } from '../domain/bundle';
import type { Device } from '../domain/device';
import { fail, ok, type Result } from '../domain/result';
import { SEAL, TMP, type Part } from './look';
import { hasherAt, markLine, type Mark } from './mark';
import { Meter } from './meter';
import { relay } from './relay';
import { printed, script } from './script';
import type { InstallEvent, Tally } from './tally';

/** What sending needs besides the file. */
export interface Sending {
  readonly device: Device;
  readonly source: BundleSource;
  readonly tally: Tally;
  readonly signal: AbortSignal;
}

type Steps<T = void> = AsyncGenerator<InstallEvent, Result<T>, void>;

/**
 * One file: from where it stopped, or from nothing. Bytes are appended to a part under tmp/; a cable that goes, a stop, a
 * closed page or a dead adbd leave it there. It gets its name, which is its sha256, only after the phone hashed all of it.
 * Bytes that turn out wrong are deleted and the file is sent anew, once.
 */
export async function* send(sending: Sending, file: BundleFile, part: Part | undefined): Steps {
  const first = yield* goOn(sending, file, part);
  if (first.ok || !first.failure.code.endsWith('hash-mismatch')) return first;
  // A server's wrong bytes are told at once, unless they may have come in an earlier session.
  if (first.failure.code === 'hash-mismatch' && !part) return first;
  sending.tally.found(file, 0);
  return yield* attempt(sending, file, undefined);
}

async function* goOn(sending: Sending, file: BundleFile, part: Part | undefined): Steps {
  if (part?.bytes === file.bytes) {
    sending.tally.found(file, file.bytes);
    return yield* finish(sending, file);
  }
  const from = part?.mark ? yield* prove(sending, file, part.mark) : ok(undefined);
  return from.ok ? yield* attempt(sending, file, from.value) : from;
}

const partOf = ({ sha256 }: BundleFile) => `${TMP}/${sha256}.part`;
const noteOf = ({ sha256 }: BundleFile) => `${TMP}/${sha256}.note`;
const drop = (file: BundleFile) => `rm -f ${partOf(file)} ${noteOf(file)}`;

/** Cuts off what lies behind a mark, and compares what lies before it with what was sent then. */
async function* prove(
  { device, tally, signal }: Sending,
  file: BundleFile,
  mark: Mark,
): Steps<Mark | undefined> {
  const sent = (await hasherAt(mark))?.digest('hex');
  if (!sent) return ok(undefined);
  yield tally.at('verify', file);
  const part = partOf(file);
  const hash = await script(
    device,
    `truncate -s ${mark.bytes} ${part} && sha256sum ${part}`,
    signal,
  );
  if (hash.ok && hash.value.startsWith(sent)) {
    tally.found(file, mark.bytes);
    yield tally.at('verify', file);
    return ok(mark);
  }
  // Wrong bytes, or a phone without one of these tools; trouble of other kinds is told.
  return hash.ok || /^(command-failed|device-tool-missing)$/.test(hash.failure.code)
    ? ok(undefined)
    : hash;
}

async function* attempt(sending: Sending, file: BundleFile, from: Mark | undefined): Steps {
  const { device, source, signal } = sending;
  if (!from) {
    const cleared = await script(device, drop(file), signal);
    if (!cleared.ok) return cleared;
  }
  const opened = await source.open(file, signal, from?.bytes ?? 0);
  if (!opened.ok) return opened;
  const notes = new Notes(device, file, signal);
  const meter = await Meter.over(opened.value, file, { from, onMark: (mark) => notes.add(mark) });
  try {
    const sent = yield* append(sending, file, meter, from?.bytes ?? 0);
    if (!sent.ok) return sent;
    const came = meter.check(signal);
    if (came.ok) return yield* finish(sending, file);
    // What a broken connection brought is good; what a server sent wrong is not.
    if (!meter.broken) await device.shell(drop(file), signal);
    return came;
  } finally {
    await meter.cancel();
    await notes.written();
  }
}

/** `exec`: a stop hangs up what the socket belongs to, and nothing may go on writing then. */
async function* append(
  { device, tally, signal }: Sending,
  file: BundleFile,
  { stream }: Meter,
  startBytes: number,
): Steps {
  const feeding = { script: `exec cat >> ${partOf(file)}`, source: stream };
  const output = yield* relay(device.feed(feeding, signal), (bytes) => {
    tally.part(file, startBytes + bytes);
    return tally.at('send', file);
  });
  const appended = printed(output);
  return appended.ok ? ok() : appended;
}

/** Writes through to the storage, seals, hashes, names. `fsync`: a phone that loses power must not keep a sealed ruin. */
async function* finish({ device, tally, signal }: Sending, file: BundleFile): Steps {
  const { path, sha256, mode } = file;
  const part = partOf(file);
  tally.part(file, file.bytes);
  yield tally.at('verify', file);
  const hash = await script(
    device,
    `chmod ${mode} ${part} && { fsync ${part} 2>/dev/null || sync; }; ${SEAL} ${part}; sha256sum ${part}`,
    signal,
  );
  if (!hash.ok) return hash;
  const seen = hash.value.slice(0, 64);
  const right = seen === sha256;
  const store = `mv -f ${part} ${storedPath(sha256)} && rm -f ${noteOf(file)}`;
  const stored = await script(device, right ? store : drop(file), signal);
  if (!stored.ok) return stored;
  if (!right)
    return fail('device-hash-mismatch', `${path}: sha256 on the phone ${seen}, sent ${sha256}`);
  tally.whole(file);
  yield tally.at('verify', file);
  return ok();
}

/** A stored file that was changed since it was verified is a part again, and goes the way of all parts. */
export async function reopen({ device, signal }: Sending, file: BundleFile): Promise<Result<Part>> {
  const moved = await script(
    device,
    `${drop(file)}; mv -f ${storedPath(file.sha256)} ${partOf(file)}`,
    signal,
  );
  return moved.ok ? ok({ bytes: file.bytes, mark: undefined }) : moved;
}

/** A phone that takes longer for a line has hung, or is full: the file goes on without. */
const NOTE_MS = 10_000;

/**
 * Writes marks to the phone while the file is on its way, one at a time: the next waits, and with it the source. So a cut
 * costs less than two steps.
 */
class Notes {
  readonly #device: Device;
  readonly #file: BundleFile;
  readonly #signal: AbortSignal;
  #writing: Promise<unknown> | undefined;

  constructor(device: Device, file: BundleFile, signal: AbortSignal) {
    this.#device = device;
    this.#file = file;
    this.#signal = signal;
  }

  async add(mark: Mark): Promise<void> {
    await this.#writing;
    const line = `echo ${markLine(this.#file.sha256, mark)} >> ${noteOf(this.#file)}`;
    const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(NOTE_MS)]);
    this.#writing = this.#device.shell(line, signal);
  }

  /** Resolves when none is on its way. */
  async written(): Promise<void> {
    await this.#writing;
  }
}
