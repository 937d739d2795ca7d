import { FileFault } from './faults';
import { absolute } from './paths';
import type { Program, ProgramIo } from './process';

/** A program of any phone that runs live: its output leaves as it comes, its stdin is the stream's. */
interface Live {
  /** Whether it does what these arguments ask; what it does not is left to the interpreter. */
  readonly takes: (args: readonly string[]) => boolean;
  readonly run: Program;
}

const isName = (arg: string) => arg === '-' || !arg.startsWith('-');

const PROGRAMS: Readonly<Record<string, Live>> = {
  /** Files, or stdin, to stdout. */
  cat: {
    takes: (args) => args.every(isName),
    async run(io) {
      const names = io.argv.slice(1);
      let exitCode = 0;
      const print = async (bytes: Uint8Array) => {
        await io.print(bytes);
        return true;
      };
      for (const name of names.length > 0 ? names : ['-'])
        if (!(await copy(io, name, print))) exitCode = 1;
      return exitCode;
    },
  },
  /** `head -c BYTES [FILE]`: the first bytes of a file or stdin. */
  head: {
    takes: ([flag, count = '', name = '-', ...others]) =>
      flag === '-c' && /^\d+$/.test(count) && isName(name) && others.length === 0,
    async run(io) {
      let missing = Number(io.argv[2]);
      if (missing === 0) return 0;
      const print = async (bytes: Uint8Array) => {
        await io.print(bytes.subarray(0, missing));
        missing -= Math.min(missing, bytes.length);
        return missing > 0;
      };
      return (await copy(io, io.argv[3] ?? '-', print)) ? 0 : 1;
    },
  },
  sleep: {
    takes: (args) => args.length === 1 && /^\d+(\.\d+)?$/.test(args[0] ?? ''),
    async run({ argv, sleep }) {
      await sleep(Number(argv[1]) * 1000);
      return 0;
    },
  },
  /** Prints for ever, as fast as the host takes it. */
  yes: {
    takes: () => true,
    async run({ argv, print, killed }) {
      const line = `${argv.slice(1).join(' ') || 'y'}\n`;
      const text = line.repeat(Math.ceil(8192 / line.length));
      while (!killed.aborted) await print(text);
      return 0;
    },
  },
};

/** The live program behind a bare name, if there is one that does what the arguments ask. */
export function findLive([name = '', ...args]: readonly string[]): Program | undefined {
  const live = Object.hasOwn(PROGRAMS, name) ? PROGRAMS[name] : undefined;
  return live?.takes(args) ? live.run : undefined;
}

/** Gives one file, or stdin for "-", to `print` until that says false. False, with a word on stderr, when it cannot be read. */
async function copy(
  { argv, cwd, files, read, warn }: ProgramIo,
  name: string,
  print: (bytes: Uint8Array) => Promise<boolean>,
): Promise<boolean> {
  if (name === '-') {
    for (let bytes = await read(); bytes && (await print(bytes));) bytes = await read();
    return true;
  }
  let chunks: readonly Uint8Array[];
  try {
    chunks = files.read(absolute(cwd, name));
  } catch (fault) {
    if (!(fault instanceof FileFault)) throw fault;
    await warn(`${argv[0] ?? ''}: ${name}: ${fault.text}\n`);
    return false;
  }
  for (const chunk of chunks) if (!(await print(chunk))) break;
  return true;
}
