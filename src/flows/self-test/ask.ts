import { DEVICE_ROOT } from '../../domain/device';
import type { Pipeline } from '../../domain/pipeline';
import { fail, ok } from '../../domain/result';
import { INITIAL_RUN, reduce } from '../../domain/run';
import type { Runner } from '../run';
import type { Ask } from '.';

const DUMP_PATH = `${DEVICE_ROOT}/runs/self-test.embeddings`;

/** Where a program of this pipeline will write embeddings on the phone; undefined: none can. */
export const dumpPathOf = (pipeline: Pipeline): string | undefined =>
  pipeline.kind === 'serving' && pipeline.dumping ? DUMP_PATH : undefined;

/** Asks through a runner, greedily, with the embeddings written where the pipeline can. */
export function askWith(runner: Runner, pipeline: Pipeline): Ask {
  const tested = withDump(pipeline);
  const initial = Object.entries(pipeline.options).map(([name, option]) => [name, option.initial]);
  return async ({ setup, input, prompt, maxTokens }, signal) => {
    const options = {
      ...(Object.fromEntries(initial) as Record<string, number>),
      ...{ temperature: 0, 'repeat-penalty': 1, 'max-tokens': maxTokens },
    };
    let state = INITIAL_RUN;
    const run = { pipeline: tested, setup, input, prompt, options };
    for await (const event of runner.ask(run, 0, signal)) state = reduce(state, event);
    if (state.failure) return { ok: false, failure: state.failure };
    // A cancelled answer ends well on the phone, and is none here.
    return state.finish === 'cancelled' ? fail('cancelled') : ok(state.text);
  };
}

function withDump(pipeline: Pipeline): Pipeline {
  if (pipeline.kind !== 'serving' || !pipeline.dumping) return pipeline;
  const { dumping } = pipeline;
  return { ...pipeline, command: (setup) => dumping(pipeline.command(setup), DUMP_PATH) };
}
