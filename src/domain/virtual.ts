import type { Connector } from './device';

/** The phones that the page can simulate, and the trouble they can be told to make. */
export interface VirtualPhones {
  readonly models: readonly VirtualModel[];
  /** A connector whose only candidate is a fresh phone of this model with this trouble. Its files are gone with it. Loads its code on demand. */
  connector(modelId: string, trouble: Trouble): Promise<Connector>;
}

export interface VirtualModel {
  /** Lower-case words with dashes; reaches links. */
  readonly id: string;
  /** For people, for example "Phone with Snapdragon 8 Gen 3". */
  readonly name: string;
  readonly summary: string;
}

/** What the virtual phone is told to do wrong. */
export interface Trouble {
  readonly kind: TroubleKind;
  /** What its simulated runners are told to say and how to end. */
  readonly runner?: ScriptedFailure | undefined;
}

/** How a simulated runner fails. */
export interface ScriptedFailure {
  /** Row of adapters/simulated that is to fail; absent: any. */
  readonly program?: string;
  readonly stdout: string;
  readonly stderr: string;
  /** 0: it says this, and goes on as usual. */
  readonly exitCode: number;
}

export const TROUBLE_KINDS = [
  'none',
  /** The cable goes in the middle of the next push that moves more than 256 KiB, or 5 tokens into an answer. */
  'unplug',
  /** The owner never answers the authorisation question. */
  'auth-ignored',
  /** The owner answers no: like a real adbd, the phone then says nothing. */
  'auth-refused',
  /** /data has 1 MB left, and df says so only when asked to be honest; writes beyond fail with ENOSPC. */
  'disk-full',
  /** 1 MB/s and 5 ms a transfer. */
  'slow-link',
  /** The runner program is on disk but does not start: "not found", exit 127. */
  'missing-program',
] as const;

export type TroubleKind = (typeof TROUBLE_KINDS)[number];

/** Shown wherever a runner that imitates another is named, on whatever device. */
export const SIMULATED_RUNNER_LABEL =
  'simulated runner: imitates its original’s output, answers with the tiny model; processors and speeds are not real';

/** Shown wherever a virtual phone is named. */
export const SIMULATED_LABEL =
  'virtual phone, simulated; inference by llama.cpp (WASM) in this page';
