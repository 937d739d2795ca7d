import type { Candidate, ConnectEvent, Connector, Device } from '../../src/domain/device';
import type { Failure } from '../../src/domain/failure';
import { fail, ok, type Result } from '../../src/domain/result';

/** A port with one phone. Every answer can be changed by the test. */
export class FakeConnector implements Connector {
  readonly transport = 'usb';
  readonly unavailable: Failure | undefined = undefined;
  /** What the browser remembers and is plugged in. */
  plugged: Candidate[] = [{ id: 'usb-1', name: 'Fake phone' }];
  /** What the chooser answers. */
  chosen: Result<Candidate> = ok({ id: 'usb-1', name: 'Fake phone' });
  /** How often the chooser was shown. */
  choices = 0;
  /** Ids that were opened. */
  readonly opened: string[] = [];
  events: ConnectEvent[] = [{ kind: 'opening' }];
  /** What opening comes to. */
  device: () => Promise<Result<Device>>;
  #listener: (candidate: Candidate) => void = () => undefined;

  constructor(device: () => Promise<Result<Device>>) {
    this.device = device;
  }

  async known(): Promise<readonly Candidate[]> {
    return this.plugged;
  }

  async choose(): Promise<Result<Candidate>> {
    this.choices += 1;
    return this.chosen;
  }

  async *open(
    candidate: Candidate,
    signal: AbortSignal,
  ): AsyncGenerator<ConnectEvent, Result<Device>, void> {
    this.opened.push(candidate.id);
    yield* this.events;
    if (!this.plugged.some(({ id }) => id === candidate.id)) return fail('unplugged');
    const stop = new Promise<Result<Device>>((resolve) =>
      signal.addEventListener('abort', () => resolve(fail('cancelled')), { once: true }),
    );
    return Promise.race([this.device(), stop]);
  }

  onPlugged(listener: (candidate: Candidate) => void): () => void {
    this.#listener = listener;
    return () => (this.#listener = () => undefined);
  }

  /** The cable comes back; the browser knows the phone under another id. */
  plug(candidate: Candidate): void {
    this.plugged = [candidate];
    this.#listener(candidate);
  }
}
