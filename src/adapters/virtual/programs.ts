import { FileFault, normal, type PhoneFiles } from './files';
import type { VirtualPhone } from './phone';
import type { Program } from './process';
import type { Execution } from './shell-service';

/** Why a program was not started, as a shell says it. */
export interface NotStarted {
  readonly stderr: string;
  readonly exitCode: 126 | 127;
}

/**
 * Resolves `[env A=b …] PROGRAM ARGS…` as exec would: a built-in program by its bare name, or an executable
 * file whose first line names one: `#!plugsight-wasm NAME VERSION`. That line is this phone's "ABI".
 * Without `program` it is the interpreter's to run.
 */
export function findProgram(
  phone: VirtualPhone,
  args: readonly string[],
  cwd: string,
  shellEnv: Readonly<Record<string, string>>,
): Execution | Omit<Execution, 'program'> | NotStarted {
  const env: Record<string, string> = { ...shellEnv };
  let at = 0;
  if (args[0] === 'env') {
    for (at = 1; /^[A-Za-z_]\w*=/.test(args[at] ?? ''); at += 1) {
      const [, name = '', value = ''] = /^(\w+)=(.*)$/s.exec(args[at] ?? '') ?? [];
      env[name] = value;
    }
  }
  const argv = args.slice(at);
  const [name = ''] = argv;
  if (!name.includes('/')) {
    const program = BUILT_IN[name];
    return program ? { program, argv, cwd, env } : { argv, cwd, env };
  }
  const path = normal(name.startsWith('/') ? name : `${cwd}/${name}`);
  try {
    const program = programIn(phone, path);
    if (typeof program === 'function') return { program, argv, cwd, env };
    return notStarted(name, program.reason, program.exitCode);
  } catch (fault) {
    if (!(fault instanceof FileFault)) throw fault;
    return fault.error === 'ENOENT'
      ? notStarted(name, 'inaccessible or not found', 127)
      : notStarted(name, `can't execute: ${fault.text}`, 126);
  }
}

function programIn(phone: VirtualPhone, path: string): Program | Refusal {
  const node = phone.files.node(path);
  if (node.kind === 'directory') return { reason: "can't execute: Is a directory", exitCode: 126 };
  if (!(node.mode & 0o111)) return { reason: "can't execute: Permission denied", exitCode: 126 };
  if (phone.trouble === 'missing-program')
    return { reason: 'inaccessible or not found', exitCode: 127 };
  const key = /^#!plugsight-wasm (\S+) 1\n/.exec(head(phone.files, path))?.[1];
  const program = key === undefined ? undefined : phone.programs[key];
  return program ?? { reason: 'not executable: 64-bit or foreign program', exitCode: 126 };
}

interface Refusal {
  readonly reason: string;
  readonly exitCode: 126 | 127;
}

const HEAD_BYTES = 256;

function head(files: PhoneFiles, path: string): string {
  const parts: string[] = [];
  let missing = HEAD_BYTES;
  for (const chunk of files.read(path)) {
    if (missing <= 0) break;
    parts.push(new TextDecoder('latin1').decode(chunk.subarray(0, missing)));
    missing -= chunk.length;
  }
  return parts.join('');
}

const notStarted = (name: string, reason: string, exitCode: 126 | 127): NotStarted => ({
  stderr: `env: exec ${name}: ${reason}\n`,
  exitCode,
});

/** Programs of any phone that run live, so that streams can be tried without a model. */
const BUILT_IN: Readonly<Record<string, Program>> = {
  /** stdin to stdout until it ends. */
  async cat({ read, print }) {
    for (let bytes = await read(); bytes; bytes = await read()) await print(bytes);
    return 0;
  },
  async sleep({ argv, sleep }) {
    await sleep(Number(argv[1] ?? 0) * 1000);
    return 0;
  },
  /** Prints for ever, as fast as the host takes it. */
  async yes({ argv, print, killed }) {
    const text = `${argv.slice(1).join(' ') || 'y'}\n`.repeat(1000);
    while (!killed.aborted) await print(text);
    return 0;
  },
};
