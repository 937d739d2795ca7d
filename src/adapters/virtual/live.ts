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
      for (const name of names.length > 0 ? names : ['-'])
        if (!(await copy(name, io))) exitCode = 1;
      return exitCode;
    },
  },
  /** `head -c BYTES`: the first bytes of stdin. */
  head: {
    takes: (args) => args.length === 2 && args[0] === '-c' && /^\d+$/.test(args[1] ?? ''),
    async run({ argv, read, print }) {
      for (let missing = Number(argv[2]); missing > 0;) {
        const bytes = await read();
        if (!bytes) break;
        await print(bytes.subarray(0, missing));
        missing -= bytes.length;
      }
      return 0;
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
      const text = `${argv.slice(1).join(' ') || 'y'}\n`.repeat(1000);
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

/** One file, or stdin for "-", to stdout. False, with a word on stderr, when it cannot be read. */
async function copy(name: string, { cwd, files, read, print, warn }: ProgramIo): Promise<boolean> {
  if (name === '-') {
    for (let bytes = await read(); bytes; bytes = await read()) await print(bytes);
    return true;
  }
  let chunks: readonly Uint8Array[];
  try {
    chunks = files.read(absolute(cwd, name));
  } catch (fault) {
    if (!(fault instanceof FileFault)) throw fault;
    await warn(`cat: ${name}: ${fault.text}\n`);
    return false;
  }
  for (const chunk of chunks) await print(chunk);
  return true;
}
