import { parseArgs } from 'node:util';
import { START_PORT } from '../commands';
import { LOOPBACK } from './serve';
import type { Endpoint } from './tcp';

export const USAGE = `usage: npm run bridge -- --device HOST[:PORT]    a phone with "adb tcpip 5555", over Wi-Fi
       npm run bridge -- --adb [--serial SERIAL]   a phone that a running adb server holds

Carries ADB between the page and a phone that no USB cable joins to this browser. docs/bridge.md has more.

  --device HOST[:PORT]   the phone's adbd; port 5555 by default
  --adb                  through the adb server of this computer
  --server HOST:PORT     where the adb server listens; 127.0.0.1:5037 by default
  --serial SERIAL        which of its phones, as "adb devices" calls them; needed when there are several
  --origin URL           a page that may use it, again and again; by default that of npm start:
                         http://localhost:${START_PORT} and http://127.0.0.1:${START_PORT}
  --port N               where the bridge listens; any free port by default
  --host HOST            ${LOOPBACK}, and nothing else: no other computer may reach it
  --help                 this text`;

/** What the bridge was told to do. */
export interface Options {
  readonly phone:
    | { readonly via: 'tcp'; readonly device: Endpoint }
    | { readonly via: 'adb'; readonly server: Endpoint; readonly serial: string | undefined };
  readonly origins: readonly string[];
  readonly port: number;
}

/** A wrong argument; the message says which. */
export class UsageError extends Error {}

/** Reads the arguments. 'help': they ask for `USAGE`. Throws UsageError. */
export function parseOptions(args: readonly string[]): Options | 'help' {
  const given = read(args);
  if (given.help) return 'help';
  if ((given.device !== undefined) === (given.adb === true))
    throw new UsageError('say which phone: either --device HOST[:PORT] or --adb');
  if (given.host !== undefined && given.host !== LOOPBACK)
    throw new UsageError(`--host: the bridge listens on ${LOOPBACK} only, not on "${given.host}"`);
  if (!given.adb && (given.server ?? given.serial) !== undefined)
    throw new UsageError('--server and --serial go with --adb');
  const origins = given.origin?.map(originOf) ?? ['localhost', LOOPBACK].map(startOrigin);
  const phone = given.adb
    ? ({
        via: 'adb',
        server: endpointOf('--server', given.server ?? '', 5037),
        serial: given.serial,
      } as const)
    : ({ via: 'tcp', device: endpointOf('--device', given.device ?? '', 5555) } as const);
  return { phone, origins, port: given.port === undefined ? 0 : portOf('--port', given.port) };
}

function read(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        device: { type: 'string' },
        adb: { type: 'boolean' },
        server: { type: 'string' },
        serial: { type: 'string' },
        origin: { type: 'string', multiple: true },
        port: { type: 'string' },
        host: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (reason) {
    throw new UsageError(reason instanceof Error ? reason.message : String(reason));
  }
}

const startOrigin = (host: string): string => `http://${host}:${START_PORT}`;

/** "https://me.github.io/plugsight/" is a page; its origin is "https://me.github.io". */
function originOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url.origin;
  throw new UsageError(`--origin: "${text}" is not an address of a page (http:// or https://)`);
}

/** "192.168.1.20:5555", "phone.local", "[fd00::2]:5555". */
function endpointOf(name: string, text: string, port: number): Endpoint {
  if (text === '' && name === '--server') return { host: LOOPBACK, port };
  const [, v6, plain, given] =
    /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::(\d+))?$/i.exec(text) ?? [];
  const host = v6 ?? plain;
  if (!host) throw new UsageError(`${name}: "${text}" is not HOST:PORT`);
  return { host, port: given === undefined ? port : portOf(name, given) };
}

function portOf(name: string, text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port > 0 && port < 65536) return port;
  throw new UsageError(`${name}: "${text}" is not a port number`);
}
