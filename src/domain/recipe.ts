import * as v from 'valibot';
import { VERDICTS } from './accelerator';
import { isModelUrl } from './model-url';
import { fail, ok, type Result } from './result';

/** Longest prompt we take, in characters. */
export const MAX_PROMPT_CHARS = 8000;
/** Longest conversation that is kept, in questions before the last. */
export const MAX_EARLIER = 20;
/** Most that a link may inflate to, in bytes. */
const MAX_RECIPE_BYTES = 64 << 10;
/** Longest link we read, in characters: what that many bytes take when they cannot be compressed. Most have about 700. */
export const MAX_LINK_CHARS = 90_000;

const Sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const Id = v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9.-]{0,63}$/));
const Scalar = v.union([
  v.pipe(v.number(), v.finite()),
  v.pipe(v.string(), v.maxLength(200)),
  v.boolean(),
]);
const Prompt = v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_PROMPT_CHARS));
const Pixels = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000_000));
const Bundle = v.object({
  id: Id,
  version: Id,
  /** sha256 over the sorted "sha256 path" lines of the files used. */
  sha256: Sha256,
});
/** A model's file and the address that it came from: enough for another person to get the same one, and to see that it is. */
const From = v.object({
  role: v.picklist(['language', 'vision']),
  url: v.pipe(v.string(), v.maxLength(1000), v.check(isModelUrl, 'not an address of a model')),
  sha256: Sha256,
});

const RecipeSchema = v.object({
  v: v.literal(1),
  /** Version of the page that made it. */
  app: v.pipe(v.string(), v.maxLength(40)),
  pipeline: Id,
  runner: Bundle,
  model: v.object({
    ...Bundle.entries,
    /** Absent: it came with the page, or from a disk. What this page cannot read counts as absent, so that the link still opens. */
    from: v.fallback(v.optional(v.pipe(v.array(From), v.minLength(1), v.maxLength(4))), undefined),
  }),
  image: v.variant('kind', [
    v.object({ kind: v.literal('sample'), id: Id }),
    /** A picture of the user's: only its hash travels. */
    v.object({ kind: v.literal('own'), sha256: Sha256, width: Pixels, height: Pixels }),
    /** The pipeline reads text alone. Links made before it could be said name a picture that it did not read. */
    v.object({ kind: v.literal('none') }),
  ]),
  /** Absent: the pipeline reads text alone. */
  input: v.optional(
    v.object({
      family: Id,
      params: v.pipe(
        v.record(v.pipe(v.string(), v.maxLength(40)), Scalar),
        v.check((params) => Object.keys(params).length <= 30, 'too many parameters'),
      ),
      /** sha256 of what the model computed on; names of outputs joined by newlines when there are several. */
      sha256: Sha256,
    }),
  ),
  /** Questions of the same conversation before this one. Absent: there were none. */
  earlier: v.optional(v.pipe(v.array(Prompt), v.minLength(1), v.maxLength(MAX_EARLIER))),
  prompt: Prompt,
  options: v.pipe(
    v.record(v.pipe(v.string(), v.maxLength(40)), v.pipe(v.number(), v.finite())),
    v.check((options) => Object.keys(options).length <= 30, 'too many options'),
  ),
  /** Which phone it ran on: a virtual model's id, or a class such as "SM8650". Never a serial number. */
  device: v.optional(
    v.object({ class: v.pipe(v.string(), v.maxLength(60)), simulated: v.boolean() }),
  ),
  /** Where it ran there, as far as that run proved it. */
  ran: v.optional(v.picklist(VERDICTS)),
});

/** Everything needed to repeat a run. */
export type Recipe = v.InferOutput<typeof RecipeSchema>;

/** Checks a recipe from anywhere; unknown fields are dropped. */
export function parseRecipe(input: unknown): Result<Recipe> {
  const parsed = v.safeParse(RecipeSchema, input);
  if (parsed.success) return ok(parsed.output);
  const version = (input as { v?: unknown } | null)?.v;
  if (typeof version === 'number' && version > 1)
    return fail('link-newer', `recipe version ${version}`);
  const issue = parsed.issues[0];
  return fail('link-damaged', `${v.getDotPath(issue) ?? 'recipe'}: ${issue.message}`.slice(0, 300));
}

/**
 * The fragment of a run link: `#r=d1.` + base64url(zlib(JSON)). Nothing in it is sent to a server.
 * zlib's checksum (RFC 1950) tells an altered link from another recipe.
 * Convention of mermaid.live's `pako:` links (mermaid-js/mermaid-live-editor src/lib/util/serde.ts): the prefix names the codec.
 */
export async function toFragment(recipe: Recipe): Promise<string> {
  const json = new TextEncoder().encode(JSON.stringify(recipe));
  const stream = new Blob([json]).stream().pipeThrough(new CompressionStream('deflate'));
  return `#r=d1.${toBase64Url(new Uint8Array(await new Response(stream).arrayBuffer()))}`;
}

/** Reads a run link's fragment. Undefined: there is none. Never inflates more than it may. */
export async function fromFragment(fragment: string): Promise<Result<Recipe> | undefined> {
  const text = fragment.replace(/^#/, '');
  if (!text.startsWith('r=')) return undefined;
  if (text.length > MAX_LINK_CHARS)
    return fail('link-too-large', `${text.length} characters, at most ${MAX_LINK_CHARS}`);
  const dot = text.indexOf('.');
  const codec = dot < 0 ? '' : text.slice(2, dot);
  if (!/^[a-z][a-z0-9]{0,7}$/.test(codec))
    return fail('link-damaged', 'the part that names the format is missing');
  if (codec !== 'd1') return fail('link-newer', `format "${codec}"`);
  const bytes = fromBase64Url(text.slice(dot + 1));
  if (!bytes) return fail('link-damaged', 'a character that cannot be in a link');
  const json = await inflate(bytes);
  if (!json.ok) return json;
  try {
    return parseRecipe(JSON.parse(json.value));
  } catch {
    return fail('link-damaged', 'the content is not whole');
  }
}

async function inflate(bytes: Uint8Array<ArrayBuffer>): Promise<Result<string>> {
  const reader = new Blob([bytes])
    .stream()
    .pipeThrough(new DecompressionStream('deflate'))
    .getReader();
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return ok(text + decoder.decode());
      size += value.byteLength;
      if (size > MAX_RECIPE_BYTES) {
        await reader.cancel();
        return fail('link-too-large', `unpacks to more than ${MAX_RECIPE_BYTES} bytes`);
      }
      text += decoder.decode(value, { stream: true });
    }
  } catch {
    return fail('link-damaged', 'the content is cut off or altered');
  }
}

function toBase64Url(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return undefined;
  try {
    return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) =>
      c.charCodeAt(0),
    );
  } catch {
    return undefined;
  }
}
