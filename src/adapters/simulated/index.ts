import * as v from 'valibot';
import { DEVICE_ROOT } from '../../domain/device';
import type { ScriptedFailure } from '../../domain/virtual';
import { etqnnRunner } from './etqnn';
import { genieRun } from './genie';
import { CannotInfer, text, type SimulatedIo, type SimulatedProgram } from './host';
import { llamaMtmdCli } from './llama-mtmd';
import { llavaMain } from './llava';
import { qnnNetRun } from './net-run';
import { omniExtractor } from './omni-extractor';
import { qnnLlamaRunner } from './qnn-llama';
import { qnnMultimodalRunner } from './qnn-multimodal';

export type { SimulatedIo, TinyFigures, TinyQuestion } from './host';
export { CannotInfer } from './host';

/** By the name in the first line of a simulated runner's file: `#!plugsight-simulated NAME 1`. */
const PROGRAMS = {
  'omni-llama-mtmd-cli': omniExtractor,
  'qnn-llama-runner': qnnLlamaRunner,
  'qnn-multimodal-runner': qnnMultimodalRunner,
  'qnn-net-run': qnnNetRun,
  'genie-t2t-run': genieRun,
  'llava-main': llavaMain,
  'llama-mtmd-cli': llamaMtmdCli,
  'etqnn-runner': etqnnRunner,
} as const satisfies Record<string, SimulatedProgram>;

export const SIMULATED_NAMES = Object.keys(PROGRAMS);

/** While this file is on the phone, every simulated runner fails as it says. */
export const FAILURE_FILE = `${DEVICE_ROOT}/simulate-failure.json`;

const Script = v.object({
  program: v.exactOptional(v.string()),
  stdout: v.string(),
  stderr: v.string(),
  exitCode: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255)),
}) satisfies v.GenericSchema<ScriptedFailure>;

/** Runs a simulated runner to its exit code, or lets it fail as `told`, else as the phone's failure file says. */
export async function simulate(
  name: string,
  io: SimulatedIo,
  told?: ScriptedFailure,
): Promise<number> {
  const program = Object.hasOwn(PROGRAMS, name)
    ? PROGRAMS[name as keyof typeof PROGRAMS]
    : undefined;
  if (!program) {
    await io.warn(`no simulated runner is called ${name}\n`);
    return 126;
  }
  const script = told ?? readScript(io);
  if (script && (script.program ?? name) === name) {
    await io.print(script.stdout);
    await io.warn(script.stderr);
    if (script.exitCode !== 0) return script.exitCode;
  }
  try {
    return await program(io);
  } catch (fault) {
    if (!(fault instanceof CannotInfer)) throw fault;
    await io.warn(`simulated: ${fault.message}\n`);
    return 1;
  }
}

function readScript(io: SimulatedIo): ScriptedFailure | undefined {
  const file = text(io.readFile(FAILURE_FILE)) ?? '';
  const script = v.safeParse(v.pipe(v.string(), v.parseJson(), Script), file);
  return script.success ? script.output : undefined;
}
