import {
  bundleDir,
  filesFor,
  type BundleFile,
  type BundleSource,
  type Manifest,
} from '../domain/bundle';
import { DEVICE_ROOT, type Device } from '../domain/device';
import type { DeviceFacts } from '../domain/device-facts';
import type { InstalledBundle } from '../domain/pipeline';
import { fail, ok, type Result } from '../domain/result';
import { link } from './links';
import { freeBytes, isSmall, look, MAKE_FOLDERS, removeStrays, type OnPhone } from './look';
import { script } from './script';
import { reopen, send, type Sending } from './send';
import { sendSmall } from './send-small';
import { sum, Tally, type InstallEvent } from './tally';

export type { InstallEvent } from './tally';

/** Kept free on the phone beside the files themselves. */
const SPACE_MARGIN_BYTES = 32 << 20;
/** Parts of other bundles are kept for their next install; not for ever. */
const STRAY_SECONDS = 7 * 24 * 3600;

/**
 * Brings a bundle to the phone. Looks first: what is there is not sent again, be it a file or the beginning of one. A file is
 * hashed on the way and again on the phone, and only then gets its name, which is its sha256; so a file under `files/` is
 * whole, and two bundles share it. The bundle's own folder holds links and is put in place last, by a rename.
 * Whatever ends it early, the next install goes on where it stopped.
 */
export async function* install(
  device: Device,
  source: BundleSource,
  facts: DeviceFacts,
  signal: AbortSignal,
): AsyncGenerator<InstallEvent, Result<InstalledBundle>, void> {
  const { manifest } = source;
  const chosen = filesFor(manifest, facts.abis, facts.cpuFeatures, facts.htp);
  if (!chosen.ok) return chosen;
  const files = chosen.value;
  const tally = new Tally(files);
  yield tally.at('look');
  const found = await look(device, files, signal, MAKE_FOLDERS);
  if (!found.ok) return found;
  const missing = unique(files).filter(({ sha256 }) => !found.value.whole.has(sha256));
  const fits = await preflight(device, manifest, facts, { missing, found: found.value }, signal);
  if (!fits.ok) return fits;
  for (const file of files) if (found.value.whole.has(file.sha256)) tally.found(file, file.bytes);
  for (const file of files) if (found.value.whole.has(file.sha256)) tally.whole(file);
  yield tally.at('look');

  const sent = yield* bring({ device, source, tally, signal }, missing, found.value);
  if (!sent.ok) return sent;
  const dir = bundleDir(manifest);
  const linked = await link(device, dir, files, found.value.hasTar, signal);
  return linked.ok ? ok({ manifest, dir, files }) : linked;
}

/** What of a bundle an earlier install brought to the phone, bytes; changes nothing there. Not proved yet. */
export async function onPhoneBytes(
  device: Device,
  manifest: Manifest,
  facts: DeviceFacts,
  signal: AbortSignal,
): Promise<Result<{ readonly thereBytes: number; readonly totalBytes: number }>> {
  const files = filesFor(manifest, facts.abis, facts.cpuFeatures, facts.htp);
  if (!files.ok) return files;
  const found = await look(device, files.value, signal);
  if (!found.ok) return found;
  const there = files.value.map((file) => bytesThere(file, found.value));
  const thereBytes = there.reduce((total, bytes) => total + bytes, 0);
  return ok({ thereBytes, totalBytes: sum(files.value) });
}

/** Sends what is missing: small files together, the others one by one. */
async function* bring(
  sending: Sending,
  missing: readonly BundleFile[],
  { doubtful, parts, hasTar }: OnPhone,
): AsyncGenerator<InstallEvent, Result<void>, void> {
  const small = missing.filter((file) => hasTar && isSmall(file));
  const together = yield* sendSmall(sending, small);
  if (!together.ok) return together;
  for (const file of missing.filter((each) => !small.includes(each))) {
    const part = doubtful.has(file.sha256)
      ? await reopen(sending, file)
      : ok(parts.get(file.sha256));
    if (!part.ok) return part;
    const sent = yield* send(sending, file, part.value);
    if (!sent.ok) return sent;
  }
  return ok();
}

/** Bytes of a file that need not be sent, as far as one can know without hashing. */
function bytesThere({ sha256, bytes }: BundleFile, { whole, doubtful, parts }: OnPhone): number {
  if (whole.has(sha256) || doubtful.has(sha256)) return bytes;
  const part = parts.get(sha256);
  return part?.bytes === bytes ? bytes : (part?.mark?.bytes ?? 0);
}

interface Need {
  readonly missing: readonly BundleFile[];
  readonly found: OnPhone;
}

/** Everything that can be known to fail before a byte is sent. Old parts of other bundles go; all of them, where space is short. */
async function preflight(
  device: Device,
  { requires: { memoryBytes, minSdk } }: Manifest,
  facts: DeviceFacts,
  { missing, found }: Need,
  signal: AbortSignal,
): Promise<Result<void>> {
  if (
    memoryBytes !== undefined &&
    facts.memoryFreeBytes !== undefined &&
    facts.memoryFreeBytes < memoryBytes
  )
    return fail('memory-low', `${memoryBytes} bytes needed, ${facts.memoryFreeBytes} available`);
  if (minSdk !== undefined && facts.sdk !== undefined && facts.sdk < minSdk)
    return fail('abi-unsupported', `needs Android SDK ${minSdk}, this phone has ${facts.sdk}`);
  const needBytes = missing.reduce((all, file) => all + file.bytes - bytesThere(file, found), 0);
  const isShort = (free = Infinity) => needBytes > 0 && free < needBytes + SPACE_MARGIN_BYTES;
  const old = found.strays.filter(
    ({ ageSeconds }) => isShort(found.freeBytes) || ageSeconds > STRAY_SECONDS,
  );
  if (old.length === 0 && !isShort(found.freeBytes)) return ok();
  const df = await script(device, `${removeStrays(old)}; df -k ${DEVICE_ROOT}`, signal);
  if (!df.ok) return df;
  const free = freeBytes(df.value);
  return isShort(free)
    ? fail(
        'space-low',
        `${needBytes} bytes to send, ${SPACE_MARGIN_BYTES} kept free, but only ${free} free on the phone`,
      )
    : ok();
}

const unique = (files: readonly BundleFile[]) => [
  ...new Map(files.map((file) => [file.sha256, file])).values(),
];
