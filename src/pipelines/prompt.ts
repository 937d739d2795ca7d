import { fail, ok, type Result } from '../domain/result';

/**
 * Holds questions against what a runner cannot take in them: nothing at all, a marker that it would take for a picture,
 * or NUL, which no argument can hold. Failures: prompt-empty, prompt-marker.
 */
export function checkPrompts(prompts: readonly string[], markers: readonly string[]): Result<void> {
  for (const prompt of prompts) {
    if (prompt.trim() === '') return fail('prompt-empty');
    const marker = markers.find((text) => prompt.includes(text));
    if (marker !== undefined) return fail('prompt-marker', marker);
    if (prompt.includes('\0')) return fail('prompt-marker', 'the NUL character');
  }
  return ok();
}
