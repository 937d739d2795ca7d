import { quote, type Device } from '../../domain/device';
import type { DeviceFacts } from '../../domain/device-facts';
import type { Check } from '../../domain/doctor';
import type { RunSetup } from '../../domain/pipeline';
import type { Result } from '../../domain/result';
import { script } from '../script';

/** e_ident's class and e_machine, bytes 4, 18 and 19. Source: TIS ELF 1.2; llvm/include/llvm/BinaryFormat/ELF.h. */
const ARM64_64 = '2:183';
const HEXAGON_32 = '1:164';
const KINDS: Readonly<Record<string, string>> = {
  [ARM64_64]: '64-bit ARM',
  '1:40': '32-bit ARM',
  [HEXAGON_32]: 'Hexagon',
  '2:62': 'x86-64',
};

/** Stub and skel of this phone's Hexagon: the stub is a library of the phone's processor, the skel one of the DSP. */
export async function checkLibraries(
  device: Device,
  { htp }: DeviceFacts,
  { runner }: RunSetup,
  dir: string,
  signal: AbortSignal,
): Promise<Check> {
  const about = { id: 'libraries', title: 'Libraries for this phone’s NPU' } as const;
  const fix =
    'Pack the runner for this chip: payload pack … --soc. The stub is in the SDK’s lib/aarch64-android, the skel in lib/hexagon-vNN/unsigned.';
  const name = (part: string) => `libQnnHtp${(htp ?? '').toUpperCase()}${part}.so`;
  const ggml = `libggml-htp-${htp ?? ''}.so`;
  const paths = runner.files.map(({ path }) => path);
  const find = (file: string) => paths.find((path) => path === file || path.endsWith(`/${file}`));
  if (!paths.some((path) => /(libQnnHtp|libggml-htp)/.test(path)))
    return { ...about, state: 'bad', found: 'the runner bundle has none', fix };
  const wanted = find(ggml)
    ? [[ggml, HEXAGON_32]]
    : [
        [name('Stub'), ARM64_64],
        [name('Skel'), HEXAGON_32],
      ];
  for (const [file = '', kind = ''] of wanted) {
    const path = find(file);
    if (!path) return { ...about, state: 'bad', found: `${file} is not in the runner bundle`, fix };
    const seen = await elfKind(device, `${runner.dir}/${path}`, dir, signal);
    if (seen !== kind)
      return {
        ...{ ...about, state: 'bad', fix },
        found: `${file} is ${KINDS[seen] ?? 'no library'}, not ${KINDS[kind] ?? ''}`,
      };
  }
  return { ...about, state: 'ok', found: wanted.map(([file]) => file).join(', ') };
}

async function elfKind(
  device: Device,
  path: string,
  dir: string,
  signal: AbortSignal,
): Promise<string> {
  const cut = await script(device, `head -c 20 ${quote(path)} > ${dir}/head`, signal);
  const head = cut.ok ? await device.pull(`${dir}/head`, 20, signal) : cut;
  const bytes = head.ok ? head.value : new Uint8Array();
  if (bytes[0] !== 0x7f || bytes[1] !== 0x45) return '';
  return `${bytes[4]}:${(bytes[18] ?? 0) + 256 * (bytes[19] ?? 0)}`;
}

const RPC = [
  '/vendor/lib64/libcdsprpc.so',
  '/system/vendor/lib64/libcdsprpc.so',
  '/system/lib64/libcdsprpc.so',
];

/** The vendor's library through which everything reaches the DSP. */
export async function checkRpc(device: Device, signal: AbortSignal): Promise<Check> {
  const about = { id: 'rpc', title: 'The vendor’s way to the DSP (libcdsprpc.so)' } as const;
  const told = await script(
    device,
    `for f in ${RPC.join(' ')}; do if [ -e $f ]; then if [ -r $f ]; then echo "r $f"; else echo "x $f"; fi; fi; done`,
    signal,
  );
  const lines = told.ok ? told.value.split('\n').filter(Boolean) : [];
  const readable = lines.find((line) => line.startsWith('r '));
  if (readable) return { ...about, state: 'ok', found: readable.slice(2) };
  const fix =
    'The phone’s maker decides this. Another phone, or a build signed by the maker, is the only way.';
  return lines.length
    ? {
        ...about,
        state: 'bad',
        found: `${lines[0]?.slice(2) ?? ''} may not be read by the shell`,
        fix,
      }
    : { ...about, state: 'warn', found: 'not where it usually is; the session will tell' };
}

/** Some phones let nothing run from /data. */
export async function checkExec(
  device: Device,
  dir: string,
  made: Result<string>,
  signal: AbortSignal,
): Promise<Check> {
  const about = { id: 'exec', title: 'Programs may run from our folder' } as const;
  const fix = 'The phone forbids it (a work profile or its maker). Use another phone.';
  if (!made.ok) return { ...about, state: 'bad', found: made.failure.detail ?? '', fix };
  const told = await script(
    device,
    `printf '#!/system/bin/sh\\necho runs\\n' > ${dir}/probe && chmod 755 ${dir}/probe && ${dir}/probe`,
    signal,
  );
  if (told.ok && told.value.trim() === 'runs') return { ...about, state: 'ok', found: dir };
  return { ...about, state: 'bad', found: told.ok ? told.value : (told.failure.detail ?? ''), fix };
}
