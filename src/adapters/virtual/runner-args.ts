/** Command line of the runner: docs/runner-protocol.md. */
export interface RunnerArgs {
  readonly model: string;
  readonly mmproj: string;
  readonly threads: number;
  readonly context: number;
  /** True when embeddings were asked for. */
  readonly dump: boolean;
}

/** Reads the arguments; a string says what is wrong with them. */
export function parseArgs(argv: readonly string[]): RunnerArgs | string {
  const values = new Map<string, string>();
  for (let i = 1; i < argv.length; i += 1) {
    const name = argv[i] ?? '';
    if (name === '--serve') continue;
    if (!['--model', '--mmproj', '--threads', '--ctx', '--dump'].includes(name))
      return `unknown argument "${name}"`;
    const value = argv[(i += 1)];
    if (value === undefined) return `${name} needs a value`;
    values.set(name, value);
  }
  const model = values.get('--model');
  const mmproj = values.get('--mmproj');
  if (model === undefined || mmproj === undefined) return '--model and --mmproj are needed';
  const threads = Number(values.get('--threads') ?? 1);
  const context = Number(values.get('--ctx') ?? 4096);
  if (!Number.isInteger(threads) || threads < 1) return '--threads must be a whole number above 0';
  if (!Number.isInteger(context) || context < 1) return '--ctx must be a whole number above 0';
  return { model, mmproj, threads, context, dump: values.has('--dump') };
}
