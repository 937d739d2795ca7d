import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { startDevice, whyNoDevice } from './device';

/** `npm run device [-- --port N] [--arm64 CPU]`: a test device until Ctrl+C. README.md here says what it is. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { port: { type: 'string' }, arm64: { type: 'string' } },
  });
  const reason = await whyNoDevice();
  if (reason) throw new Error(`no test device here: ${reason}`);
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65536))
    throw new Error(`--port: "${values.port}" is not a port number`);
  await using device = await startDevice({
    ...(port !== undefined && { port }),
    ...(values.arm64 && { arm64: values.arm64 }),
  });
  console.log(
    `adbd listens on 127.0.0.1:${device.port}; its /data is ${device.data}. Stop: Ctrl+C.`,
  );
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
}

main().catch((reason: unknown) => {
  console.error(reason instanceof Error ? reason.message : reason);
  process.exitCode = 1;
});
