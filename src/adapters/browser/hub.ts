import * as v from 'valibot';
import { hubFileUrl, isGguf, isSplit, isVisionName } from '../../domain/model-address';
import type { RemoteFile } from '../../domain/remote-model';
import { fail, ok, type Result } from '../../domain/result';
import { ask, broken, cappedText, type Network } from './network';

/** A repository's list of files is longer only where somebody means harm. */
const MAX_INFO_CHARS = 8 << 20;
const HUB = 'https://huggingface.co';

const Text = v.pipe(v.string(), v.maxLength(1000));
const Info = v.object({
  /** The commit that the revision stands for now. */
  sha: v.pipe(v.string(), v.regex(/^[0-9a-f]{40}$/)),
  gated: v.optional(v.union([v.boolean(), Text])),
  cardData: v.fallback(v.optional(v.object({ license: v.optional(Text) })), undefined),
  siblings: v.pipe(
    v.array(
      v.object({
        rfilename: Text,
        size: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
        lfs: v.optional(
          v.nullable(v.object({ sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)) })),
        ),
      }),
    ),
    v.maxLength(20_000),
  ),
});

export interface Repository {
  readonly licence: string | undefined;
  readonly files: readonly RemoteFile[];
}

/**
 * Asks Hugging Face for the GGUF files of a repository, with sizes and sha256, at the commit that the revision stands for.
 * Why the API and not the file's own headers: `resolve` answers a large file with a redirect whose X-Linked-ETag (the
 * sha256) and X-Repo-Commit a page cannot read, since fetch shows only the last answer, and that one's ETag is not the
 * sha256. The API allows any origin. Fields: `model_info(files_metadata=True)` of huggingface/huggingface_hub
 * src/huggingface_hub/hf_api.py. Failures: address-refused (absent, private or gated), model-invalid, bundle-unreachable, cancelled.
 */
export async function askHub(
  net: Network,
  repo: string,
  revision: string,
  signal: AbortSignal,
): Promise<Result<Repository>> {
  const url = new URL(
    `${HUB}/api/models/${repo}/revision/${encodeURIComponent(revision)}?blobs=true`,
  );
  const answer = await ask(net, url, signal, { cache: 'no-cache' });
  if (!answer.ok) return answer;
  const text = await cappedText(answer.value, MAX_INFO_CHARS).catch((reason: unknown) =>
    broken(url, reason, signal),
  );
  if (!text.ok) return text;
  const info = parse(text.value);
  if (!info.ok) return fail('bundle-unreachable', `${url.href}: ${info.failure.detail ?? ''}`);
  const { sha, gated, cardData, siblings } = info.value;
  if (gated) return fail('address-refused', `${repo} asks to accept its licence first (gated)`);
  const names = siblings.filter(({ rfilename }) => isGguf(rfilename));
  const files = names
    .filter(({ rfilename }) => !isSplit(rfilename))
    .map(({ rfilename, size, lfs }): RemoteFile => ({
      url: hubFileUrl(repo, sha, rfilename).href,
      name: rfilename,
      bytes: size,
      sha256: lfs?.sha256,
      saidBy: lfs ? 'hub' : undefined,
    }));
  if (files.length) return ok({ licence: cardData?.license, files });
  return names.length
    ? fail('model-split', `${repo}: all of its models are split`)
    : fail('model-invalid', `${repo} holds no .gguf file`);
}

function parse(text: string): Result<v.InferOutput<typeof Info>> {
  try {
    const parsed = v.safeParse(Info, JSON.parse(text));
    if (parsed.success) return ok(parsed.output);
    const [issue] = parsed.issues;
    return fail('bundle-unreachable', `${v.getDotPath(issue) ?? 'answer'}: ${issue.message}`);
  } catch {
    return fail('bundle-unreachable', 'the answer is not JSON');
  }
}

/** Language models of a repository, the likeliest choice first: 4 bits are what most phones hold. */
export const languageFiles = (files: readonly RemoteFile[]): readonly RemoteFile[] =>
  ranked(
    files.filter(({ name }) => !isVisionName(name)),
    ['q4_k_m', 'q4_0', 'q8_0', 'q4'],
  );

/** Vision parts, the likeliest for this language model first: they lose little at 8 bits, and much below. */
export const visionFiles = (
  files: readonly RemoteFile[],
  language: string,
): readonly RemoteFile[] => {
  const words = wordsOf(language);
  const common = ({ name }: RemoteFile) => wordsOf(name).filter((w) => words.includes(w)).length;
  const candidates = ranked(
    files.filter(({ name }) => isVisionName(name)),
    ['q8_0', 'f16', 'bf16'],
  );
  return [...candidates].sort((a, b) => common(b) - common(a));
};

/** Words of a file's name without its quantisation, which says nothing about what belongs together. */
const wordsOf = (name: string): readonly string[] =>
  (name.toLowerCase().split('/').at(-1) ?? '')
    .replace(/\.gguf$/, '')
    .split(/[-_.]/)
    .filter(
      (word) => word && !/^(mmproj|model|b?f16|f32|i?q\d\w*|k|m|s|l|xs|nl|0|1|ud)$/.test(word),
    );

function ranked(files: readonly RemoteFile[], order: readonly string[]): readonly RemoteFile[] {
  const rank = ({ name }: RemoteFile) => {
    const at = order.findIndex((word) => name.toLowerCase().includes(word));
    return at < 0 ? order.length : at;
  };
  return [...files].sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
}
