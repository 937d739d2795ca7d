/** Why a set of files cannot become a bundle, or what is wrong with one. Codes are stable: scripts read them. */
export const CODES = [
  'missing-file',
  'missing-library',
  'missing-skel',
  'empty',
  'damaged',
  'wrong-kind',
  'wrong-machine',
  '32-bit',
  'not-android',
  'not-executable',
  'not-a-library',
  'wrong-arch',
  'wrong-soc',
  'wrong-pipeline',
  'wrong-generation',
  'wrong-model',
  'swapped',
  'wrong-size',
  'several-versions',
  'outside-folder',
  'mixed-sdk',
  'sdk-unknown',
  'soc-unknown',
  'soc-unsupported',
  'hash-mismatch',
  'manifest-invalid',
  // only ever warnings
  'page-size',
  'optional-missing',
  'name-differs',
  'not-listed',
  'not-checked',
] as const;
export type Code = (typeof CODES)[number];

export interface Finding {
  readonly level: 'refusal' | 'warning';
  readonly code: Code;
  /** Path as the user knows it, or the name that is missing. */
  readonly file: string;
  readonly problem: string;
  /** Where a right one comes from, or what else to do. */
  readonly remedy: string;
}

export const refusal = (code: Code, file: string, problem: string, remedy: string): Finding => ({
  ...{ level: 'refusal', code, file, problem, remedy },
});
export const warning = (code: Code, file: string, problem: string, remedy: string): Finding => ({
  ...{ level: 'warning', code, file, problem, remedy },
});

export const isRefusal = ({ level }: Finding): boolean => level === 'refusal';
