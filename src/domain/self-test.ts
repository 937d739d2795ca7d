import { AGREEMENT_LIMITS, disagreement, type Agreement } from './agreement';
import type { Manifest } from './bundle';
import type { DeviceFacts } from './device-facts';
import type { Failure } from './failure';
import { SIMULATED_LABEL } from './virtual';
import type { ReportedDevice } from './report';

/** "now": under way. "unknown": it could not be found out, and `why` says why not. */
export type Finding = 'now' | 'right' | 'wrong' | 'unknown';

/** One line of the self-test, with its figures. Each is told twice: when it begins, and when it is found out. */
export type Check =
  | { readonly kind: 'files'; readonly is: Finding; readonly files: readonly StoredFile[] }
  | AnswerCheck
  | EngineCheck
  | EmbeddingsCheck;

/** A file on the phone, hashed there, long after it was put there. */
export interface StoredFile {
  /** Path in its bundle. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  /** What the phone says; undefined: it is not there, or cannot be read. */
  readonly found: string | undefined;
}

export interface AnswerCheck {
  readonly kind: 'answer';
  readonly is: Finding;
  /** Counted from 1; 0 stands for all, where none is known. */
  readonly number: number;
  readonly prompt?: string;
  readonly expected?: string;
  readonly said?: string;
  /** Why the program gave no answer. */
  readonly failure?: Failure;
  readonly why?: string;
}

/** The page's own engine has computed the same pictures. */
export interface EngineCheck {
  readonly kind: 'engine';
  readonly is: Finding;
  readonly engine?: string;
  readonly pictures?: number;
  readonly tookMs?: number;
  readonly failure?: Failure;
  readonly why?: string;
}

export interface EmbeddingsCheck {
  readonly kind: 'embeddings';
  readonly is: Finding;
  readonly number: number;
  readonly agreement?: Agreement;
  /** Why there is nothing to compare, or what else is wrong. */
  readonly why?: string;
}

export interface Verdict {
  readonly is: 'right' | 'wrong' | 'unknown';
  /** The first figure that is wrong, or why it cannot be told. Empty when all is right. */
  readonly because: string;
}

/** What was found, for people and programs. No serial number, no picture. */
export interface SelfTestReport {
  readonly schema: 'plugsight-self-test/1';
  readonly app: string;
  /** ISO 8601, UTC. */
  readonly made: string;
  readonly browser: string;
  readonly device: ReportedDevice;
  readonly runner: Named;
  readonly model: Named;
  /** Whose encoder the page computed with. */
  readonly encoder: 'model' | 'own';
  readonly limits: typeof AGREEMENT_LIMITS;
  readonly verdict: Verdict;
  readonly checks: readonly Check[];
}
type Named = { readonly id: string; readonly version: string };

export interface SelfTestParts {
  readonly app: string;
  readonly madeAt: Date;
  readonly browser: string;
  readonly device: {
    readonly name: string;
    readonly simulated: boolean;
    readonly transport: string;
  };
  readonly facts: DeviceFacts;
  readonly runner: Manifest;
  readonly model: Manifest;
  readonly encoder: SelfTestReport['encoder'];
  readonly checks: readonly Check[];
}

/** Puts a report together. Pure. */
export function toSelfTestReport(parts: SelfTestParts): SelfTestReport {
  const { app, madeAt, browser, device, facts, encoder, checks } = parts;
  const { name, simulated, transport } = device;
  const named = ({ id, version }: Manifest) => ({ id, version });
  return {
    schema: 'plugsight-self-test/1',
    ...{ app, made: madeAt.toISOString(), browser },
    device: { name, simulated, note: simulated ? SIMULATED_LABEL : undefined, transport, facts },
    ...{ runner: named(parts.runner), model: named(parts.model), encoder },
    ...{ limits: AGREEMENT_LIMITS, verdict: verdictOf(checks), checks },
  };
}

/** A check keeps its place in the list when it is told again. */
export const keyOf = (check: Check): string =>
  'number' in check ? `${check.kind} ${check.number}` : check.kind;

/** The list with this check in it. */
export function noteCheck(checks: readonly Check[], check: Check): readonly Check[] {
  const at = checks.findIndex((other) => keyOf(other) === keyOf(check));
  return at < 0 ? [...checks, check] : checks.with(at, check);
}

/** One wrong figure is enough; without one, everything must be known to be right. */
export function verdictOf(checks: readonly Check[]): Verdict {
  const wrong = checks.find(({ is }) => is === 'wrong');
  if (wrong) return { is: 'wrong', because: figureOf(wrong) };
  const doubt = checks.find(({ is }) => is !== 'right');
  if (doubt) return { is: 'unknown', because: figureOf(doubt) || 'It was not finished' };
  const kinds = new Set(checks.map(({ kind }) => kind));
  const missing = (['files', 'answer', 'embeddings'] as const).find((kind) => !kinds.has(kind));
  return missing
    ? { is: 'unknown', because: `It was not finished: no ${missing} checked` }
    : { is: 'right', because: '' };
}

/** What a check is about, in a few words. */
export function titleOf(check: Check): string {
  switch (check.kind) {
    case 'files':
      return 'Files on the phone, hashed there';
    case 'answer':
      return check.number ? `Picture ${check.number}, answer` : 'Answers';
    case 'engine':
      return 'The same pictures, computed by this page';
    case 'embeddings':
      return check.number
        ? `Picture ${check.number}, embeddings beside this page’s`
        : 'Embeddings beside this page’s';
  }
}

/** The figures of a check in words; empty while there are none. Holds text of the phone: to be shown as text only. */
export function figureOf(check: Check): string {
  if ('failure' in check && check.failure)
    return `${check.failure.code}: ${check.failure.detail ?? ''}`.slice(0, 400);
  if ('why' in check && check.why) return check.why;
  switch (check.kind) {
    case 'files':
      return filesInWords(check.files);
    case 'answer':
      return answerInWords(check);
    case 'engine':
      return check.engine
        ? `${check.pictures} pictures in ${((check.tookMs ?? 0) / 1000).toFixed(1)} s by ${check.engine}`
        : '';
    case 'embeddings':
      return check.agreement ? agreementInWords(check.agreement) : '';
  }
}

function filesInWords(files: readonly StoredFile[]): string {
  const bad = files.find(({ sha256, found }) => found !== sha256);
  if (bad?.found === undefined)
    return bad
      ? `${bad.path} is not on the phone any more`
      : `${files.length} files, sha256 as sent`;
  return `${bad.path} has sha256 ${bad.found.slice(0, 12)}… on the phone, sent was ${bad.sha256.slice(0, 12)}…`;
}

function answerInWords({ is, prompt, expected, said }: AnswerCheck): string {
  if (said === undefined) return prompt ? `“${prompt}”` : '';
  return is === 'right' ? `“${said}”` : `“${said.slice(0, 200)}” instead of “${expected}”`;
}

function agreementInWords(seen: Agreement): string {
  const { minCosine, meanCosine, worstLength, maxAbsDifference } = seen;
  const wrong = disagreement(seen);
  return [
    ...(wrong ? [wrong] : []),
    `cosine ${minCosine.toFixed(6)} lowest, ${meanCosine.toFixed(6)} mean`,
    `largest difference ${maxAbsDifference.toPrecision(3)}, lengths within ${(Math.abs(worstLength - 1) * 100).toFixed(1)} %`,
  ].join('; ');
}
