import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readManifest } from '../src/cli/bundle-files';
import { compareRows, disagreement } from '../src/domain/agreement';
import { createEncoderHere, createPreparerHere } from '../test/device/page-tools';
import { damaged, flipped, scaled, tensorsOf, zeroed } from '../test/fakes/gguf-tensors';
import { MMPROJ, MODEL, NativeRunner, programOf } from '../test/payload/native-runner';

/** `npx tsx bench/self-test.ts`: what the self-test sees of honest and of damaged models. The native runner must be built. */
const NEVER = new AbortController().signal;
const ROUNDS = Number(process.argv[2] ?? 200);

const PAYLOAD = join(MMPROJ, '..');
const { model: facts } = await readManifest(PAYLOAD);
const cases = (facts?.selfTest?.cases ?? []).map(({ picture, prompt, answer }) => ({
  file: join(PAYLOAD, picture.url),
  prompt,
  answer,
}));

/** What the page computes from the same pictures. */
async function expected(model: Blob): Promise<readonly Float32Array[]> {
  const preparer = await createPreparerHere();
  const params = { size: 128, filter: 'bicubic', mean: '0.5,0.5,0.5', std: '0.5,0.5,0.5' };
  const pictures = [];
  for (const { file } of cases) {
    const png = new Blob([await readFile(file)]);
    const made = await preparer.prepare(png, { family: 'smolvlm-512', params }, NEVER);
    if (!made.ok) throw new Error(made.failure.detail);
    pictures.push(made.value.outputs[0]!);
  }
  const made = await (await createEncoderHere()).encode({ model, pictures }, NEVER);
  if (!made.ok) throw new Error(made.failure.detail);
  return made.value.embeddings;
}

const page = await expected(new Blob([await readFile(join(PAYLOAD, 'vision.onnx'))]));
const dir = await mkdtemp(join(tmpdir(), 'plugsight-damage-'));

interface Seen {
  readonly minCosine: number;
  readonly worstLength: number;
  readonly rightAnswers: number;
  readonly fault: string | undefined;
}

async function look(files: { model?: string; mmproj?: string }): Promise<Seen> {
  const dump = join(dir, 'dump');
  await using runner = new NativeRunner(programOf('x86_64'), { ...files, more: ['--dump', dump] });
  await runner.expect('ready');
  let seen: Seen = { minCosine: 1, worstLength: 1, rightAnswers: 0, fault: undefined };
  for (const [i, { file, prompt, answer }] of cases.entries()) {
    const { text } = await runner.put({ image: file, prompt, max_tokens: 96 });
    const bytes = await readFile(dump);
    const there = new Float32Array(new Uint8Array(bytes).buffer);
    const figures = compareRows(there, page[i]!, 128);
    const further = Math.abs(Math.log(figures.worstLength)) > Math.abs(Math.log(seen.worstLength));
    seen = {
      minCosine: Math.min(seen.minCosine, figures.minCosine),
      worstLength: further ? figures.worstLength : seen.worstLength,
      rightAnswers: seen.rightAnswers + (text === answer ? 1 : 0),
      fault: seen.fault ?? disagreement(figures),
    };
  }
  return seen;
}

const row = (what: string, { minCosine, worstLength, rightAnswers, fault }: Seen) =>
  console.log(
    `| ${what} | ${minCosine.toFixed(6)} | ${worstLength.toFixed(4)} | ${rightAnswers} of ${cases.length} | ${fault ? 'yes' : 'no'} | ${fault || rightAnswers < cases.length ? 'fails' : 'passes'} |`,
  );

async function withFile<T>(name: string, bytes: Uint8Array, use: (path: string) => Promise<T>) {
  const path = join(dir, name);
  await writeFile(path, bytes);
  return use(path);
}

const vision = new Uint8Array(await readFile(MMPROJ));
const language = new Uint8Array(await readFile(MODEL));
console.log(
  '| model | lowest cosine | worst length | right answers | embeddings differ | self-test |',
);
console.log('| --- | --- | --- | --- | --- | --- |');
row('undamaged, q8_0', await look({}));
for (const path of process.argv.slice(3)) row(path, await look({ mmproj: path }));

const DAMAGE: readonly (readonly [string, string, Parameters<typeof damaged>[2]])[] = [
  ['an attention matrix zeroed', 'v.blk.1.attn_q.weight', zeroed],
  ['a bias zeroed', 'v.blk.2.attn_out.bias', zeroed],
  ['a key bias zeroed', 'v.blk.2.attn_k.bias', zeroed],
  ['a norm zeroed', 'v.blk.3.ln1.weight', zeroed],
  ['the projector scaled by 2', 'mm.1.weight', scaled(2)],
  ['the projector scaled by 1.1', 'mm.1.weight', scaled(1.1)],
  ['the projector scaled by 1.03', 'mm.1.weight', scaled(1.03)],
  ['the projector scaled by 1.01', 'mm.1.weight', scaled(1.01)],
  ['a feed-forward matrix scaled by 1.1', 'v.blk.0.ffn_up.weight', scaled(1.1)],
  ['patches scaled by 1.05', 'v.patch_embd.weight', scaled(1.05)],
  ['sign bit of every 1000th byte', 'v.blk.0.ffn_up.weight', flipped(7, 1000)],
  ['lowest bit of every byte', 'v.blk.0.ffn_up.weight', flipped(0, 1)],
  ['bit 5 of one byte', 'v.blk.0.ffn_up.weight', flipped(5, 5000, 1)],
];
for (const [what, tensor, change] of DAMAGE)
  await withFile('vision.gguf', damaged(vision, tensor, change), async (mmproj) =>
    row(`${what} (${tensor})`, await look({ mmproj })),
  );
for (const [what, tensor, change] of [
  ['language: a matrix zeroed', 'blk.1.ffn_down.weight', zeroed],
  ['language: a matrix scaled by 2', 'blk.1.ffn_down.weight', scaled(2)],
  ['language: sign bit of every 1000th byte', 'blk.1.ffn_down.weight', flipped(7, 1000)],
] as const)
  await withFile('language.gguf', damaged(language, tensor, change), async (model) =>
    row(`${what} (${tensor})`, await look({ model })),
  );

/** Same places in every run: a linear congruential generator (Numerical Recipes). */
function* places(): Generator<number, never, void> {
  for (let seed = 20261121; ;) yield (seed = (seed * 1664525 + 1013904223) % 2 ** 32) / 2 ** 32;
}
for (const bits of [1, 10, 100, 1000]) {
  const random = places();
  const first = tensorsOf(vision)[0]!.at;
  const caught = { embeddings: 0, answers: 0, either: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const copy = vision.slice();
    for (let i = 0; i < bits; i++) {
      const at = first + Math.floor(random.next().value * (copy.length - first));
      copy[at]! ^= 1 << Math.floor(random.next().value * 8);
    }
    const seen = await withFile('vision.gguf', copy, (mmproj) => look({ mmproj }));
    const wrong = seen.rightAnswers < cases.length;
    if (seen.fault) caught.embeddings += 1;
    if (wrong) caught.answers += 1;
    if (seen.fault || wrong) caught.either += 1;
  }
  console.log(
    `${bits} random bits of vision.gguf, ${ROUNDS} times: caught by embeddings ${caught.embeddings}, by answers ${caught.answers}, by either ${caught.either}`,
  );
}
await rm(dir, { recursive: true });
