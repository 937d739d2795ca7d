/** Whether the page may load from there: https, or plain http from this computer itself, and no password in it. */
export const isReadable = ({ protocol, hostname, username, password }: URL): boolean =>
  !username && !password && (protocol === 'https:' || (protocol === 'http:' && isLocal(hostname)));

/** Whether this is the address of a GGUF file that the page may load. */
export function isModelUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return isReadable(url) && /\.gguf$/i.test(url.pathname);
}

/** As the page's content security policy allows it; IPv6 addresses cannot be named there. */
const isLocal = (hostname: string): boolean => /^(localhost|127\.0\.0\.1)$/.test(hostname);
