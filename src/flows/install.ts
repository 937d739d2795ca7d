import {
  bundleDir,
  filesFor,
  storedPath,
  type BundleFile,
  type BundleSource,
  type Manifest,
} from '../domain/bundle';
import { DEVICE_ROOT, quote, type Device } from '../domain/device';
import type { DeviceFacts } from '../domain/device-facts';
import type { InstalledBundle } from '../domain/pipeline';
import { fail, ok, type Result } from '../domain/result';
import { Meter } from './meter';

/** Progress over all files of a bundle. `totalBytes` never changes; `doneBytes` never falls and ends there. */
export interface InstallEvent {
  readonly kind: 'look' | 'send' | 'verify';
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** Bytes that were on the phone already. Part of `doneBytes`. */
  readonly skippedBytes: number;
  /** Path inside the bundle of the file at hand. */
  readonly file: string | undefined;
}

/** Kept free on the phone beside the files themselves. */
const SPACE_MARGIN_BYTES = 32 << 20;

/**
 * Brings a bundle to the phone. Looks first: a verified file is not sent again. Each file goes to a
 * temporary name, is hashed on the way and again on the phone, and only then gets its name, which is
 * its sha256; so a file under `files/` is whole, and two bundles share it. The bundle's own folder
 * holds links and is put in place last, by a rename.
 */
export async function* install(
  device: Device,
  source: BundleSource,
  facts: DeviceFacts,
  signal: AbortSignal,
): AsyncGenerator<InstallEvent, Result<InstalledBundle>, void> {
  const { manifest } = source;
  const chosen = filesFor(manifest, facts.abis, facts.cpuFeatures);
  if (!chosen.ok) return chosen;
  const files = chosen.value;
  const totalBytes = sum(files);
  yield { kind: 'look', doneBytes: 0, totalBytes, skippedBytes: 0, file: undefined };

  const found = await look(device, files, signal);
  if (!found.ok) return found;
  const missing = files.filter((file) => found.value.sizes.get(file.sha256) !== file.bytes);
  const enough = preflight(manifest, facts, sum(unique(missing)), found.value.freeBytes);
  if (!enough.ok) return enough;

  const skippedBytes = totalBytes - sum(missing);
  const at = (kind: InstallEvent['kind'], bytes: number, file?: string): InstallEvent => ({
    kind,
    doneBytes: bytes,
    totalBytes,
    skippedBytes,
    file,
  });
  let doneBytes = skippedBytes;
  yield at('look', doneBytes);
  for (const file of unique(missing)) {
    const sending = send(device, source, file, signal);
    try {
      for (;;) {
        const step = await sending.next();
        if (!step.done) {
          yield at(step.value.kind, doneBytes + step.value.bytes, file.path);
          continue;
        }
        if (!step.value.ok) return step.value;
        break;
      }
    } finally {
      await sending.return(ok());
    }
    doneBytes += sum(missing.filter(({ sha256 }) => sha256 === file.sha256));
    yield at('verify', doneBytes, file.path);
  }

  const dir = bundleDir(manifest);
  const linked = await run(device, linkScript(dir, files), signal);
  if (!linked.ok) return linked;
  return ok({ manifest, dir, files });
}

/** What lies on the phone already: sizes by hash, and free bytes where `df` tells. */
async function look(device: Device, files: readonly BundleFile[], signal: AbortSignal) {
  const names = files.map(({ sha256 }) => sha256).join(' ');
  const output = await run(
    device,
    // What an unplugged phone kept in tmp/ is worth nothing.
    `rm -rf ${DEVICE_ROOT}/tmp; mkdir -p ${DEVICE_ROOT}/files ${DEVICE_ROOT}/tmp ${DEVICE_ROOT}/bundles ${DEVICE_ROOT}/runs && cd ${DEVICE_ROOT}/files && ` +
      `{ stat -c '%n %s' ${names} 2>/dev/null; echo @df; df -k . 2>/dev/null; true; }`,
    signal,
  );
  if (!output.ok) return output;
  const [listing = '', df = ''] = output.value.split('@df');
  const sizes = new Map(
    [...listing.matchAll(/^([0-9a-f]{64}) (\d+)\r?$/gm)].map((m) => [m[1] ?? '', Number(m[2])]),
  );
  const freeKib = /^\S+\s+\d+\s+\d+\s+(\d+)\s/m.exec(df)?.[1];
  return ok({ sizes, freeBytes: freeKib === undefined ? undefined : Number(freeKib) * 1024 });
}

function preflight(
  manifest: Manifest,
  facts: DeviceFacts,
  missingBytes: number,
  freeBytes: number | undefined,
): Result<void> {
  const { memoryBytes, minSdk } = manifest.requires;
  if (missingBytes > 0 && freeBytes !== undefined && freeBytes < missingBytes + SPACE_MARGIN_BYTES)
    return fail(
      'space-low',
      `${missingBytes} bytes to send, ${SPACE_MARGIN_BYTES} kept free, but only ${freeBytes} free on the phone`,
    );
  if (
    memoryBytes !== undefined &&
    facts.memoryFreeBytes !== undefined &&
    facts.memoryFreeBytes < memoryBytes
  )
    return fail('memory-low', `${memoryBytes} bytes needed, ${facts.memoryFreeBytes} available`);
  if (minSdk !== undefined && facts.sdk !== undefined && facts.sdk < minSdk)
    return fail('abi-unsupported', `needs Android SDK ${minSdk}, this phone has ${facts.sdk}`);
  return ok();
}

type SendEvent = { readonly kind: 'send' | 'verify'; readonly bytes: number };

/** One file: temporary name, hash on the way, hash on the phone, rename. A failure leaves nothing. */
async function* send(
  device: Device,
  source: BundleSource,
  file: BundleFile,
  signal: AbortSignal,
): AsyncGenerator<SendEvent, Result<void>, void> {
  const part = `${DEVICE_ROOT}/tmp/${file.sha256}.part`;
  const opened = await source.open(file, signal);
  if (!opened.ok) return opened;
  const meter = await Meter.over(opened.value, file.bytes);
  const mode = Number.parseInt(file.mode, 8);
  const pushing = device.push({ path: part, source: meter.stream, mode }, signal);
  let done = false;
  try {
    for (;;) {
      const step = await pushing.next();
      if (step.done) {
        if (!step.value.ok) return step.value;
        break;
      }
      yield { kind: 'send', bytes: Math.min(step.value, file.bytes) };
    }
    const came = check(file, meter, signal);
    if (!came.ok) return came;
    yield { kind: 'verify', bytes: file.bytes };
    const onPhone = await run(device, `sha256sum ${part}`, signal);
    if (!onPhone.ok) return onPhone;
    const seen = onPhone.value.slice(0, 64);
    if (seen !== file.sha256)
      return fail(
        'device-hash-mismatch',
        `${file.path}: sha256 on the phone ${seen}, sent ${file.sha256}`,
      );
    const moved = await run(
      device,
      `chmod ${file.mode} ${part} && mv -f ${part} ${storedPath(file.sha256)}`,
      signal,
    );
    if (!moved.ok) return moved;
    done = true;
    return ok();
  } finally {
    await pushing.return(ok());
    await meter.cancel();
    // Also after an abort, hence a signal of its own. A vanished phone cannot be cleaned: the part has no name that counts.
    if (!done) await device.shell(`rm -f ${part}`, AbortSignal.timeout(5000));
  }
}

/** What came must be what the manifest promises. */
function check(file: BundleFile, meter: Meter, signal: AbortSignal): Result<void> {
  const { path, bytes, sha256 } = file;
  if (meter.broken)
    return signal.aborted
      ? fail('cancelled')
      : fail(meter.broken.code, `${path}: ${meter.broken.detail ?? ''}`);
  if (meter.bytes > bytes)
    return fail('size-mismatch', `${path}: more than the ${bytes} bytes of the manifest came`);
  if (meter.bytes < bytes)
    return fail('size-mismatch', `${path}: ${meter.bytes} bytes came, the manifest says ${bytes}`);
  const digest = meter.digest();
  return digest === sha256
    ? ok()
    : fail('hash-mismatch', `${path}: sha256 ${digest}, the manifest says ${sha256}`);
}

/** Links named as the bundle wants them, to the stored files. Built aside, then put in place. */
function linkScript(dir: string, files: readonly BundleFile[]): string {
  const fresh = `${DEVICE_ROOT}/tmp/${dir.slice(dir.lastIndexOf('/') + 1)}`;
  const programs = files.filter(({ mode }) => mode === '755');
  const folders = [...new Set(files.map(({ path }) => parent(`${fresh}/${path}`)))];
  return [
    `rm -rf ${quote(fresh)}`,
    `mkdir -p ${folders.map(quote).join(' ')}`,
    ...files.map(({ path, sha256 }) => `ln -s ${storedPath(sha256)} ${quote(`${fresh}/${path}`)}`),
    // The same bytes may have come before as a file that does not run.
    ...programs.map(({ sha256 }) => `chmod 755 ${storedPath(sha256)}`),
    `rm -rf ${quote(dir)}`,
    `mv ${quote(fresh)} ${quote(dir)}`,
  ].join(' && ');
}

/** Runs a script that must succeed; returns its stdout. */
async function run(device: Device, script: string, signal: AbortSignal): Promise<Result<string>> {
  const output = await device.shell(script, signal);
  if (!output.ok) return output;
  const { exitCode, stdout, stderr } = output.value;
  if (exitCode === 0) return ok(stdout);
  const detail = `exit code ${exitCode}: ${stderr.trim().slice(0, 500)}`;
  if (/No space left on device/.test(stderr)) return fail('disk-full', detail);
  if (exitCode === 127) return fail('device-tool-missing', detail);
  return fail(
    /Permission denied|Read-only/.test(stderr) ? 'device-denied' : 'command-failed',
    detail,
  );
}

const sum = (files: readonly BundleFile[]) => files.reduce((total, { bytes }) => total + bytes, 0);
const unique = (files: readonly BundleFile[]) => [
  ...new Map(files.map((file) => [file.sha256, file])).values(),
];
const parent = (path: string) => path.slice(0, path.lastIndexOf('/'));
