import * as v from 'valibot';
import { fail, ok, type Result } from '../result';

/** Sizes that a Genie dialog gives; a configuration may leave out what its backend does not need. */
export interface GenieConfig {
  readonly backend: string | undefined;
  readonly context: number | undefined;
  readonly vocabulary: number | undefined;
  readonly width: number | undefined;
  /** Settings of the HTP engine, under the names that a manifest's facts have for them. */
  readonly settings: Readonly<Record<string, number | string>>;
}

const count = v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1e8)));
const Engine = v.looseObject({
  'n-threads': count,
  backend: v.optional(
    v.looseObject({
      type: v.optional(v.string()),
      QnnHtp: v.optional(
        v.looseObject({
          ...{
            'kv-dim': count,
            'spill-fill-bufsize': v.optional(v.pipe(v.number(), v.minValue(0))),
          },
          'cpu-mask': v.optional(v.pipe(v.string(), v.regex(/^0x[0-9a-f]{1,16}$/i))),
        }),
        {},
      ),
    }),
    {},
  ),
  model: v.optional(
    v.looseObject({
      'positional-encoding': v.optional(
        v.looseObject({ 'rope-dim': count, 'rope-theta': count }),
        {},
      ),
    }),
    {},
  ),
});
const Schema = v.looseObject({
  dialog: v.looseObject({
    context: v.optional(v.looseObject({ size: count, 'n-vocab': count, 'n-embd': count }), {}),
    embedding: v.optional(v.looseObject({ size: count }), {}),
    engine: v.optional(Engine, {}),
  }),
});

/**
 * Reads a configuration of genie-t2t-run. Failure: payload-file-invalid. Strict JSON with the root key "dialog"; Genie takes no
 * comments. Format: the keys that AryamaVMurthy/VLM_on_edge gives it (fastvlm_genie_npu.json).
 */
export function readGenieConfig(text: string): Result<GenieConfig> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (reason) {
    const why = reason instanceof Error ? reason.message : '';
    return fail(
      'payload-file-invalid',
      `not strict JSON (no comments, no trailing commas): ${why}`,
    );
  }
  const parsed = v.safeParse(Schema, json);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    return fail('payload-file-invalid', `${v.getDotPath(issue) ?? 'root'}: ${issue.message}`);
  }
  const { context, embedding, engine } = parsed.output.dialog;
  return ok({
    backend: engine.backend.type,
    context: context.size,
    vocabulary: context['n-vocab'],
    width: embedding.size ?? context['n-embd'],
    settings: settingsOf(engine),
  });
}

function settingsOf(engine: v.InferOutput<typeof Engine>): GenieConfig['settings'] {
  if (engine.backend.type !== 'QnnHtp') return {};
  const { QnnHtp: htp } = engine.backend;
  const rope = engine.model['positional-encoding'];
  const all = {
    npuThreads: engine['n-threads'],
    kvDim: htp['kv-dim'],
    spillFill: htp['spill-fill-bufsize'],
    cpuMask: htp['cpu-mask'],
    ropeDim: rope['rope-dim'],
    ropeTheta: rope['rope-theta'],
  };
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
