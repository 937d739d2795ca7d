import { FileFault } from './faults';

/** Ends a command with a message on stderr. */
export class CommandFault extends Error {
  readonly exitCode: number;
  /** What was printed before. */
  readonly stdout: string;

  constructor(message: string, exitCode = 1, stdout = '') {
    super(message);
    this.exitCode = exitCode;
    this.stdout = stdout;
  }
}

/** Runs a file operation; its fault becomes "command: path: reason". */
export function guarded<T>(command: string, path: string, operation: () => T): T {
  try {
    return operation();
  } catch (fault) {
    if (fault instanceof FileFault) throw new CommandFault(`${command}: ${path}: ${fault.text}`);
    throw fault;
  }
}
