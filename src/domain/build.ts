import type { BundleFile } from './bundle';

/** Which build of a program a phone got: for which ABI, and for what its processor can beyond that. */
export interface ProgramBuild {
  /** Undefined: for every phone. */
  readonly abi: string | undefined;
  /** Words of /proc/cpuinfo that it makes use of; none: the ABI's baseline. */
  readonly cpu: readonly string[];
}

/** The build of the runner among the files that were chosen for a phone (`filesFor`). Undefined: none of them is a runner. */
export function buildOf(files: readonly BundleFile[]): ProgramBuild | undefined {
  const program = files.find(({ role }) => role === 'runner');
  return program && { abi: program.abi, cpu: program.cpu ?? [] };
}

/** The choice and its reason, for people. */
export function explainBuild({ abi = 'any processor', cpu }: ProgramBuild): string {
  return cpu.length
    ? `${abi} with ${cpu.join(', ')}: /proc/cpuinfo lists them`
    : `${abi}, baseline: /proc/cpuinfo lists nothing that another build uses`;
}
