import type { Job, StepPipeline } from '../../src/domain/pipeline';
import { INITIAL_RUN, reduce, type RunEvent } from '../../src/domain/run';
import type { HostTools } from '../../src/domain/workbench';
import { Runner } from '../../src/flows/run';
import { FakeClock } from './clock';
import type { FakeDevice } from './device';

/** Asks once, through the same flow as the page, and folds what is said. The last event is the only end. */
export async function askOnce(
  device: FakeDevice,
  pipeline: StepPipeline,
  job: Job,
  tools: HostTools,
  signal: AbortSignal = new AbortController().signal,
) {
  const runner = new Runner(device, new FakeClock(), tools);
  const events: RunEvent[] = [];
  for await (const event of runner.ask({ pipeline, ...job }, 0, signal)) events.push(event);
  const state = events.reduce(reduce, INITIAL_RUN);
  const phases = events.flatMap((event) => (event.kind === 'phase' ? [event.phase] : []));
  return { events, state, phases, commands: runner.commands };
}
