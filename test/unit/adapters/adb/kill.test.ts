import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { killScript } from '../../../../src/adapters/adb/kill';

// Windows has neither process groups nor a POSIX shell to ask.
test.skipIf(process.platform === 'win32')('a program is ended with its children', async () => {
  // `detached` is setsid, as adbd does it; the child holds stdout open
  const script = 'echo $$; sleep 4242 & wait';
  const program = spawn('/bin/sh', ['-c', script], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(program.stdout, 'data');
  const pid = program.pid ?? 0;
  const closed = once(program, 'close');
  spawnSync('/bin/sh', ['-c', killScript(15, pid)]);
  // closed only when nobody holds the pipe any more, so the child is gone too
  expect(await closed).toEqual([null, 'SIGTERM']);
});
