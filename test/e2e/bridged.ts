import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, type Page } from '@playwright/test';
import { ROOT } from '../../src/cli/commands';
import { startDevice, type DeviceOptions, type TestDevice } from '../device/device';

/** `npm run bridge` as a program of its own, and what it printed. */
export class BridgeProgram implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  #wake: () => void = () => undefined;
  #ended = false;

  constructor(args: readonly string[]) {
    const program = join(ROOT, 'src/cli/bridge.ts');
    this.#child = spawn(process.execPath, ['--import', 'tsx', program, ...args], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      if (stream)
        createInterface(stream).on('line', (line) => {
          this.#lines.push(line);
          this.#wake();
        });
    this.#child.on('close', () => {
      this.#ended = true;
      this.#wake();
    });
  }

  /** The address number `count` that it printed, waiting for it. */
  async address(count = 1): Promise<string> {
    for (;;) {
      const found = this.#lines.flatMap((line) => /ws:\/\/\S+/.exec(line)?.[0] ?? []);
      const address = found[count - 1];
      if (address) return address;
      if (this.#ended) throw new Error(`the bridge ended:\n${this.#lines.join('\n')}`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** Ends it: SIGKILL as a crash would, or in order. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (this.#ended) return;
    this.#child.kill(signal);
    await once(this.#child, 'close');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end('SIGKILL');
  }
}

export interface Bridged extends AsyncDisposable {
  readonly machine: TestDevice;
  readonly bridge: BridgeProgram;
  /** Another bridge to the same device. */
  readonly again: (more?: readonly string[]) => BridgeProgram;
}

/** A real adbd and a bridge to it for pages of this origin. */
export async function startBridged(origin: string, options?: DeviceOptions): Promise<Bridged> {
  const machine = await startDevice(options);
  const bridges: BridgeProgram[] = [];
  const again = (more: readonly string[] = ['--origin', origin]) => {
    const bridge = new BridgeProgram(['--device', `127.0.0.1:${machine.port}`, ...more]);
    bridges.push(bridge);
    return bridge;
  };
  const bridge = again();
  return {
    ...{ machine, bridge, again },
    async [Symbol.asyncDispose]() {
      for (const each of bridges) await each[Symbol.asyncDispose]();
      await machine[Symbol.asyncDispose]();
    },
  };
}

/** Pastes a bridge's address where the page asks for it, and presses Connect. */
export async function paste(page: Page, address: string): Promise<void> {
  const field = page.getByRole('textbox', { name: 'Address that it printed' });
  if (!(await field.isVisible()))
    await page.getByRole('button', { name: 'Phone over Wi-Fi or through adb…' }).click();
  await field.fill(address);
  await page.getByRole('button', { name: 'Connect through the bridge' }).click();
}

/** As `paste`, until the phone is there. */
export async function connectBridge(page: Page, address: string): Promise<void> {
  await paste(page, address);
  await expect(page.getByRole('button', { name: 'Disconnect' })).toBeVisible({ timeout: 20_000 });
}
