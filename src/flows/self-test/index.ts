import type { BundleSource } from '../../domain/bundle';
import type { Device } from '../../domain/device';
import type { VisionEncoder } from '../../domain/encoder';
import type { Failure } from '../../domain/failure';
import type { RunSetup } from '../../domain/pipeline';
import type { PreparedInput, Preparer } from '../../domain/prepare';
import { ok, type Result } from '../../domain/result';
import type { Check } from '../../domain/self-test';
import { casesOf, type Case, type OwnPicture } from './cases';
import { compareDump, dropDump, hashStored } from './on-phone';
import { PageEngine, type OwnEncoder } from './page-engine';

/** What is tested. */
export interface SelfTestJob {
  readonly device: Device;
  /** The model as the page has it: its known answers and its encoder, where it brings them. */
  readonly source: BundleSource;
  /** Brings runner and model to the phone if they are not there. */
  install(signal: AbortSignal): Promise<Result<RunSetup>>;
  /** Where the program writes the embeddings of a picture on the phone; undefined: this pipeline has no way to. */
  readonly dumpPath: string | undefined;
  /** Pictures for a model that brings none. */
  readonly pictures: () => Promise<Result<readonly OwnPicture[]>>;
  /** The user's own ONNX encoder; it goes before the model's. */
  readonly encoder?: OwnEncoder;
}

/** How it is tested. */
export interface SelfTestTools {
  readonly preparer: Preparer;
  readonly encoder: VisionEncoder;
  readonly ask: Ask;
}

/** Asks the program on the phone, greedily; resolves with the whole answer, or why there is none. */
export type Ask = (
  question: {
    readonly setup: RunSetup;
    readonly input: PreparedInput;
    readonly prompt: string;
    readonly maxTokens: number;
  },
  signal: AbortSignal,
) => Promise<Result<string>>;

const MAX_ANSWER_TOKENS = 96;
/** With no answer to compare, one token is enough to have the picture encoded. */
const ENCODE_ONLY_TOKENS = 1;

/**
 * Does this phone compute rightly? Yields each check when it begins and when it is found out (domain/self-test.ts folds
 * and judges them). Returns a failure when the test itself could not go on: no phone, no file, cancelled.
 * What the program on the phone gets wrong, its end included, is a finding, not a failure.
 */
export async function* selfTest(
  job: SelfTestJob,
  tools: SelfTestTools,
  signal: AbortSignal,
): AsyncGenerator<Check, Result<void>, void> {
  yield { kind: 'files', is: 'now', files: [] };
  const installed = await job.install(signal);
  if (!installed.ok) return installed;
  const setup = installed.value;
  const files = await hashStored(job.device, [setup.runner, setup.model], signal);
  if (!files.ok) return files;
  const intact = files.value.every(({ sha256, found }) => sha256 === found);
  yield { kind: 'files', is: intact ? 'right' : 'wrong', files: files.value };

  const cases = await casesOf(job, tools.preparer, signal);
  if (!cases.ok) return cases;
  if (cases.value.every(({ answer }) => answer === undefined))
    yield { kind: 'answer', is: 'unknown', number: 0, why: 'No answers are known for this model' };
  const engine = new PageEngine(job, tools, cases.value);
  const impossible = engine.impossible ?? dumpless(job);
  if (impossible) yield { kind: 'embeddings', is: 'unknown', number: 0, why: impossible };
  return yield* runCases({ ...job, setup, tools, engine, signal }, cases.value, !impossible);
}

const dumpless = ({ dumpPath }: SelfTestJob) =>
  dumpPath === undefined ? 'This pipeline gives no embeddings' : undefined;

type Running = SelfTestJob & {
  readonly setup: RunSetup;
  readonly tools: SelfTestTools;
  readonly engine: PageEngine;
  readonly signal: AbortSignal;
};

async function* runCases(
  running: Running,
  cases: readonly Case[],
  compare: boolean,
): AsyncGenerator<Check, Result<void>, void> {
  const { device, dumpPath = '', engine, signal } = running;
  try {
    for (const [index, one] of cases.entries()) {
      if (one.answer === undefined && !compare) continue;
      if (compare) await dropDump(device, dumpPath, signal);
      const asked = yield* ask(running, one, index + 1);
      if (!asked.ok || !asked.value) return asked.ok ? ok() : asked;
      if (!compare) continue;
      const dumped = yield* compareDump({ device, dumpPath, engine, signal }, index);
      if (!dumped.ok) return dumped;
      compare = dumped.value;
    }
    return ok();
  } finally {
    // Also after an abort, hence a signal of its own.
    if (dumpPath) await dropDump(device, dumpPath, AbortSignal.timeout(3000));
  }
}

/** One question. False: the program is of no use for another one. */
async function* ask(
  { setup, tools, signal }: Running,
  { input, prompt, answer }: Case,
  number: number,
): AsyncGenerator<Check, Result<boolean>, void> {
  const known = answer === undefined ? { prompt } : { prompt, expected: answer };
  const check = { kind: 'answer', number, ...known } as const;
  if (answer !== undefined) yield { ...check, is: 'now' };
  const maxTokens = answer === undefined ? ENCODE_ONLY_TOKENS : MAX_ANSWER_TOKENS;
  const said = await tools.ask({ setup, input, prompt, maxTokens }, signal);
  if (!said.ok && !isProgramsFault(said.failure)) return said;
  if (!said.ok) yield { ...check, is: 'wrong', failure: said.failure };
  else if (answer !== undefined) {
    const text = said.value.trim();
    yield { ...check, is: text === answer ? 'right' : 'wrong', said: text };
  }
  return ok(said.ok);
}

/** A program that does not load, refuses or ends does not compute rightly; a cable that goes says nothing about it. */
const isProgramsFault = ({ code }: Failure) => /^runner-/.test(code) && code !== 'runner-timeout';
