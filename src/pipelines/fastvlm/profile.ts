import * as v from 'valibot';
import type { ParsedEvent } from '../../domain/run';
import { span, stats } from '../figures';

const Kpi = v.object({ value: v.pipe(v.number(), v.finite(), v.minValue(0)), unit: v.string() });
const Event = v.looseObject({
  /** Microseconds, like start and stop; the only figure without a unit beside it. */
  duration: v.optional(v.pipe(v.number(), v.finite(), v.minValue(0))),
  'init-time': v.optional(Kpi),
  'num-prompt-tokens': v.optional(Kpi),
  'prompt-processing-rate': v.optional(Kpi),
  'time-to-first-token': v.optional(Kpi),
  'num-generated-tokens': v.optional(Kpi),
  'token-generation-rate': v.optional(Kpi),
  'token-generation-time': v.optional(Kpi),
});
const Profile = v.object({ components: v.array(v.object({ events: v.array(Event) })) });
type Kpi = v.InferOutput<typeof Kpi>;

const MS_PER: Readonly<Record<string, number>> = { us: 1e-3, ms: 1, s: 1e3, sec: 1e3 };

/** A time by its own unit; undefined for one that we do not know. */
function ms(kpi: Kpi | undefined): number | undefined {
  const per = kpi && MS_PER[kpi.unit];
  return per === undefined ? undefined : kpi!.value * per;
}

/**
 * The figures of Genie's profile file. Events are told by their keys, not by their names. Undefined: it is no profile.
 * Source: the Genie SDK's Profile.cpp as AryamaVMurthy/VLM_on_edge holds it; its reports label microseconds as "ms".
 */
export function profileEvents(text: string): readonly ParsedEvent[] | undefined {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), Profile), text);
  if (!parsed.success) return undefined;
  const events = parsed.output.components.flatMap((component) => component.events);
  const load = ms(events.find((event) => event['init-time'])?.['init-time']);
  const query = events.findLast((event) => event['num-generated-tokens']);
  const first = ms(query?.['time-to-first-token']);
  const decode = ms(query?.['token-generation-time']);
  return [
    ...stats({
      load_ms: load,
      prompt_tokens: query?.['num-prompt-tokens']?.value,
      prefill_rate: query?.['prompt-processing-rate']?.value,
      ttft_ms: first,
      tokens: query?.['num-generated-tokens']?.value,
      decode_rate: query?.['token-generation-rate']?.value,
      decode_ms: decode,
      total_ms: query?.duration === undefined ? undefined : query.duration / 1000,
    }),
    ...span('load', load),
    ...span('prefill', first),
    ...span('decode', decode),
  ];
}
