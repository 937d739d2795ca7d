import { expect, test } from 'vitest';
import { connected, NEVER, pushAll, valueOf } from './rig';

const noise = (bytes: number, seed: number) =>
  Uint8Array.from({ length: bytes }, (_, i) => ((i + seed) * 2654435761) >>> 24);

test('files and commands at the same time do not hear each other', async () => {
  await using device = (await connected()).device;
  const files = [1, 2, 3].map((seed) => ({
    path: `/data/local/tmp/plugsight/files/side-${seed}`,
    bytes: noise(900_001 + seed, seed),
  }));
  const [sent, said] = await Promise.all([
    Promise.all(
      files.map(({ path, bytes }) =>
        pushAll(device.push({ path, source: new Blob([bytes]).stream(), mode: 0o644 }, NEVER)),
      ),
    ),
    Promise.all([1, 2, 3].map((n) => device.shell(`echo ${n}; df -k /data/local/tmp`, NEVER))),
  ]);
  for (const { result } of sent) expect(result.ok).toBe(true);
  said.forEach((output, i) => expect(valueOf(output).stdout).toMatch(new RegExp(`^${i + 1}\n`)));
  for (const { path, bytes } of files) {
    const back = valueOf(await device.pull(path, bytes.length, NEVER));
    expect(Buffer.compare(back, bytes)).toBe(0);
  }
});
