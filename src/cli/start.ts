import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { START_PORT } from './commands';
import { BUILT_DIR, BUILT_FILE, PAYLOAD_DIR } from './served-files';
import { ensureBuilt, serve } from './site';

/** `npm start`: builds the page when needed, serves it, opens the browser where there is one. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: String(START_PORT) },
      'no-open': { type: 'boolean' },
    },
  });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 1 || port > 65535)
    throw new Error(`--port: "${values.port}" is not a port number`);
  await ensureBuilt('stdout');
  const { url } = await serve(port, !values['no-open'] && hasBrowser());
  console.log(
    `\n  Plugsight is at ${url}\n  Use Chrome, Edge or another Chromium. Stop: Ctrl+C.\n`,
  );
  if (!existsSync(join(PAYLOAD_DIR, 'llama-runner', BUILT_DIR, BUILT_FILE)))
    console.log(
      '  There is no runner for real phones here yet, the virtual phone needs none.\n' +
        '  To build it (once, about ten minutes): npm run payload:build\n',
    );
}

/** Under CI, and on a Linux without a display, there is nothing to open a page with. */
function hasBrowser(): boolean {
  const { CI, DISPLAY, WAYLAND_DISPLAY } = process.env;
  if (CI) return false;
  return process.platform !== 'linux' || Boolean(DISPLAY ?? WAYLAND_DISPLAY);
}

main().catch((reason: unknown) => {
  console.error(reason instanceof Error ? reason.message : reason);
  process.exitCode = 1;
});
