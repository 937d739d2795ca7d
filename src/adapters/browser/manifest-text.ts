import { parseManifest, type Manifest } from '../../domain/bundle';
import { fail, type Result } from '../../domain/result';

/** Reads a manifest's text. `name` is for the failure: manifest-invalid. */
export function parseText(text: string, name: string): Result<Manifest> {
  try {
    return parseManifest(JSON.parse(text));
  } catch {
    return fail('manifest-invalid', `${name} is not JSON`);
  }
}
