import type { BundleSource } from '../domain/bundle';
import type { Combiner } from '../domain/embeddings';
import { fail, ok, type Result } from '../domain/result';
import type { Tokenizer } from '../domain/tokenizer';
import type { HostTools } from '../domain/workbench';

/** A tokenizer.json larger than this is not read (the largest known has 34 MB). */
const MAX_TOKENIZER_BYTES = 64 << 20;

/** The page's own tools for runs with this model: its tokenizer is read from the bundle once. */
export function createHostTools(
  model: () => BundleSource | undefined,
  tokenizer: Tokenizer,
  combiner: Combiner,
): HostTools {
  let file: { readonly of: BundleSource; readonly blob: Blob } | undefined;
  return {
    combine: (job, signal) => combiner.combine(job, signal),
    async encode(texts, signal) {
      const source = model();
      if (!source) return fail('tokenizer-invalid', 'no model is chosen');
      if (file?.of !== source) {
        const blob = await readTokenizer(source, signal);
        if (!blob.ok) return blob;
        file = { of: source, blob: blob.value };
      }
      const tokenized = await tokenizer.encode(file.blob, texts, signal);
      return tokenized.ok ? ok(tokenized.value.ids) : tokenized;
    },
  };
}

async function readTokenizer(source: BundleSource, signal: AbortSignal): Promise<Result<Blob>> {
  const files = source.manifest.files.filter(({ role }) => role === 'tokenizer');
  // Beside it may lie another format, for the runner.
  const file = files.find(({ path }) => path.endsWith('.json')) ?? files[0];
  if (!file) return fail('tokenizer-invalid', `${source.manifest.id} has no tokenizer file`);
  if (file.bytes > MAX_TOKENIZER_BYTES)
    return fail('tokenizer-invalid', `${file.path}: ${file.bytes} bytes`);
  const opened = await source.open(file, signal);
  if (!opened.ok) return opened;
  try {
    return ok(await new Response(opened.value as ReadableStream<Uint8Array<ArrayBuffer>>).blob());
  } catch (error) {
    return signal.aborted ? fail('cancelled') : fail('bundle-unreachable', String(error));
  }
}
