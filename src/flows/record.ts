import { isModelUrl } from '../domain/model-url';
import type { InstalledBundle, OptionValues } from '../domain/pipeline';
import type { PreparedInput } from '../domain/prepare';
import type { Recipe } from '../domain/recipe';

/** The picture of a run as a link names it. */
export type PictureRef =
  { readonly kind: 'sample'; readonly id: string } | { readonly kind: 'own' };

/** Makes the recipe of a run. */
export async function record(parts: {
  readonly app: string;
  readonly pipeline: string;
  readonly runner: InstalledBundle;
  readonly model: InstalledBundle;
  /** Absent both for a pipeline that reads text alone. */
  readonly picture: PictureRef | undefined;
  readonly input: PreparedInput | undefined;
  readonly earlier: readonly string[];
  readonly prompt: string;
  readonly options: OptionValues;
  readonly device: Recipe['device'];
  readonly ran: Recipe['ran'];
}): Promise<Recipe> {
  const { input, picture, earlier } = parts;
  return {
    v: 1,
    app: parts.app,
    pipeline: parts.pipeline,
    runner: await reference(parts.runner),
    model: { ...(await reference(parts.model)), ...addresses(parts.model) },
    image: picture && input ? imageOf(picture, input) : { kind: 'none' },
    ...(input && {
      input: {
        family: input.recipe.family,
        params: { ...input.recipe.params },
        sha256: await inputHash(input),
      },
    }),
    ...(earlier.length > 0 && { earlier: [...earlier] }),
    prompt: parts.prompt,
    options: { ...parts.options },
    device: parts.device,
    ran: parts.ran,
  };
}

function imageOf(picture: PictureRef, { source }: PreparedInput): Recipe['image'] {
  if (picture.kind === 'sample') return picture;
  return { kind: 'own', sha256: source.sha256, width: source.width, height: source.height };
}

/** Names a bundle by what is in it: sha256 over its files' sorted "sha256 path" lines. */
async function reference({ manifest, files }: InstalledBundle): Promise<Recipe['runner']> {
  const lines = files.map(({ sha256, path }) => `${sha256} ${path}\n`).sort();
  return { id: manifest.id, version: manifest.version, sha256: await sha256(lines.join('')) };
}

/** Where the model's files were loaded from, when that was an address of their own and not beside a manifest. One with a query stays out: it may hold a key. */
function addresses({ files }: InstalledBundle): Pick<Recipe['model'], 'from'> {
  const from = files.flatMap(({ role, url, sha256 }) =>
    (role === 'language' || role === 'vision') && isModelUrl(url) && !new URL(url).search
      ? [{ role, url, sha256 }]
      : [],
  );
  return from.length ? { from } : {};
}

/** One hash for everything the model computes on: the output's own, or of all outputs' hashes and names. */
export async function inputHash(input: PreparedInput): Promise<string> {
  const [only, ...more] = input.outputs;
  if (only && more.length === 0) return only.sha256;
  return sha256(input.outputs.map((output) => `${output.sha256} ${output.name}\n`).join(''));
}

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
