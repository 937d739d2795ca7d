import { CommandFault } from './command-fault';
import { propertiesOf } from './models';
import type { VirtualPhone } from './phone';

const IDENTITY =
  'uid=2000(shell) gid=2000(shell) groups=2000(shell),1004(input),3003(inet) context=u:r:shell:s0';

export const id = (args: readonly string[]): string =>
  args[0] === '-u' ? '2000\n' : `${IDENTITY}\n`;

export function getprop(phone: VirtualPhone, [name, otherwise = '']: readonly string[]): string {
  const properties = propertiesOf(phone.model);
  if (name !== undefined) return `${properties.get(name) ?? otherwise}\n`;
  return [...properties].map(([key, value]) => `[${key}]: [${value}]\n`).join('');
}

const SIGNALS: Readonly<Record<string, number>> = { HUP: 1, INT: 2, QUIT: 3, KILL: 9, TERM: 15 };

export function kill(phone: VirtualPhone, args: readonly string[]): string {
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

export function ps(phone: VirtualPhone): string {
  const rows = phone.processes.list().map(({ pid, name }) => {
    const command = name.split('/').at(-1) ?? name;
    return `shell        ${String(pid).padStart(6)}      1 ${command}\n`;
  });
  return `USER            PID   PPID NAME\n${rows.join('')}`;
}

export function uname(phone: VirtualPhone, [flag = '-s']: readonly string[]): string {
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
export function dumpsys(service: string | undefined): string {
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
