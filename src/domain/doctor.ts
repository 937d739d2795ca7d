import type { Failure } from './failure';

/** One thing that must be right before an NPU can work, and what was found. */
export interface Check {
  readonly id: CheckId;
  readonly title: string;
  readonly state: 'ok' | 'warn' | 'bad';
  /** What was seen, in one sentence. May hold the phone's own words: untrusted. */
  readonly found: string;
  /** What to do about it; absent where nothing is. */
  readonly fix?: string;
}

/** In the order in which they are made: what comes later needs what comes before. */
export const CHECK_IDS = [
  'chip',
  'abi',
  'android',
  'memory',
  'built-for',
  'libraries',
  'rpc',
  'exec',
  'session',
] as const;
export type CheckId = (typeof CHECK_IDS)[number];

/** Variables under which a program may find what it needs. Tried in order; the first that works is kept. */
export interface Rung {
  /** Lower-case words with dashes: it is remembered for a phone and a build. */
  readonly id: string;
  readonly title: string;
  /** Given the folders of the runner's own libraries. */
  readonly env: (own: readonly string[]) => Readonly<Record<string, string>>;
}

/** Folders where vendors keep DSP code. Source: AryamaVMurthy/VLM_on_edge, run_e2e_int8_device.sh. */
const DSP = ['/vendor/dsp/cdsp', '/vendor/lib/rfsa/adsp', '/system/lib/rfsa/adsp', '/dsp'];

const linked = (folders: readonly string[]) => folders.join(':');
const dsp = (folders: readonly string[]) => folders.join(';');

export const LADDER: readonly Rung[] = [
  {
    id: 'package',
    title: 'only the package’s own folder',
    env: (own) => ({ LD_LIBRARY_PATH: linked(own), ADSP_LIBRARY_PATH: dsp(own) }),
  },
  {
    id: 'vendor-dsp',
    title: 'and the vendor’s DSP folders',
    env: (own) => ({ LD_LIBRARY_PATH: linked(own), ADSP_LIBRARY_PATH: dsp([...own, ...DSP]) }),
  },
  {
    id: 'vendor-lib',
    title: 'and the vendor’s libraries (as VLM_on_edge sets it)',
    env: (own) => ({
      LD_LIBRARY_PATH: linked([...own, '/vendor/dsp/cdsp', '/vendor/lib64']),
      ADSP_LIBRARY_PATH: dsp([...own, ...DSP]),
    }),
  },
  {
    id: 'system-lib',
    title: 'the system’s libraries first (as OmniInfer sets it)',
    env: (own) => ({
      LD_LIBRARY_PATH: linked(['/system/lib64', '/vendor/lib64', ...own]),
      ADSP_LIBRARY_PATH: dsp([...own, ...DSP]),
      DSP_LIBRARY_PATH: dsp([...own, ...DSP]),
    }),
  },
];

/** What the doctor says in the end. */
export interface Verdict {
  /** What the runner itself said under the first rung, where it did. */
  readonly failure?: Failure;
  /** The rung that opened a session; undefined: none did, or none was tried. */
  readonly rung: Rung | undefined;
  /** The first check that is bad: the cause. */
  readonly cause: Check | undefined;
}

/** All checks as text, to copy into a report or an issue. */
export const toEvidence = (checks: readonly Check[]): string =>
  checks
    .map(
      ({ state, title, found, fix }) =>
        `[${state}] ${title}: ${found.trim()}${fix ? `\n      to do: ${fix}` : ''}`,
    )
    .join('\n');
