import type { Device } from '../domain/device';
import { FACTS_SCRIPT, parseFacts, type DeviceFacts } from '../domain/device-facts';
import { ok, type Result } from '../domain/result';

/** Asks the phone what it is. Reads only. */
export async function probe(device: Device, signal: AbortSignal): Promise<Result<DeviceFacts>> {
  const output = await device.shell(FACTS_SCRIPT, signal);
  return output.ok ? ok(parseFacts(output.value.stdout, device.name)) : output;
}
