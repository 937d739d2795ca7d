import type { FailureCode } from '../../domain/failure';
import type { Os } from '../os';
import { ASKING } from './asking';
import { BUNDLES } from './bundles';
import { CONNECTING } from './connecting';
import { MODELS } from './models';
import { NPU } from './npu';
import { PAGE } from './page';
import { PHONE } from './phone';
import { PICTURES } from './pictures';
import { PROGRAMS } from './programs';
import { RUNS } from './runs';
import type { Message } from './message';

export type { Message };

/** Every failure's sentence, by topic. A code without one does not compile. */
export const MESSAGES = {
  ...CONNECTING,
  ...PHONE,
  ...BUNDLES,
  ...MODELS,
  ...PICTURES,
  ...RUNS,
  ...PROGRAMS,
  ...NPU,
  ...ASKING,
  ...PAGE,
} as const satisfies Record<FailureCode, Message>;

/** The message of a code, with what fits this operating system first. */
export function messageFor(code: FailureCode, os: Os): Message {
  const message: Message = MESSAGES[code];
  return { ...message, ways: [...(message.waysOn?.[os] ?? []), ...message.ways] };
}
