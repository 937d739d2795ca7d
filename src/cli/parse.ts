import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import type { Asked, OptionValues } from '../domain/pipeline';
import { fail, ok, type Result } from '../domain/result';
import { PIPELINES } from '../pipelines';
import { isPipelineId, type PipelineId } from '../pipelines/offers';
import { summarise, type RunSummary } from './run-summary';

const USAGE = `usage: npm run -s cli -- parse --pipeline ID [--stdout F] [--stderr F] [--file NAME=F]... [--exit N]
                               [--prompt TEXT] [--earlier TEXT]...
ID is one of: ${Object.keys(PIPELINES).join(', ')}. Prints {text, stats, phases, backend, failure, finish, facts, warnings}.`;

/** Larger than anything that the page reads of one program (flows/program.ts stops it there). */
const MAX_BYTES = 64 << 20;
/** Text files have no NUL in their first so many bytes. */
const SNIFFED = 64 << 10;

interface Options {
  readonly pipeline: PipelineId;
  readonly stdout: string | undefined;
  readonly stderr: string | undefined;
  /** Result files by name. */
  readonly files: ReadonlyMap<string, string>;
  readonly exitCode: number;
  readonly about: Asked | undefined;
}

/** Reads what a program printed with the page's own parser. Exit code 1: a file cannot be used; 2: wrong arguments. */
export async function parse(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (typeof options === 'string') {
    console.error(`${options}\n${USAGE}`);
    return 2;
  }
  const summary = await parseFiles(options);
  if (!summary.ok) {
    console.error(summary.failure.detail);
    return 1;
  }
  console.log(JSON.stringify(summary.value, undefined, 2));
  return 0;
}

/** The options, or what is wrong with them. */
function readOptions(args: readonly string[]): Options | string {
  const text = { type: 'string' } as const;
  const many = { type: 'string', multiple: true } as const;
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        ...{ pipeline: text, stdout: text, stderr: text, exit: text, prompt: text },
        ...{ file: many, earlier: many },
      },
      strict: true,
    }));
  } catch (reason) {
    return reason instanceof Error ? reason.message : String(reason);
  }
  const { pipeline = '', stdout, stderr, exit = '0', prompt, earlier = [] } = values;
  if (!isPipelineId(pipeline))
    return pipeline ? `there is no pipeline "${pipeline}"` : '--pipeline is missing';
  if (!/^\d{1,3}$/.test(exit) || Number(exit) > 255) return `--exit ${exit}: not 0 to 255`;
  if (earlier.length && prompt === undefined) return '--earlier needs --prompt';
  const files = new Map<string, string>();
  for (const given of values.file ?? []) {
    const at = given.indexOf('=');
    if (at < 1 || at === given.length - 1) return `--file ${given}: not NAME=FILE`;
    files.set(basename(given.slice(0, at)), given.slice(at + 1));
  }
  if (stdout === undefined && stderr === undefined && files.size === 0 && values.exit === undefined)
    return 'nothing to read: give --stdout, --stderr, --file or --exit';
  const about = prompt === undefined ? undefined : { earlier, prompt };
  return { pipeline, stdout, stderr, files, exitCode: Number(exit), about };
}

async function parseFiles(options: Options): Promise<Result<RunSummary>> {
  const stdout = await readText(options.stdout);
  if (!stdout.ok) return stdout;
  const stderr = await readText(options.stderr);
  if (!stderr.ok) return stderr;
  const files: Record<string, string> = {};
  for (const [name, path] of options.files) {
    const file = await readText(path);
    if (!file.ok) return file;
    files[name] = file.value;
  }
  const pipeline = PIPELINES[options.pipeline];
  const parser = pipeline.parser(options.about);
  const events = [
    ...parser.push(stderr.value, 'stderr'),
    ...parser.push(stdout.value, 'stdout'),
    // Without any, nobody looked for result files: that they are missing is not known.
    ...parser.end(options.exitCode, options.files.size ? files : undefined),
  ];
  return ok(summarise(events, pipeline.requests(initial(pipeline.options))));
}

const initial = (options: Readonly<Record<string, { readonly initial: number }>>): OptionValues =>
  Object.fromEntries(Object.entries(options).map(([name, { initial: value }]) => [name, value]));

/** A text file, whole; no path is an empty one. Bytes that are not UTF-8 are read as U+FFFD, as on the phone. */
async function readText(path: string | undefined): Promise<Result<string>> {
  if (path === undefined) return ok('');
  const chunks: Buffer[] = [];
  try {
    // By its bytes, not by its size: a pipe has none.
    for await (const chunk of createReadStream(path, { end: MAX_BYTES }))
      chunks.push(chunk as Buffer);
  } catch (reason) {
    if (!(reason instanceof Error && 'code' in reason)) throw reason;
    return fail('device-file-missing', `${path}: ${reason.message}`);
  }
  const bytes = Buffer.concat(chunks);
  if (bytes.length > MAX_BYTES)
    return fail('output-flood', `${path}: more than ${MAX_BYTES} bytes`);
  const nul = bytes.subarray(0, SNIFFED).indexOf(0);
  if (nul >= 0) return fail('runner-protocol', `${path}: not a text file (NUL at byte ${nul})`);
  return ok(new TextDecoder().decode(bytes));
}
