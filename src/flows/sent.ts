import { DEVICE_ROOT, type Device } from '../domain/device';
import type { PreparedOutput } from '../domain/prepare';
import { ok, type Result } from '../domain/result';

/** The pictures and tensors that lie on the phone for the runs of one session. */
export class Sent {
  readonly #device: Device;
  readonly #paths = new Set<string>();

  constructor(device: Device) {
    this.#device = device;
  }

  /** Sends it once; returns its path on the phone, which is named by its content. */
  async send(output: PreparedOutput, signal: AbortSignal): Promise<Result<string>> {
    const path = `${DEVICE_ROOT}/runs/${output.sha256}${output.dtype === 'png' ? '.png' : '.raw'}`;
    if (this.#paths.has(path)) return ok(path);
    const pushed = await write(this.#device, path, output.data, signal);
    if (!pushed.ok) return pushed;
    this.#paths.add(path);
    return ok(path);
  }

  async remove(): Promise<void> {
    const paths = [...this.#paths];
    this.#paths.clear();
    if (paths.length)
      await this.#device.shell(`rm -f ${paths.join(' ')}`, AbortSignal.timeout(3000));
  }
}

/** Writes a file whose bytes are all here. */
export async function write(
  device: Device,
  path: string,
  data: Uint8Array,
  signal: AbortSignal,
): Promise<Result<void>> {
  const source = new Blob([data as Uint8Array<ArrayBuffer>]).stream();
  const pushing = device.push({ path, source, mode: 0o644 }, signal);
  for (;;) {
    const step = await pushing.next();
    if (step.done) return step.value;
  }
}
