/** Said by browsers without anything being broken. */
const NOISE = [
  /^ResizeObserver loop/,
  // An error of another origin: a browser extension, never this page.
  /^Script error\.?$/,
];

/** Anything can be thrown. */
const said = (reason: unknown): string =>
  typeof reason === 'string' ? reason : reason === undefined ? '' : JSON.stringify(reason);

/** Text of a fault of ours for a bug report; empty for known noise. */
export function bugText(reason: unknown, message = ''): string {
  const text = reason instanceof Error ? (reason.stack ?? reason.message) : said(reason);
  const title = reason instanceof Error ? reason.message : message || text;
  if (NOISE.some((pattern) => pattern.test(title))) return '';
  return (text || message).slice(0, 8000);
}
