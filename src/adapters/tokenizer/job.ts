import { fail, ok, type Result } from '../../domain/result';
import { MAX_TEXT_CHARS, type Tokenized, type TokenizerFacts } from '../../domain/tokenizer';
import type { CompiledCache } from './cache';
import { MAX_TOKENIZER_BYTES } from './compile';
import { fromCompiled, openTokenizer, type Tokens } from './open';

interface Held {
  readonly sha256: string;
  readonly tokens: Tokens;
}

/** What the worker does: the last tokenizer stays ready, others come from the cache or are compiled. */
export class TokenizerJobs {
  private readonly cache: CompiledCache;
  private held: Held | undefined;

  constructor(cache: CompiledCache) {
    this.cache = cache;
  }

  /**
   * As `Tokenizer.encode`. `known` is the file's sha256 where the caller has been told before: then the file is not read
   * again while its tokenizer is at hand. Failures: tokenizer-invalid, tokenizer-unsupported, prompt-too-long.
   */
  async encode(file: Blob, texts: readonly string[], known?: string): Promise<Result<Tokenized>> {
    if (texts.reduce((sum, text) => sum + text.length, 0) > MAX_TEXT_CHARS)
      return fail('prompt-too-long', `more than ${MAX_TEXT_CHARS} characters`);
    const opened = await this.open(file, known);
    if (!opened.ok) return opened;
    const { sha256, tokens, from } = opened.value;
    const ids: Int32Array[] = [];
    for (const text of texts) {
      const encoded = tokens.encode(text);
      if (!encoded.ok) return encoded;
      ids.push(encoded.value);
    }
    const { vocabSize, engine } = tokens;
    return ok({ ids, tokenizer: { sha256, vocabSize, engine, from } });
  }

  private async open(
    file: Blob,
    known: string | undefined,
  ): Promise<Result<Held & Pick<TokenizerFacts, 'from'>>> {
    if (this.held && this.held.sha256 === known) return ok({ ...this.held, from: 'memory' });
    if (file.size > MAX_TOKENIZER_BYTES) return fail('tokenizer-invalid', 'larger than 64 MB');
    const bytes = await file.arrayBuffer();
    const sha256 = hex(await crypto.subtle.digest('SHA-256', bytes));
    if (this.held?.sha256 === sha256) return ok({ ...this.held, from: 'memory' });
    const cached = await this.cache.get(sha256);
    if (cached) return ok({ ...this.hold(sha256, fromCompiled(cached)), from: 'cache' });
    let first: ArrayBuffer | undefined = bytes;
    const read = async () => {
      const buffer = first ?? (await file.arrayBuffer());
      first = undefined;
      return new Uint8Array(buffer);
    };
    let kept: Promise<void> | undefined;
    const opened = await openTokenizer(read, (compiled) => {
      kept = this.cache.put(sha256, compiled);
    });
    await kept;
    return opened.ok ? ok({ ...this.hold(sha256, opened.value), from: 'file' }) : opened;
  }

  private hold(sha256: string, tokens: Tokens): Held {
    return (this.held = { sha256, tokens });
  }
}

const hex = (bytes: ArrayBuffer) =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
