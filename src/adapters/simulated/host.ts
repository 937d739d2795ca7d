/**
 * Simulated vendor runners. Nothing here is a vendor's program: each one understands the command line of its original,
 * prints that program's format, writes its files, and answers with our tiny model, whatever model it was given. What they
 * print about processors is part of the format and says nothing about this machine; every screen and report says so.
 */
export type SimulatedProgram = (io: SimulatedIo) => Promise<number>;

/** What a simulated runner is given. The virtual phone and the test device implement it. */
export interface SimulatedIo {
  /** Program name and arguments. */
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Hexagon architecture of the phone, for example "v75"; undefined: it has none. */
  readonly htp: string | undefined;
  /** A whole file by its absolute path; undefined: there is none. */
  readFile(path: string): Uint8Array | undefined;
  /** Writes a whole file; false where that cannot be. */
  writeFile(path: string, data: Uint8Array): boolean;
  /** Writes to stdout; resolves when it is taken. */
  print(text: string | Uint8Array): Promise<unknown>;
  /** Writes to stderr. */
  warn(text: string): Promise<unknown>;
  /** The next bytes of stdin; nothing at its end. */
  read(): Promise<Uint8Array | undefined>;
  /** Milliseconds since 1970. */
  now(): number;
  readonly killed: AbortSignal;
  /** The tiny model. Yields pieces of the answer; throws `CannotInfer`. */
  infer(question: TinyQuestion): AsyncGenerator<string, TinyFigures, void>;
}

export interface TinyQuestion {
  /** Absolute paths of the GGUF pair. */
  readonly language: string;
  readonly vision: string;
  /** A picture file. */
  readonly image: Uint8Array;
  readonly prompt: string;
  readonly maxTokens: number;
  readonly temperature: number;
  readonly seed: number;
}

/** What the tiny model's engine measured; null where it does not say. */
export interface TinyFigures {
  readonly promptTokens: number | null;
  readonly prefillMs: number | null;
  readonly tokens: number;
  readonly decodeMs: number | null;
  readonly stopped: boolean;
}

/** The tiny model could not be loaded or run. */
export class CannotInfer extends Error {}

/** Absolute path of an argument. */
export const at = ({ cwd }: Pick<SimulatedIo, 'cwd'>, path: string): string =>
  path.startsWith('/') ? path : `${cwd}/${path.replace(/^\.\//, '')}`;

/**
 * The tiny model's weights for the file that stands for the vendor's model: it names them
 * (`weights: LANGUAGE VISION`, absolute paths), or they lie beside it.
 */
export function weightsFor(io: SimulatedIo, path: string) {
  const head = text(io.readFile(path)?.subarray(0, 4096)) ?? '';
  const [, language, vision] = /^weights: (\/\S+) (\/\S+)$/m.exec(head) ?? [];
  const beside = path.slice(0, path.lastIndexOf('/'));
  return {
    language: language ?? `${beside}/language.gguf`,
    vision: vision ?? `${beside}/vision.gguf`,
  };
}

/** The first folder of a search path (split at `separator`) that has this file. */
export const findIn = (
  io: SimulatedIo,
  path: string | undefined,
  separator: string,
  file: string,
) => (path ?? '').split(separator).find((dir) => dir && io.readFile(`${at(io, dir)}/${file}`));

export const text = (bytes: Uint8Array | undefined): string | undefined =>
  bytes && new TextDecoder().decode(bytes);

export const ABORTED = 134;
