import type { Job } from '../../domain/pipeline';
import { fail, ok, type Result } from '../../domain/result';
import type { Workbench } from '../../domain/workbench';
import type { Failure } from '../../domain/failure';

const GIB = 2 ** 30;
/** LLaVA-1.5-7B in 4 bits uses about this; less free memory ends in a kill without a word. Source: executorch examples/models/llava. */
const USED_BYTES = 5 * GIB;
/** Below these it may still run: what else Android holds decides. A phone sold with 12 GB has 10.5 to 11.5 GiB. */
const COMFORT = { totalBytes: 10 * GIB, freeBytes: 6 * GIB };
const MAX_MEMINFO_BYTES = 64 << 10;

/**
 * Is there memory for the model? Failure: memory-low when it cannot work; a value when it is only likely not to. The
 * manifest's own need, where it states one, goes before the documented one.
 */
export async function checkMemory(
  { setup }: Pick<Job, 'setup'>,
  bench: Workbench,
): Promise<Result<Failure | undefined>> {
  const read = await bench.get('/proc/meminfo', MAX_MEMINFO_BYTES);
  // Not readable: nothing is known, and nothing said.
  if (!read.ok) return read.failure.code === 'cancelled' ? read : ok(undefined);
  const text = new TextDecoder().decode(read.value);
  const kib = (name: string) =>
    Number(new RegExp(`^${name}: +(\\d+) kB`, 'm').exec(text)?.[1] ?? NaN) * 1024;
  const [total, free] = [kib('MemTotal'), kib('MemAvailable')];
  const stated = setup.model.manifest.requires.memoryBytes;
  const need = stated ?? USED_BYTES;
  const detail = `${inGib(free)} free of ${inGib(total)}; the model uses ${inGib(need)}`;
  if (free < need) return fail('memory-low', detail);
  // The thresholds are this model's: a smaller one by its manifest has none.
  const tight = need >= USED_BYTES && (total < COMFORT.totalBytes || free < COMFORT.freeBytes);
  return ok(tight ? { code: 'memory-tight', detail } : undefined);
}

const inGib = (bytes: number) => `${(bytes / GIB).toFixed(1)} GiB`;
