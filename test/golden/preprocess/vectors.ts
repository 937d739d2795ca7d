import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { InputRecipe } from '../../../src/domain/prepare';
import { findProfile } from '../../../src/families/profiles';

/** A test picture: a file, or computed. */
export interface VectorImage {
  readonly file?: string;
  readonly w?: number;
  readonly h?: number;
  readonly seed?: number;
  readonly pil_format?: string;
  readonly wh: readonly [number, number];
  readonly rgb_sha256: string;
  readonly rgb_white_sha256?: string;
  /** The file must be refused. */
  readonly expect?: 'decode_error';
}

export interface VectorCase {
  readonly id: string;
  readonly image: string;
  readonly profile: string;
  readonly alpha: 'drop' | 'white';
  readonly tokens: number;
  readonly outputs: Readonly<
    Record<string, { dtype: string; shape: number[]; nbytes: number; sha256: string }>
  >;
}

export interface VectorReject {
  readonly id: string;
  readonly image: string;
  readonly profile: string;
  readonly alpha: 'drop' | 'white';
  readonly reason: string;
}

/** Expected results of the reference (Pillow 9.4, transformers), see origin.md. */
export const VECTORS = JSON.parse(
  readFileSync(join(import.meta.dirname, 'manifest.json'), 'utf8'),
) as {
  images: Record<string, VectorImage>;
  cases: VectorCase[];
  rejects: VectorReject[];
};

/** The recipe of a case. */
export function recipeOf({ profile, alpha }: VectorCase | VectorReject): InputRecipe {
  const recipe = findProfile(profile);
  if (!recipe) throw new Error(`there is no profile "${profile}"`);
  return { ...recipe, params: { ...recipe.params, alpha } };
}

const computed = join(tmpdir(), 'plugsight-vectors');

/** Path of a picture's file; a computed one is written as a BMP first. */
export function pathOf(name: string): string {
  const image = VECTORS.images[name];
  if (image?.file) return join(import.meta.dirname, image.file);
  if (!image?.w || !image.h) throw new Error(`there is no picture "${name}"`);
  const path = join(computed, `${name}.bmp`);
  if (existsSync(path)) return path; // its hash is checked by whoever prepares it
  mkdirSync(computed, { recursive: true });
  // written aside and moved: other workers may want it now
  const aside = join(mkdtempSync(join(computed, 'new-')), name);
  writeFileSync(aside, toBmp(synth(image.w, image.h, image.seed ?? 0), image.w, image.h));
  renameSync(aside, path);
  rmdirSync(dirname(aside));
  return path;
}

/** The picture "synth-v1", formula in the manifest. */
export function synth(width: number, height: number, seed: number): Uint8Array {
  const rgb = new Uint8Array(width * height * 3);
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++) {
        const salt = Math.imul(seed * 4 + c, 0xc2b2ae3d);
        const n = hash(Math.imul(x, 0x9e3779b1) ^ Math.imul(y, 0x85ebca77) ^ salt) >>> 27;
        const across = Math.floor((x * (c + 1) * 255) / width);
        const ramp = (across + Math.floor((y * (3 - c) * 255) / height)) >> 2;
        const block = ((x >> 4) ^ (y >> 4) ^ (seed >> c)) & 1;
        const v = Math.max(0, Math.min(255, ramp + 64 * block + n - 16));
        const flip = (((x + y) >> 6) & 3) === 3 && ((x ^ y) & 1) === 1;
        rgb[at++] = flip ? 255 - v : v;
      }
  return rgb;
}

function hash(v: number): number {
  v = Math.imul(v ^ (v >>> 16), 0x7feb352d);
  v = Math.imul(v ^ (v >>> 15), 0x846ca68b);
  return (v ^ (v >>> 16)) >>> 0;
}

/** An uncompressed BMP, top row first. */
export function toBmp(rgb: Uint8Array, width: number, height: number): Buffer {
  const stride = (width * 3 + 3) & ~3;
  const bmp = Buffer.alloc(54 + stride * height);
  bmp.write('BM');
  bmp.writeUInt32LE(bmp.length, 2);
  bmp.writeUInt32LE(54, 10);
  bmp.writeUInt32LE(40, 14);
  bmp.writeInt32LE(width, 18);
  bmp.writeInt32LE(-height, 22);
  bmp.writeUInt16LE(1, 26);
  bmp.writeUInt16LE(24, 28);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++)
        bmp[54 + y * stride + x * 3 + c] = rgb[(y * width + x) * 3 + 2 - c] ?? 0;
  return bmp;
}
