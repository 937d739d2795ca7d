import { createSHA256 } from 'hash-wasm';
import type { CommandContext, ExecResult } from 'just-bash/browser';
import { CommandFault, guarded } from './command-fault';
import { FileFault } from './faults';
import type { PhoneFiles } from './files';
import { sizeOf, type PhoneEntry } from './nodes';
import type { VirtualPhone } from './phone';

/** just-bash's own says of every file that it is missing; here only its content is its. */
export async function cat(
  files: PhoneFiles,
  args: readonly string[],
  context: CommandContext,
): Promise<ExecResult> {
  const bundled = (names: readonly string[]) => context.origCommand?.([...names]);
  const nothing = { stdout: '', stderr: '', exitCode: 0 };
  if (args.length === 0 || args.some((arg) => arg.startsWith('-')))
    return (await bundled(args)) ?? nothing;
  const refused = args.flatMap((name) => {
    const fault = refusalOf(() => files.read(resolve(context, name)));
    return fault ? [{ name, fault }] : [];
  });
  const readable = args.filter((name) => !refused.some((each) => each.name === name));
  const output = readable.length > 0 ? await bundled(readable) : undefined;
  if (refused.length === 0) return output ?? nothing;
  const stderr = refused.map(({ name, fault }) => `cat: ${name}: ${fault.text}\n`).join('');
  return { ...nothing, ...output, stderr, exitCode: 1 };
}

/** Hashes chunk by chunk; between slices other streams get their turn. */
export async function sha256sum(
  phone: VirtualPhone,
  args: readonly string[],
  context: CommandContext,
): Promise<string> {
  if (args.length === 0) {
    const bundled = await context.origCommand?.([]);
    return bundled?.stdout ?? '';
  }
  const lines: string[] = [];
  const faults: string[] = [];
  for (const name of args.filter((arg) => arg !== '--')) {
    const path = resolve(context, name);
    const fault = refusalOf(() => phone.files.read(path));
    if (fault) {
      faults.push(`sha256sum: ${name}: ${fault.text}`);
      continue;
    }
    const chunks = phone.files.read(path);
    const hasher = await createSHA256();
    let since = 0;
    for (const chunk of chunks) {
      hasher.update(chunk);
      since += chunk.length;
      if (since > SLICE_BYTES) {
        since = 0;
        await phone.clock.sleep(0);
      }
    }
    lines.push(`${hasher.digest('hex')}  ${name}\n`);
  }
  if (faults.length) throw new CommandFault(faults.join('\n'), 1, lines.join(''));
  return lines.join('');
}
const SLICE_BYTES = 16 << 20;

/** `--honest` is ours: with the disk-full trouble plain df claims free space that is not there. */
export function df(phone: VirtualPhone, args: readonly string[]): string {
  const { total, free } = phone.space(args.includes('--honest'));
  for (const path of args.filter((arg) => !arg.startsWith('-')))
    guarded('df', path, () => phone.files.node(path));
  const kb = (bytes: number) => String(Math.floor(bytes / 1024)).padStart(10);
  const percent = `${Math.ceil(((total - free) / total) * 100)}%`.padStart(4);
  return (
    'Filesystem     1K-blocks       Used  Available Use% Mounted on\n' +
    `virtual       ${kb(total)} ${kb(total - free)} ${kb(free)} ${percent} /data\n`
  );
}

/** Only `du -sk PATH`. */
export function du(files: PhoneFiles, args: readonly string[], context: CommandContext): string {
  const path = args.find((arg) => !arg.startsWith('-')) ?? '.';
  const blocks = guarded('du', path, () => weigh(files.entry(resolve(context, path))));
  return `${blocks * (BLOCK_BYTES / 1024)}\t${path}\n`;
}

const BLOCK_BYTES = 4096;

/** Blocks of a file or folder. A link of usual length takes none, as on ext4. */
function weigh(entry: PhoneEntry): number {
  if (entry.kind === 'link') return 0;
  const own = Math.ceil(sizeOf(entry) / BLOCK_BYTES);
  if (entry.kind === 'file') return own;
  return [...entry.entries.values()].reduce((sum, child) => sum + weigh(child), own);
}

/** just-bash's own keeps silent when `-f` meets a refusal. */
export async function rm(
  files: PhoneFiles,
  args: readonly string[],
  context: CommandContext,
): Promise<string> {
  const flags = args.filter((arg) => /^-[rRf]+$/.test(arg)).join('');
  const force = flags.includes('f');
  const paths = args.filter((arg) => !arg.startsWith('-'));
  if (paths.length === 0 && !force) throw new CommandFault('rm: Needs 1 argument');
  const refused: string[] = [];
  for (const path of paths) {
    const full = resolve(context, path);
    const isFolder = files.findEntry(full)?.kind === 'directory';
    if (isFolder && !/r/i.test(flags)) refused.push(`rm: ${path}: Is a directory`);
    else
      await context.fs.rm(full, { recursive: true, force }).catch((fault: unknown) => {
        if (!(fault instanceof FileFault)) throw fault;
        refused.push(`rm: ${path}: ${fault.text}`);
      });
  }
  if (refused.length) throw new CommandFault(refused.join('\n'));
  return '';
}

/** `stat [-L] [-c FORMAT] PATH…`. */
export function stat(files: PhoneFiles, args: readonly string[], context: CommandContext): string {
  const at = args.indexOf('-c');
  const format = at < 0 ? undefined : args[at + 1];
  const follow = args.includes('-L');
  const paths = args.filter((arg, i) => !['-c', '-L'].includes(arg) && (at < 0 || i !== at + 1));
  if (paths.length === 0) throw new CommandFault("stat: Needs 1 argument (see 'stat --help')");
  const text = format ?? '  File: %n\n  Size: %s\t %F\nAccess: (0%a)\nModify: %Y';
  let stdout = '';
  const faults: string[] = [];
  for (const path of paths) {
    const full = resolve(context, path);
    const entry = follow ? files.find(full) : files.findEntry(full);
    if (!entry) faults.push(`stat: '${path}': No such file or directory`);
    else
      stdout += `${text.replace(/%(.)/g, (all, key: string) => statField(key, path, entry) ?? all)}\n`;
  }
  if (faults.length) throw new CommandFault(faults.join('\n'), 1, stdout);
  return stdout;
}

function statField(key: string, path: string, node: PhoneEntry): string | undefined {
  const size = sizeOf(node);
  const file = size === 0 ? 'regular empty file' : 'regular file';
  const fields: Readonly<Record<string, string>> = {
    a: (node.mode & 0o7777).toString(8),
    F: { file, directory: 'directory', link: 'symbolic link' }[node.kind],
    i: String(node.ino),
    n: path,
    s: String(size),
    U: 'shell',
    u: '2000',
    Y: String(Math.floor(node.mtimeMs / 1000)),
    '%': '%',
  };
  return fields[key];
}

const resolve = (context: CommandContext, path: string): string =>
  context.fs.resolvePath(context.cwd, path);

function refusalOf(operation: () => unknown): FileFault | undefined {
  try {
    operation();
    return undefined;
  } catch (fault) {
    if (fault instanceof FileFault) return fault;
    throw fault;
  }
}
