import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What is inside the programs, and where its licence stands: below llama.cpp's sources unless it starts with "/". */
const PARTS: readonly (readonly [title: string, file: string])[] = [
  ['llama.cpp and ggml (MIT)', 'LICENSE'],
  ['JSON for Modern C++ (MIT)', 'licenses/LICENSE-jsonhpp'],
  ['xxHash (BSD-2-Clause)', 'vendor/hash/xxhash/LICENSE'],
  ['sha256.c', 'vendor/hash/sha256/LICENSE'],
  ['rotate-bits.h (MIT)', 'vendor/hash/rotate-bits/LICENSE.md'],
];
/** Single-file libraries carry their licence in themselves. */
const INSIDE: readonly (readonly [title: string, file: string, from: RegExp])[] = [
  [
    'stb_image (MIT or public domain)',
    'vendor/stb/stb_image.h',
    /This software is available under 2/,
  ],
  [
    'miniaudio (public domain or MIT-0)',
    'vendor/miniaudio/miniaudio.h',
    /This software is available as a choice/,
  ],
];
const GLIBC: readonly (readonly [title: string, file: string])[] = [
  ['GNU C Library: Debian copyright file', '/usr/share/doc/libc6/copyright'],
  ['GNU C Library: LGPL 2.1', '/usr/share/common-licenses/LGPL-2.1'],
  ['libstdc++ and libgcc: Debian copyright file', '/usr/share/doc/libgcc-s1/copyright'],
];

/** The licences of everything in the programs, as one text. */
export async function licences(root: string, source: string, glibc: boolean): Promise<string> {
  const own = await readFile(join(root, 'LICENSE'), 'utf8');
  const parts: [title: string, text: string][] = [
    ['llama-runner, part of Plugsight (Apache-2.0)', own],
  ];
  for (const [title, file] of [...PARTS, ...(glibc ? GLIBC : [])])
    parts.push([title, await textOf(file.startsWith('/') ? file : join(source, file))]);
  for (const [title, file, from] of INSIDE) {
    const text = await readFile(join(source, file), 'utf8');
    const start = text.search(from);
    if (start < 0) throw new Error(`${file} has no licence where it used to be`);
    parts.push([title, text.slice(start).replace(/\*\/\s*$/, '')]);
  }
  const notice = glibc ? GLIBC_NOTICE : '';
  return (
    'Licences of llama-runner and of everything linked into it.\n\n' +
    notice +
    parts
      .map(([title, text]) => `${'='.repeat(78)}\n${title}\n${'='.repeat(78)}\n\n${text.trim()}\n`)
      .join('\n')
  );
}

/** Not every system keeps the C library's licence where Debian does. */
const textOf = (path: string) =>
  readFile(path, 'utf8').catch(
    () => `(${path} was not there when this was built: add it before you pass the program on.)`,
  );

const GLIBC_NOTICE = `The programs contain the GNU C Library, statically linked. You may change that library and link again: whoever gave
you the program owes you relink-ABI.tar.gz (made by "npm run payload:build"), or the source of all of it, which is
public: the project, the npm package node-llama-cpp, and "apt-get source glibc" of Debian.
libstdc++ and libgcc fall under the GCC Runtime Library Exception.

`;
