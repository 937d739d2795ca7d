import { DEVICE_ROOT, type Device } from '../domain/device';
import { fail, ok, type Result } from '../domain/result';

/** Bytes that our folder takes on the phone. */
export async function usage(device: Device, signal: AbortSignal): Promise<Result<number>> {
  const output = await device.shell(`du -sk ${DEVICE_ROOT} 2>/dev/null`, signal);
  if (!output.ok) return output;
  return ok(Number(/^\d+/.exec(output.value.stdout)?.[0] ?? 0) * 1024);
}

/** Deletes our folder on the phone and checks that it is gone. Nothing else was ever written. */
export async function removeAll(device: Device, signal: AbortSignal): Promise<Result<void>> {
  const output = await device.shell(`rm -rf ${DEVICE_ROOT}; [ ! -e ${DEVICE_ROOT} ]`, signal);
  if (!output.ok) return output;
  return output.value.exitCode === 0
    ? ok()
    : fail('command-failed', output.value.stderr.slice(0, 500));
}
