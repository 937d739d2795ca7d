import * as v from 'valibot';
import { DEVICE_ROOT } from './device';
import type { Failure } from './failure';
import { fail, ok, type Result } from './result';

/** A manifest larger than this is refused unread. */
export const MAX_MANIFEST_BYTES = 256 << 10;
const MAX_FILES = 500;
const MAX_FILE_BYTES = 64 * 2 ** 30;

const Sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits'));
const Id = v.pipe(
  v.string(),
  v.regex(
    /^[a-z0-9][a-z0-9.-]{0,63}$/,
    'must be lower-case words with dashes, at most 64 characters',
  ),
);
const Line = (max: number) => v.pipe(v.string(), v.minLength(1), v.maxLength(max));
/** Relative, forward slashes, no empty, "." or ".." part, only characters that need no care anywhere. */
const RelativePath = v.pipe(
  v.string(),
  v.maxLength(200),
  v.regex(
    /^[A-Za-z0-9_+-][A-Za-z0-9._+-]*(\/[A-Za-z0-9_+-][A-Za-z0-9._+-]*)*$/,
    'must be a plain relative path',
  ),
);

/** Of a chip, as `getprop ro.soc.model` begins: "SM8650". Suffixed variants ("SM8650-AC") match it. */
const Soc = v.pipe(
  v.string(),
  v.regex(/^[A-Z]{2,4}[0-9]{3,5}[A-Z0-9]{0,4}$/, 'must be like SM8650'),
);
/** Generation of the Hexagon processor: "v75". */
const HtpArch = v.pipe(v.string(), v.regex(/^v[0-9]{2}$/, 'must be like v75'));
const Facts = v.pipe(
  v.record(
    v.pipe(v.string(), v.regex(/^[a-z][A-Za-z0-9]{0,39}$/, 'must be a word like "imageTokens"')),
    v.union([v.pipe(v.string(), v.maxLength(200)), v.pipe(v.number(), v.finite()), v.boolean()]),
  ),
  v.check((facts) => Object.keys(facts).length <= 40, 'at most 40 facts'),
);

const BundleFile = v.object({
  /** Where the file stands inside the bundle's folder on the phone. */
  path: RelativePath,
  bytes: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_FILE_BYTES)),
  sha256: Sha256,
  /** Permission bits as octal digits. */
  mode: v.optional(v.picklist(['644', '755']), '644'),
  /** Address, relative to the manifest or absolute https. */
  url: Line(2000),
  /**
   * What a pipeline uses it for; a pipeline asks for roles, never for paths. Several files may have the same role.
   * `runner`: the program that answers; `vision-runner`: one that must run before it, on the picture.
   * `stub`, `skel`: the two halves of a QNN backend, on the CPU and on the Hexagon processor.
   * `decoder`, `encoder`, `embedding`: compiled parts of a model; `lut`: its embedding table as raw numbers.
   */
  role: v.picklist([
    ...['runner', 'vision-runner', 'library', 'stub', 'skel'],
    ...['language', 'vision', 'decoder', 'encoder', 'embedding', 'lut'],
    ...['tokenizer', 'config', 'licence', 'other'],
  ] as const),
  /** Pushed only to a phone that lists this ABI; absent: to every phone. */
  abi: v.optional(v.picklist(['arm64-v8a', 'x86_64', 'wasm32'])),
  /** Words of /proc/cpuinfo ("Features", "flags") that the phone must have, or the program would crash. */
  cpu: v.optional(
    v.pipe(
      v.array(v.pipe(v.string(), v.regex(/^[a-z0-9_]{1,20}$/, 'must be a word of /proc/cpuinfo'))),
      v.minLength(1),
      v.maxLength(8),
    ),
  ),
  /** Only for phones with this Hexagon generation: one of several skels. Absent: for every one. */
  htpArch: v.optional(HtpArch),
  /** What was read in the file when it was packed. docs/packing.md lists the names. */
  facts: v.optional(Facts),
});

/** A file for the page itself, never pushed. */
const PageFile = v.pick(BundleFile, ['path', 'bytes', 'sha256', 'url']);

const SelfTestSchema = v.object({
  /** Who gave the answers, for people: not the runner that is tested. */
  origin: Line(500),
  /** Encoder and projector in one ONNX file: float32 [1, 3, height, width] to [1, tokens, values]. */
  encoder: v.optional(PageFile),
  cases: v.pipe(
    v.array(v.object({ picture: PageFile, prompt: Line(300), answer: Line(1000) })),
    v.minLength(1),
    v.maxLength(32),
  ),
});

const ManifestSchema = v.object({
  schema: v.literal('plugsight-bundle/1'),
  id: Id,
  version: Id,
  title: Line(80),
  summary: v.optional(Line(300)),
  kind: v.picklist(['runner', 'model']),
  /** SPDX expression. */
  licence: Line(100),
  /** Where it comes from, for people. */
  origin: v.optional(Line(500)),
  /** Pipelines that can use it. */
  pipelines: v.pipe(v.array(Id), v.minLength(1), v.maxLength(20)),
  requires: v.optional(
    v.object({
      /** Free memory (MemAvailable) a run needs, bytes. */
      memoryBytes: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
      /** Lowest Android SDK level. */
      minSdk: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100))),
      /** Chips that it was compiled for; absent: any. */
      soc: v.optional(v.pipe(v.array(Soc), v.minLength(1), v.maxLength(32))),
      /** Hexagon generations that it was compiled for, or has a skel for; absent: any, or none is used. */
      htpArch: v.optional(v.pipe(v.array(HtpArch), v.minLength(1), v.maxLength(16))),
    }),
    {},
  ),
  /** The vendor SDK that its files belong to: runner and model of one run must name the same. */
  sdk: v.optional(
    v.object({
      name: Id,
      /** For example "2.37.0.250724"; only digits and dots are compared. */
      version: v.pipe(v.string(), v.regex(/^[0-9]+(\.[0-9]+){1,4}$/, 'must be like 2.37.0.250724')),
    }),
  ),
  /** What was found out about the whole when it was packed, for its pipeline. docs/packing.md lists the names. */
  facts: v.optional(Facts),
  /** For a model: how its input is made and how much fits. */
  model: v.optional(
    v.object({
      input: v.object({
        family: Id,
        params: v.record(v.string(), v.union([v.number(), v.string(), v.boolean()])),
      }),
      /** Context length in tokens. */
      context: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(10_000_000)),
      /** Threads that serve it best; absent: the phone's big cores. */
      threads: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(64))),
      /** Questions worth asking first. */
      prompts: v.optional(v.pipe(v.array(Line(300)), v.maxLength(20)), []),
      /** What it can and cannot do, for people. */
      about: v.optional(Line(300)),
      /** What a phone that computes rightly says and computes: docs/self-test.md. */
      selfTest: v.optional(SelfTestSchema),
    }),
  ),
  files: v.pipe(v.array(BundleFile), v.minLength(1), v.maxLength(MAX_FILES)),
});

/** A set of files that belongs together: a runner, or a model. docs/payload.md describes the format. */
export type Manifest = v.InferOutput<typeof ManifestSchema>;
export type BundleFile = v.InferOutput<typeof BundleFile>;
export type BundleFacts = v.InferOutput<typeof Facts>;
export type PageFile = v.InferOutput<typeof PageFile>;
export type ModelFacts = NonNullable<Manifest['model']>;

/** Checks a manifest from anywhere. The failure's detail names the first wrong field and what is wrong with it. */
export function parseManifest(input: unknown): Result<Manifest> {
  const parsed = v.safeParse(ManifestSchema, input);
  if (!parsed.success) {
    const issue = parsed.issues[0];
    const at = v.getDotPath(issue) ?? 'the manifest';
    return fail('manifest-invalid', `${at}: ${issue.message}`.slice(0, 500));
  }
  const manifest = parsed.output;
  const seen = new Set<string>();
  const folders = new Set(manifest.files.flatMap(({ path }) => foldersOf(path)));
  for (const { path, abi, cpu } of manifest.files) {
    if (folders.has(path))
      return fail('manifest-invalid', `files: "${path}" is a file and a folder`);
    const key = [abi ?? '*', path, ...(cpu ?? [])].join(' ');
    if (seen.has(key)) return fail('manifest-invalid', `files: "${path}" is listed twice`);
    seen.add(key);
  }
  if (manifest.kind === 'model' && !manifest.model)
    return fail('manifest-invalid', 'model: missing, but kind is "model"');
  return ok(manifest);
}

/** "a/b/c" lies in "a" and "a/b". */
const foldersOf = (path: string): string[] =>
  path.split('/').flatMap((_, i, parts) => (i ? [parts.slice(0, i).join('/')] : []));

/**
 * The files that a phone with these ABIs, CPU features and Hexagon generation gets: for each path the one of its first
 * matching ABI, and of those the one that uses most of its processor. `cpu` of the chosen file says which. What is made
 * for one Hexagon goes to phones with that one only: a phone whose Hexagon is not known could not load it either.
 */
export function filesFor(
  manifest: Manifest,
  abis: readonly string[],
  cpuFeatures: readonly string[] = [],
  htp?: string,
): Result<readonly BundleFile[]> {
  const best = new Map<string, { rank: number; file: BundleFile }>();
  for (const file of manifest.files) {
    if (file.htpArch !== undefined && file.htpArch !== htp) continue;
    const needs = file.cpu ?? [];
    const abi = file.abi === undefined ? abis.length : abis.indexOf(file.abi);
    if (abi < 0 || !needs.every((word) => cpuFeatures.includes(word))) continue;
    const rank = abi - needs.length / 10; // at most 8 words: never better than an earlier ABI
    const held = best.get(file.path);
    if (!held || rank < held.rank) best.set(file.path, { rank, file });
  }
  const files = [...best.values()].map(({ file }) => file);
  const role = manifest.kind === 'runner' ? 'runner' : undefined;
  if (!files.some((file) => role === undefined || file.role === role)) {
    const offered = [...new Set(manifest.files.flatMap(({ abi }) => (abi ? [abi] : [])))];
    return fail(
      'abi-unsupported',
      `${manifest.id} ${manifest.version} has files for ${offered.join(', ') || 'no processor'}; this phone runs ${abis.join(', ') || 'nothing known'}`,
    );
  }
  return ok(files);
}

/** Folder of an installed bundle on the phone. "@" can be in no id and no version, so two bundles never share one. */
export const bundleDir = (manifest: Pick<Manifest, 'id' | 'version'>): string =>
  `${DEVICE_ROOT}/bundles/${manifest.id}@${manifest.version}`;

/** Where a verified file lies on the phone. Only a file whose sha256 was checked there ever has this name. */
export const storedPath = (sha256: string): string => `${DEVICE_ROOT}/files/${sha256}`;

/** Where bundles come from: the page's own server, a folder of the user's, or files picked one by one. */
export interface BundleSource {
  readonly manifest: Manifest;
  /**
   * Opens one of the manifest's files as a stream of the bytes from `fromByte` (0 to `file.bytes`; at `file.bytes` it is
   * empty) to the end. It reads as it is read from: what nobody takes is not held. Who resumes hashes the bytes before
   * `fromByte` from where they lie, or opens from 0: a stream proves nothing about what it left out. A stream that breaks does so
   * with `SourceBroken`, where the source knows why. Failures: bundle-unreachable, source-changed, cancelled.
   */
  open(
    file: BundleFile,
    signal: AbortSignal,
    fromByte?: number,
  ): Promise<Result<ReadableStream<Uint8Array>>>;
}

/** What the stream of a source breaks with: an error, as streams ask for, that says which failure it is. */
export class SourceBroken extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.detail ?? failure.code);
    this.failure = failure;
  }
}

/** The bundles that the page offers. Implemented by adapters/browser. */
export interface BundleCatalogue {
  /** Loads a bundle's manifest by id. Failures: bundle-unreachable, manifest-invalid. */
  load(id: string, signal: AbortSignal): Promise<Result<BundleSource>>;
  /** Loads a manifest from an https address of the user's. Failures as of `load`. */
  fromAddress(address: string, signal: AbortSignal): Promise<Result<BundleSource>>;
  /** Reads a bundle from a folder that the user picked. Failures: manifest-invalid, bundle-unreachable. */
  fromFolder(files: readonly File[]): Promise<Result<BundleSource>>;
  /** Makes a bundle of a GGUF language model and its mmproj from the user's disk. Failures: model-invalid. */
  fromFiles(language: File, vision: File, signal: AbortSignal): Promise<Result<BundleSource>>;
}
