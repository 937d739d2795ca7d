import type { Command } from '../../domain/device';
import type { OutputParser } from '../../domain/pipeline';
import { fail, ok, type Result } from '../../domain/result';
import type { ParsedEvent } from '../../domain/run';
import type { Workbench } from '../../domain/workbench';

/** Where a QNN runner of ExecuTorch writes, in the run's folder. It must exist: a runner does not look whether it could write. */
export const RESULTS = ['outputs/outputs.txt', 'outputs/inference_speed.txt'] as const;

/** Runs the program that answers. One that ends without an answer has failed, whatever its exit code. */
export async function* answerOf(
  bench: Workbench,
  command: Command,
  parser: OutputParser,
): AsyncGenerator<ParsedEvent, Result<void>, void> {
  const folder = await bench.folder('outputs');
  if (!folder.ok) return folder;
  const program = bench.exec(command, parser, { files: RESULTS });
  let ended = false;
  for (;;) {
    const step = await program.next();
    if (step.done) {
      if (!step.value.ok) return step.value;
      return ended ? ok() : fail('answer-missing', `exit code ${step.value.value}, and no answer`);
    }
    ended ||= step.value.kind === 'end';
    yield step.value;
  }
}
