import type { BundleFile, Manifest } from './bundle';
import type { Command } from './device';
import type { ParsedEvent } from './run';

/** One way to run a model on a device: data plus pure functions. pipelines/README.md says how to add one. */
export interface Pipeline {
  readonly title: string;
  readonly summary: string;
  /** True when tokens arrive one by one; false when the answer comes whole at the end. The screen says so. */
  readonly streams: boolean;
  /** Id of the runner bundle it installs. */
  readonly runner: string;
  /** Id of the model bundle offered first. */
  readonly model: string;
  /** Roles that a model bundle's files must fill. */
  readonly needs: readonly BundleFile['role'][];
  /** Settings a person may change. Drives the form, the link and validation alike. */
  readonly options: Readonly<Record<string, NumberOption>>;
  /** The program to start. It stays for many questions. */
  command(setup: RunSetup): Command;
  /** One line for the program's stdin: a question. */
  request(question: Question): string;
  /** The line that stops the answer with this id, and the line that ends the program. */
  cancel(id: number): string;
  readonly quit: string;
  /** A fresh parser per program. */
  parser(): OutputParser;
}

export interface NumberOption {
  readonly label: string;
  readonly hint: string;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly initial: number;
}
export type OptionValues = Readonly<Record<string, number>>;

/** What is known when the program is started. */
export interface RunSetup {
  readonly runner: InstalledBundle;
  readonly model: InstalledBundle;
  readonly options: OptionValues;
  /** Cores of the fastest clusters, for the number of threads. */
  readonly bigCores: number;
}

export interface InstalledBundle {
  readonly manifest: Manifest;
  /** Folder on the phone. */
  readonly dir: string;
  readonly files: readonly BundleFile[];
}

/** One question about one picture. */
export interface Question {
  readonly id: number;
  /** Absolute path of the picture on the phone. */
  readonly imagePath: string;
  readonly prompt: string;
  readonly options: OptionValues;
}

/** Text in, events out. Chunks may break anywhere, even inside a line. */
export interface OutputParser {
  push(text: string, from: 'stdout' | 'stderr'): readonly ParsedEvent[];
  /** The program ended: says what a missing tail or this exit code means. */
  end(exitCode: number): readonly ParsedEvent[];
}

/** The roles that this model leaves open for this pipeline: it cannot be used while there are any. */
export const missingRoles = (pipeline: Pick<Pipeline, 'needs'>, { files }: Manifest) =>
  pipeline.needs.filter((role) => !files.some((file) => file.role === role));
