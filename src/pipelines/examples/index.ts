import type { Example } from './example';
import { EXECUTORCH } from './executorch';
import { GENIE } from './genie';
import { LLAMA } from './llama';
import { OMNIINFER } from './omniinfer';

export { scriptOf, type Example } from './example';

/** At least one for each row of catalogue.ts: what tests read, and what a simulated runner can be told to say. */
export const EXAMPLES: readonly Example[] = [...OMNIINFER, ...EXECUTORCH, ...GENIE, ...LLAMA];
