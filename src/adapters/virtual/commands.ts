import { createSHA256 } from 'hash-wasm';
import type { Command, CommandContext, ExecResult } from 'just-bash/browser';
import { FileFault, type PhoneEntry, type PhoneFiles } from './files';
import { propertiesOf } from './models';
import type { VirtualPhone } from './phone';

type Run = (args: readonly string[], context: CommandContext) => string | Promise<string>;

/** Ends a command with a message on stderr. */
class CommandFault extends Error {
  readonly exitCode: number;
  /** What was printed before. */
  readonly stdout: string;

  constructor(message: string, exitCode = 1, stdout = '') {
    super(message);
    this.exitCode = exitCode;
    this.stdout = stdout;
  }
}

/** The commands of a phone that just-bash lacks, or has in a desktop's form. Formats follow toybox 0.8. */
export function phoneCommands(phone: VirtualPhone): Command[] {
  const table: Record<string, Run> = {
    getprop: (args) => getprop(phone, args),
    sha256sum: (args, context) => sha256sum(phone, args, context),
    df: (args) => df(phone, args),
    du: (args, context) => du(phone, args, context),
    kill: (args) => kill(phone, args),
    ps: () => ps(phone),
    rm: (args, context) => rm(phone, args, context),
    stat: (args, context) => stat(phone, args, context),
    uname: (args) => uname(phone, args),
    nproc: () => `${phone.model.coresKhz.length}\n`,
    id: (args) => (args[0] === '-u' ? '2000\n' : `${IDENTITY}\n`),
    whoami: () => 'shell\n',
    dumpsys: ([service]) => dumpsys(service),
  };
  return Object.entries(table).map(([name, run]) => ({
    name,
    execute: (args, context) => result(() => run(args, context)),
  }));
}

async function result(run: () => string | Promise<string>): Promise<ExecResult> {
  try {
    return { stdout: await run(), stderr: '', exitCode: 0 };
  } catch (fault) {
    if (!(fault instanceof CommandFault)) throw fault;
    const { stdout, message, exitCode } = fault;
    return { stdout, stderr: `${message}\n`, exitCode };
  }
}

const IDENTITY =
  'uid=2000(shell) gid=2000(shell) groups=2000(shell),1004(input),3003(inet) context=u:r:shell:s0';

function getprop(phone: VirtualPhone, [name, otherwise = '']: readonly string[]): string {
  const properties = propertiesOf(phone.model);
  if (name !== undefined) return `${properties.get(name) ?? otherwise}\n`;
  return [...properties].map(([key, value]) => `[${key}]: [${value}]\n`).join('');
}

/** Hashes chunk by chunk; between slices other streams get their turn. */
async function sha256sum(
  phone: VirtualPhone,
  args: readonly string[],
  context: CommandContext,
): Promise<string> {
  if (args.length === 0) {
    const bundled = await context.origCommand?.([]);
    return bundled?.stdout ?? '';
  }
  const lines: string[] = [];
  for (const name of args.filter((arg) => arg !== '--')) {
    const chunks = guarded('sha256sum', name, () => phone.files.read(resolve(context, name)));
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
  return lines.join('');
}
const SLICE_BYTES = 16 << 20;

/** `--honest` is ours: with the disk-full trouble plain df claims free space that is not there. */
function df(phone: VirtualPhone, args: readonly string[]): string {
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
function du(phone: VirtualPhone, args: readonly string[], context: CommandContext): string {
  const path = args.find((arg) => !arg.startsWith('-')) ?? '.';
  const bytes = guarded('du', path, () => weigh(phone.files, resolve(context, path)));
  return `${Math.ceil(bytes / 1024)}\t${path}\n`;
}

function weigh(files: PhoneFiles, path: string): number {
  const entry = files.entry(path);
  if (entry.kind !== 'directory') return files.size(entry);
  return [...entry.entries.keys()].reduce(
    (sum, name) => sum + weigh(files, `${path}/${name}`),
    files.size(entry),
  );
}

const SIGNALS: Readonly<Record<string, number>> = { HUP: 1, INT: 2, QUIT: 3, KILL: 9, TERM: 15 };

function kill(phone: VirtualPhone, args: readonly string[]): string {
  const [first = '', ...rest] = args;
  const spec = first === '-s' ? rest[0] : /^-(\w+)$/.exec(first)?.[1];
  const pids = first === '-s' ? rest.slice(1) : spec === undefined ? args : rest;
  const number = spec === undefined ? 15 : signalNumber(spec);
  const missing: string[] = [];
  for (const pid of pids.filter((arg) => arg !== '--')) {
    // -PID is the process group that PID leads; here each program is alone in its own
    if (!/^-?\d+$/.test(pid))
      throw new CommandFault(`sh: kill: ${pid}: arguments must be jobs or pids`);
    if (!phone.processes.signal(Math.abs(Number(pid)), number)) missing.push(pid);
  }
  if (missing.length)
    throw new CommandFault(missing.map((pid) => `sh: kill: ${pid}: No such process`).join('\n'));
  return '';
}

function signalNumber(spec: string): number {
  const number = /^\d+$/.test(spec) ? Number(spec) : SIGNALS[spec.replace(/^SIG/, '')];
  if (number === undefined || number > 64)
    throw new CommandFault(`sh: kill: ${spec}: bad signal name`);
  return number;
}

function ps(phone: VirtualPhone): string {
  const rows = phone.processes.list().map(({ pid, name }) => {
    const command = name.split('/').at(-1) ?? name;
    return `shell        ${String(pid).padStart(6)}      1 ${command}\n`;
  });
  return `USER            PID   PPID NAME\n${rows.join('')}`;
}

/** just-bash's own keeps silent when `-f` meets a refusal. */
async function rm(
  phone: VirtualPhone,
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
    const isFolder = phone.files.find(full)?.kind === 'directory';
    if (isFolder && !/r/i.test(flags)) refused.push(`rm: ${path}: is directory`);
    else
      await context.fs.rm(full, { recursive: true, force }).catch((fault: unknown) => {
        if (!(fault instanceof FileFault)) throw fault;
        refused.push(`rm: ${path}: ${fault.text}`);
      });
  }
  if (refused.length) throw new CommandFault(refused.join('\n'));
  return '';
}

function stat(phone: VirtualPhone, args: readonly string[], context: CommandContext): string {
  const at = args.indexOf('-c');
  const format = at < 0 ? undefined : args[at + 1];
  const paths = args.filter((arg, i) => arg !== '-c' && (at < 0 || i !== at + 1));
  if (paths.length === 0) throw new CommandFault("stat: Needs 1 argument (see 'stat --help')");
  const text = format ?? '  File: %n\n  Size: %s\t %F\nAccess: (0%a)\nModify: %Y';
  let stdout = '';
  const faults: string[] = [];
  for (const path of paths) {
    const entry = phone.files.findEntry(resolve(context, path));
    if (!entry) faults.push(`stat: '${path}': No such file or directory`);
    else
      stdout += `${text.replace(/%(.)/g, (all, key: string) => statField(key, path, entry, phone.files.size(entry)) ?? all)}\n`;
  }
  if (faults.length) throw new CommandFault(faults.join('\n'), 1, stdout);
  return stdout;
}

function statField(key: string, path: string, node: PhoneEntry, size: number): string | undefined {
  const fields: Readonly<Record<string, string>> = {
    a: (node.mode & 0o7777).toString(8),
    F: { file: 'regular file', directory: 'directory', link: 'symbolic link' }[node.kind],
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

function uname(phone: VirtualPhone, [flag = '-s']: readonly string[]): string {
  const release = '6.1.0-plugsight-virtual';
  const fields: Readonly<Record<string, string>> = {
    '-s': 'Linux',
    '-n': 'localhost',
    '-r': release,
    '-m': 'wasm32',
    '-a': `Linux localhost ${release} #1 (simulated ${phone.model.socModel}) wasm32 Toybox`,
  };
  const text = fields[flag];
  if (text === undefined) throw new CommandFault(`uname: Unknown option '${flag}'`);
  return `${text}\n`;
}

/** Constant answers: a simulated phone never gets warm or empty. */
function dumpsys(service: string | undefined): string {
  if (service === 'battery')
    return (
      'Current Battery Service state:\n  AC powered: false\n  USB powered: true\n' +
      '  status: 2\n  health: 2\n  present: true\n  level: 80\n  scale: 100\n' +
      '  temperature: 270\n  technology: simulated\n'
    );
  if (service === 'thermalservice')
    return (
      'IsStatusOverride: false\nThermal Status: 0\nCached temperatures:\n' +
      'Current temperatures from HAL:\n' +
      '\tTemperature{mValue=27.0, mType=3, mName=simulated, mStatus=0}\n'
    );
  throw new CommandFault(`Can't find service: ${service ?? ''}`, 0);
}

const resolve = (context: CommandContext, path: string): string =>
  context.fs.resolvePath(context.cwd, path);

/** Runs a file operation; its fault becomes "command: path: reason". */
function guarded<T>(command: string, path: string, operation: () => T): T {
  try {
    return operation();
  } catch (fault) {
    if (fault instanceof FileFault) throw new CommandFault(`${command}: ${path}: ${fault.text}`);
    throw fault;
  }
}
