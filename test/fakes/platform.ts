import { createHash } from 'node:crypto';
import { parseManifest, type BundleSource } from '../../src/domain/bundle';
import type { Encoded, EncoderShape, VisionEncoder } from '../../src/domain/encoder';
import type { Failure } from '../../src/domain/failure';
import type { PreparedInput } from '../../src/domain/prepare';
import { fail, ok, type Result } from '../../src/domain/result';
import type { Platform } from '../../src/ui/platform';
import { FakeClock } from './clock';
import type { FakeConnector } from './connector';
import { NO_TOOLS } from './host-tools';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** A bundle whose files hold their own role as text. */
function bundle(id: string, kind: 'runner' | 'model', version = '1'): BundleSource {
  const content = (role: string) => new TextEncoder().encode(`${id} ${version} ${role}`);
  const roles = kind === 'runner' ? (['runner'] as const) : (['language', 'vision'] as const);
  const files = roles.map((role) => ({
    ...{ path: role, role, url: role, bytes: content(role).length },
    ...{ sha256: sha256(content(role)), ...(kind === 'runner' ? { abi: 'wasm32' } : {}) },
  }));
  const input = { family: 'square-png', params: { size: 1 } };
  const manifest = parseManifest({
    ...{ schema: 'plugsight-bundle/1', id, version, title: id, kind, licence: 'MIT' },
    ...{ pipelines: ['llama-runner'], files },
    ...(kind === 'model' ? { model: { input, context: 512, prompts: ['What is it?'] } } : {}),
  });
  if (!manifest.ok) throw new Error(manifest.failure.detail);
  return {
    manifest: manifest.value,
    open: async ({ role }) => ok(new Blob([content(role)]).stream()),
  };
}

/** The page's surroundings in memory, for tests of its state. */
export class FakePlatform implements Platform {
  readonly app = 'test';
  readonly clock = new FakeClock();
  readonly connector: FakeConnector;
  readonly usb;
  readonly bridge;
  readonly virtual;
  /** Addresses of bridges that were asked for, and how often a bridge was let go. */
  readonly bridges: string[] = [];
  left = 0;
  /** What loading a bundle answers, by id, when it is not to succeed. */
  readonly broken = new Map<string, Failure>();
  /** How many manifests were asked for. */
  readonly loads: string[] = [];
  /** What preparing answers when it is not to succeed. */
  pictureFailure: Failure | undefined;
  prepared = 0;
  held = 0;
  readonly copied: string[] = [];
  copyResult: Result<void> = ok();
  readonly remembered = new Map<string, string>();

  constructor(connector: FakeConnector) {
    this.connector = connector;
    const get = async () => connector;
    this.usb = { unavailable: undefined, hasKnown: async () => false, connector: get };
    this.bridge = {
      connector: async (address: string) => {
        this.bridges.push(address);
        return connector;
      },
      leave: () => void (this.left += 1),
    };
    const models = [{ id: 'sm0000', name: 'Model', summary: 'A model' }];
    this.virtual = { models, connector: get };
  }

  readonly samples = ['one', 'two'].map((id) => ({
    ...{ id, url: id, title: id, alt: `picture ${id}`, prompt: `Sample question ${id}` },
  }));

  /** No test of the page's state counts tokens. */
  readonly combiner = NO_TOOLS;
  /** What the page's own engine computes, when a test wants it to. */
  encoded: Result<Encoded> = fail('encoder-invalid', 'the fake platform has no encoder');
  shape: Result<EncoderShape> = fail('encoder-invalid', 'the fake platform has no encoder');
  readonly encoder: VisionEncoder = {
    inspect: async () => this.shape,
    encode: async () => this.encoded,
  };
  readonly tokenizer = {
    encode: () => Promise.resolve(fail('worker-failed', 'the fake platform has no tokenizer')),
  };
  readonly preparer = {
    prepare: async (file: Blob): Promise<Result<PreparedInput>> => {
      this.prepared += 1;
      if (this.pictureFailure) return { ok: false, failure: this.pictureFailure };
      return ok(prepare(new Uint8Array(await file.arrayBuffer())));
    },
  };

  readonly catalogue = {
    load: async (id: string): Promise<Result<BundleSource>> => {
      this.loads.push(id);
      const failure = this.broken.get(id);
      return failure
        ? { ok: false, failure }
        : ok(bundle(id, id.includes('runner') ? 'runner' : 'model'));
    },
    fromFiles: async (language: File): Promise<Result<BundleSource>> =>
      language.name.endsWith('.gguf')
        ? ok(bundle('own-model', 'model', 'own'))
        : fail('model-invalid', language.name),
    fromFolder: async (): Promise<Result<BundleSource>> => fail('manifest-invalid'),
    fromAddress: async (): Promise<Result<BundleSource>> => fail('bundle-unreachable'),
  };

  /** No test of the whole page's state loads from an address. */
  readonly models = {
    list: async () => fail('bundle-unreachable'),
    inspect: async () => fail('bundle-unreachable'),
    source: async () => fail('bundle-unreachable'),
  };

  readonly browser = {
    userAgent: 'test',
    now: () => new Date(0),
    copy: async (text: string) => {
      this.copied.push(text);
      return this.copyResult;
    },
    save: () => undefined,
    hold: () => {
      this.held += 1;
      return () => void (this.held -= 1);
    },
    fetchBlob: async (url: string) => ok(new Blob([url])),
    remember: (key: string, value: string) => void this.remembered.set(key, value),
    recall: (key: string) => this.remembered.get(key),
    address: () => 'https://page.test/',
    clearFragment: () => undefined,
  };
}

function prepare(bytes: Uint8Array): PreparedInput {
  const hash = sha256(bytes);
  return {
    recipe: { family: 'square-png', params: { size: 1 } },
    plan: {
      ...{ crop: { x: 0, y: 0, width: 1, height: 1 }, width: 1, height: 1 },
      ...{ imageTokens: 4, tiles: [], bytes: 3 },
    },
    source: {
      ...{ bytes: bytes.length, sha256: hash, type: 'image/png' },
      ...{ width: 1, height: 1, rgbSha256: hash },
    },
    outputs: [{ name: 'image.png', dtype: 'png', shape: [1, 1, 3], data: bytes, sha256: hash }],
    preview: new Blob(),
    decoder: 'exact',
    core: 'simd',
    tookMs: 1,
  };
}
