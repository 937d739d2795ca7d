import { fail, ok, type Result } from '../domain/result';
import type { InputRecipe } from '../domain/prepare';
import type { Param, Params, Rgb, Values } from './family';

/** Checks parameters from a link or a form; missing ones get their initial value, unknown ones are refused. */
export function checkParams<P extends Params>(
  params: P,
  given: InputRecipe['params'],
): Result<Values<P>> {
  for (const name of Object.keys(given))
    if (!Object.hasOwn(params, name))
      return fail('recipe-invalid', `there is no parameter "${name}"`);
  const values: Record<string, number | string | boolean> = {};
  for (const [name, param] of Object.entries(params)) {
    const value = given[name] ?? param.initial;
    const wrong = complaint(param, value);
    if (wrong) return fail('recipe-invalid', `${name}: ${wrong}`);
    values[name] = value;
  }
  return ok(values as Values<P>);
}

function complaint(param: Param, value: number | string | boolean): string | undefined {
  switch (param.kind) {
    case 'number':
      if (typeof value !== 'number' || !Number.isFinite(value)) return 'not a number';
      if (value < param.min || value > param.max) return `not in ${param.min} to ${param.max}`;
      return Number.isInteger(param.step) && !Number.isInteger(value)
        ? 'not a whole number'
        : undefined;
    case 'choice':
      return param.options.includes(String(value))
        ? undefined
        : `not one of ${param.options.join(', ')}`;
    case 'switch':
      return typeof value === 'boolean' ? undefined : 'not true or false';
    case 'rgb':
      if (value === 'none' && param.none) return undefined;
      return toRgb(value) ? undefined : 'not three numbers';
  }
}

/** Reads "r,g,b". */
export function toRgb(text: number | string | boolean): Rgb | undefined {
  const [r, g, b, ...rest] = String(text)
    .split(',')
    .map((part) => (part.trim() === '' ? NaN : Number(part)));
  if (r === undefined || g === undefined || b === undefined || rest.length > 0) return undefined;
  return [r, g, b].every(Number.isFinite) ? [r, g, b] : undefined;
}
