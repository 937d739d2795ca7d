import * as v from 'valibot';

/** A line of --log-jsonl. `time`: microseconds since the program began. Level "none": a piece of the answer. */
const Line = v.object({
  type: v.literal('log'),
  time: v.pipe(v.number(), v.minValue(0)),
  level: v.string(),
  msg: v.string(),
});

/** Undefined: another kind of line, or none. Source: ggml-org/llama.cpp common/log.cpp. */
export function parseJsonLine(text: string): v.InferOutput<typeof Line> | undefined {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), Line), text);
  return parsed.success ? parsed.output : undefined;
}
