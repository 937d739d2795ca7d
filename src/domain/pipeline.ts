import type { Requested } from './accelerator';
import type { BundleFile, Manifest } from './bundle';
import type { Command } from './device';
import type { PreparedInput } from './prepare';
import type { Result } from './result';
import type { ParsedEvent } from './run';
import type { HostTools, Workbench } from './workbench';

/** One way to run a model on a device: data and functions over interfaces. pipelines/README.md says how to add one. */
export type Pipeline = ServingPipeline | StepPipeline;

/** What a pipeline is, without its code: the page offers it before anything of it is loaded. */
export interface Offer {
  readonly kind: 'serving' | 'steps';
  readonly title: string;
  readonly summary: string;
  /** True when tokens arrive one by one; false when the answer comes whole at the end. The screen says so. */
  readonly streams: boolean;
  /** False for a pipeline that reads text alone: no picture is prepared or sent for it. Absent: it reads one. */
  readonly pictures?: false;
  /** Id of the runner bundle it installs. */
  readonly runner: string;
  /** Id of the model bundle offered first. */
  readonly model: string;
  /** True when programs and model are the user's to bring (vendor SDKs cannot be redistributed): the page offers simulated stand-ins only. */
  readonly yours?: boolean;
  /** Roles that a model bundle's files must fill. */
  readonly needs: readonly BundleFile['role'][];
  /** Settings a person may change. Drives the form, the link and validation alike. */
  readonly options: Readonly<Record<string, NumberOption>>;
  /** Where it asks each part to run. What it got is proved by the runner's lines (domain/accelerator.ts). */
  requests(options: OptionValues): Requested;
}

interface PipelineCode extends Offer {
  /** A fresh parser per program. It understands every program of this pipeline. */
  parser(about?: Asked): OutputParser;
}

/** A program that stays and takes many questions over stdin. */
export interface ServingPipeline extends PipelineCode {
  readonly kind: 'serving';
  /** The program to start. It stays for many questions. */
  command(setup: RunSetup): Command;
  /** One line for the program's stdin: a question. */
  request(question: Question): string;
  /** The line that stops the answer with this id (empty: it hears none, and is ended), and the line that ends the program. */
  cancel(id: number): string;
  readonly quit: string;
  /** Counts the question before it is written, where the program itself would not refuse what is too long. */
  check?(
    question: Pick<Job, 'setup' | 'prompt'>,
    tools: HostTools,
    signal: AbortSignal,
  ): Promise<Result<void>>;
  /**
   * The same command, writing the vision encoder's output of each answered picture to a file on the phone, before its
   * answer: raw f32, [image tokens][width]. A program that cannot writes none. Absent: no program of this pipeline can.
   */
  readonly dumping?: (command: Command, path: string) => Command;
}

/** Programs that run to their end for each question, with work of the page between them. */
export interface StepPipeline extends PipelineCode {
  readonly kind: 'steps';
  /**
   * Counts the prompt before anything is sent: an overrun aborts the runner or corrupts its memory.
   * Failures: context-too-small, prompt-marker, image-shape, and those of the tokenizer.
   */
  budget(job: Job, tools: HostTools, signal: AbortSignal): Promise<Result<Budget>>;
  /** One question. Yields exactly one `end`, or returns why not. */
  run(
    job: Job,
    budget: Budget,
    bench: Workbench,
    tools: HostTools,
    signal: AbortSignal,
  ): AsyncGenerator<ParsedEvent, Result<void>, void>;
}

/** What is asked, for a step pipeline. */
export interface Job {
  readonly setup: RunSetup;
  readonly input: PreparedInput;
  /** Earlier questions of the conversation about this picture, for pipelines that keep one. */
  readonly earlier: readonly string[];
  readonly prompt: string;
  readonly options: OptionValues;
}

/** Tokens, counted with the model's own tokenizer and template. Where `exact` is false, an upper bound. */
export interface Budget {
  readonly imageTokens: number;
  /** Picture and text together. */
  readonly promptTokens: number;
  /** The most that the runner takes as a prompt. */
  readonly promptLimit: number;
  /** What is left for the answer. */
  readonly answerTokens: number;
  readonly exact: boolean;
}

/** What a parser must know of the question, to tell its echo from the answer. */
export interface Asked {
  readonly earlier: readonly string[];
  readonly prompt: string;
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
  /** Variables that the doctor found to work for this phone and build (flows/doctor.ts); empty: none were needed. */
  readonly env: Readonly<Record<string, string>>;
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
  /**
   * The program ended: says what a missing tail or this exit code means. `files`: text of the result files that it
   * wrote, by name. An exit code of 0 proves nothing for some runners; these files do.
   */
  end(exitCode: number, files?: Readonly<Record<string, string>>): readonly ParsedEvent[];
}

/** The roles that this model leaves open for this pipeline: it cannot be used while there are any. */
export const missingRoles = (pipeline: Pick<Offer, 'needs'>, { files }: Manifest) =>
  pipeline.needs.filter((role) => !files.some((file) => file.role === role));
