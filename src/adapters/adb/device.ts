import type { Command, Device, Feeding, Process, PushFile } from '../../domain/device';
import type { Failure } from '../../domain/failure';
import type { Result } from '../../domain/result';
import { feed } from './feed';
import type { Link } from './link';
import { spawn } from './process';
import { pull } from './pull';
import { push } from './push';
import { runScript } from './shell';
import { aborted, atMost } from './wait';

/** How long closing waits for programs to end before the cable is let go. */
const END_PROGRAMS_MS = 5000;

/** What a device is called and where it comes from. */
export type DeviceFacts = Pick<Device, 'name' | 'serial' | 'simulated' | 'transport'>;

/** A connected phone. Closing it ends the programs that it started. */
export function createDevice(link: Link, facts: DeviceFacts): Device {
  const programs = new Set<Process>();
  const track = (process: Process) => {
    programs.add(process);
    void process.exit.then(() => programs.delete(process));
  };
  let closing: Promise<void> | undefined;
  const close = async () => {
    const ends = [...programs].map((program) => program[Symbol.asyncDispose]());
    await atMost(link.clock, END_PROGRAMS_MS, Promise.all(ends));
    await link.close();
  };
  return {
    ...facts,
    features: link.adb.deviceFeatures,
    gone: aborted(link.gone).then(() => link.gone.reason as Failure),
    shell: (script, signal) => runScript(link, script, signal),
    async spawn(command: Command, signal: AbortSignal): Promise<Result<Process>> {
      const started = await spawn(link, command, signal);
      if (started.ok) track(started.value);
      return started;
    },
    feed: (feeding: Feeding, signal: AbortSignal) => feed(link, feeding, signal),
    push: (file: PushFile, signal: AbortSignal) => push(link, file, signal),
    pull: (path, maxBytes, signal) => pull(link, path, maxBytes, signal),
    [Symbol.asyncDispose]: () => (closing ??= close()),
  };
}
