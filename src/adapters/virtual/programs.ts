import { FileFault } from './faults';
import type { PhoneFiles } from './files';
import { findLive } from './live';
import { absolute } from './paths';
import type { VirtualPhone } from './phone';
import type { Program } from './process';
import type { Execution } from './shell-service';

/** Why a program was not started, as toybox's `env` says it. */
export interface NotStarted {
  readonly stderr: string;
  readonly exitCode: 126 | 127;
}

/** A program and what it is started with. */
export type Found = Omit<Execution, 'redirected'>;

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
): Found | Omit<Found, 'program'> | NotStarted {
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
    const program = findLive(argv);
    return program ? { program, argv, cwd, env } : { argv, cwd, env };
  }
  const path = absolute(cwd, name);
  try {
    const program = programIn(phone, path);
    if (typeof program === 'function') return { program, argv, cwd, env };
    return notStarted(name, program.reason, program.exitCode);
  } catch (fault) {
    if (!(fault instanceof FileFault)) throw fault;
    return notStarted(name, fault.text, fault.error === 'ENOENT' ? 127 : 126);
  }
}

const NOT_FOUND: Refusal = { reason: 'No such file or directory', exitCode: 127 };
const NOT_ALLOWED: Refusal = { reason: 'Permission denied', exitCode: 126 };
const FOREIGN: Refusal = { reason: 'Exec format error', exitCode: 126 };

function programIn(phone: VirtualPhone, path: string): Program | Refusal {
  const node = phone.files.node(path);
  if (node.kind === 'directory' || !(node.mode & 0o111)) return NOT_ALLOWED;
  if (phone.trouble === 'missing-program') return NOT_FOUND;
  const key = /^#!plugsight-wasm (\S+) 1\n/.exec(head(phone.files, path))?.[1];
  return (key === undefined ? undefined : phone.programs[key]) ?? FOREIGN;
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
