import { fail } from '../../src/domain/result';
import type { HostTools } from '../../src/domain/workbench';

/** A page without tools: pipelines that need one say so. */
export const NO_TOOLS: HostTools = {
  encode: () => Promise.resolve(fail('worker-failed', 'the fake page has no tokenizer')),
  combine: () => Promise.resolve(fail('worker-failed', 'the fake page has no combiner')),
};
