import type { Clock } from '../../domain/clock';
import type { TroubleKind } from '../../domain/virtual';
import { modelById, serialOf } from './models';
import { VirtualPhone } from './phone';
import type { Program } from './process';
import { BashInterpreter } from './shell';
import { systemClock } from '../system-clock';
import { createVirtualUsbPort, type VirtualUsbPort, type Wire } from './usb';
import type { FromPhone } from './wire';

type Programs = Readonly<Record<string, Program>>;

export interface InProcessOptions {
  /** Id of a model; the first one by default. */
  readonly modelId?: string;
  readonly trouble?: TroubleKind;
  /** Real time by default. */
  readonly clock?: Clock;
  /** Programs by the name in a file's first line: `#!plugsight-wasm NAME 1`. None by default. */
  readonly programs?: Programs | ((phone: VirtualPhone) => Programs);
}

/**
 * A virtual phone without a worker, for tests in Node: the same phone, the same USB objects, joined by
 * microtasks. `phone` is its inside.
 */
export function createInProcessUsb(options: InProcessOptions = {}): {
  readonly usb: VirtualUsbPort;
  readonly phone: VirtualPhone;
} {
  let listener: (message: FromPhone) => void = () => undefined;
  const model = modelById(options.modelId ?? 'sm8650');
  const phone = new VirtualPhone({
    model,
    trouble: options.trouble ?? 'none',
    clock: options.clock ?? systemClock,
    wallClock: Date.now,
    interpreter: (self) => new BashInterpreter(self),
    programs: (self) =>
      typeof options.programs === 'function' ? options.programs(self) : (options.programs ?? {}),
    post: (message) => queueMicrotask(() => listener(message)),
  });
  const wire: Wire = {
    post: (message) => queueMicrotask(() => phone.handle(message)),
    listen: (to) => (listener = to),
    discard: () => undefined,
  };
  return { usb: createVirtualUsbPort(wire, model.product, serialOf(model.id)), phone };
}
