/** Where a part of a model can run. */
export type Processor = 'npu' | 'gpu' | 'cpu';

/** The parts of a vision-language model that can run in different places. */
export const PARTS = ['vision', 'language'] as const;
export type Part = (typeof PARTS)[number];

/** Where each part was asked to run. A part that a pipeline does not have is absent. */
export type Requested = Readonly<Partial<Record<Part, Processor>>>;

/** Where a part ran, and the runner's own line that proves it. Untrusted text. */
export interface Proof {
  readonly on: Processor;
  readonly line: string;
}
export type Proofs = Readonly<Partial<Record<Part, Proof>>>;

/** What may be said beside a number. `cpu` and `gpu` were asked for and need no proof of an NPU. */
export const VERDICTS = ['npu', 'partly-npu', 'cpu-fallback', 'not-proven', 'cpu', 'gpu'] as const;
export type Verdict = (typeof VERDICTS)[number];

/**
 * What the proofs allow to say. A part that asked for the NPU and gave no line is not proven, and then neither is the
 * whole: silence is no proof. `partly-npu`: asked or proven to run in two places, each part known.
 */
export function verdict(requested: Requested, proofs: Proofs): Verdict {
  const wanted = PARTS.filter((part) => requested[part] === 'npu');
  if (wanted.length === 0) return PARTS.some((part) => requested[part] === 'gpu') ? 'gpu' : 'cpu';
  if (wanted.some((part) => !proofs[part])) return 'not-proven';
  const got = wanted.filter((part) => proofs[part]?.on === 'npu');
  if (got.length === PARTS.filter((part) => requested[part]).length) return 'npu';
  return got.length > 0 ? 'partly-npu' : 'cpu-fallback';
}
