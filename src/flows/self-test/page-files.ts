import type { BundleFile, BundleSource, PageFile } from '../../domain/bundle';
import { fail, ok, type Result } from '../../domain/result';
import { Meter } from '../meter';

/** Reads one of a bundle's files for the page itself. Never more than the manifest says, and only with its sha256. */
export async function readPageFile(
  source: BundleSource,
  file: PageFile,
  signal: AbortSignal,
): Promise<Result<Blob>> {
  const whole: BundleFile = { ...file, role: 'other', mode: '644' };
  const opened = await source.open(whole, signal);
  if (!opened.ok) return opened;
  const meter = await Meter.over(opened.value, whole);
  const blob = await new Response(meter.stream).blob();
  await meter.cancel();
  const came = meter.check(signal);
  return came.ok ? ok(blob) : came;
}

/** The first `maxBytes` of one of a bundle's files, or all of a shorter one. */
export async function readHead(
  source: BundleSource,
  file: BundleFile,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Result<Uint8Array>> {
  const opened = await source.open(file, signal);
  if (!opened.ok) return opened;
  const reader = opened.value.getReader();
  const head = new Uint8Array(Math.min(maxBytes, file.bytes));
  let at = 0;
  try {
    while (at < head.length) {
      const { done, value } = await reader.read();
      if (done) break;
      head.set(value.subarray(0, head.length - at), at);
      at += Math.min(value.length, head.length - at);
    }
    return ok(head.subarray(0, at));
  } catch (reason) {
    return signal.aborted ? fail('cancelled') : fail('bundle-unreachable', String(reason));
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
