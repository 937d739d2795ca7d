import { storedPath, type BundleFile } from '../domain/bundle';
import { quote, type Device } from '../domain/device';
import type { Result } from '../domain/result';
import { fitsTar, tarEnd, tarEntry } from '../domain/ustar';
import { TMP } from './look';
import { printed, script } from './script';

/**
 * Makes a bundle's folder: links named as the bundle wants them, to the stored files. Built aside, then put in place by a
 * rename. The links come as a tar archive, because `ln` would be a process for each; where that cannot be, by `ln`.
 */
export async function link(
  device: Device,
  dir: string,
  files: readonly BundleFile[],
  hasTar: boolean,
  signal: AbortSignal,
): Promise<Result<string>> {
  const fresh = `${TMP}/${dir.slice(dir.lastIndexOf('/') + 1)}`;
  const programs = files
    .filter(({ mode }) => mode === '755')
    .map(({ sha256 }) => storedPath(sha256));
  const place = [
    // The same bytes may have come before as a file that does not run.
    ...(programs.length > 0 ? [`chmod 755 ${programs.join(' ')}`] : []),
    `rm -rf ${quote(dir)}`,
    `mv ${quote(fresh)} ${quote(dir)}`,
  ];
  const make = [`rm -rf ${quote(fresh)}`, `mkdir -p ${quote(fresh)}`];
  const archived = hasTar && files.every((file) => fitsTar(file.path, targetOf(file)));
  if (!archived)
    return script(device, [...make, ...byHand(fresh, files), ...place].join(' && '), signal);
  const unpack = [...make, `cd ${quote(fresh)}`, 'tar -xf -', ...place].join(' && ');
  const links = files.map((file) => tarEntry({ path: file.path, target: targetOf(file) }));
  const source = new Blob([...links, tarEnd()] as Uint8Array<ArrayBuffer>[]).stream();
  const feeding = device.feed({ script: unpack, source }, signal);
  for (;;) {
    const step = await feeding.next();
    if (step.done) return printed(step.value);
  }
}

const byHand = (fresh: string, files: readonly BundleFile[]): string[] => {
  const folders = [...new Set(files.map(({ path }) => parent(`${fresh}/${path}`)))];
  return [
    `mkdir -p ${folders.map(quote).join(' ')}`,
    ...files.map((file) => `ln -s ${targetOf(file)} ${quote(`${fresh}/${file.path}`)}`),
  ];
};

/** Relative, from `bundles/<id>@<version>/<path>`; it is right in tmp/, too. */
const targetOf = ({ path, sha256 }: BundleFile) =>
  `${'../'.repeat(path.split('/').length + 1)}files/${sha256}`;

const parent = (path: string) => path.slice(0, path.lastIndexOf('/'));
