import type { Session } from './session.svelte';

/** Where the page stands, for a bug report: no serial number, no question, no picture. */
export function pageText(session: Session): string {
  const { phone, platform } = session;
  return [
    `page ${platform.app}`,
    `browser ${platform.browser.userAgent}`,
    `phone ${phone.step.is}${phone.met ? `, ${phone.met.facts.model}, Android ${phone.met.facts.android ?? '?'}` : ''}${phone.virtualModel ? ', virtual' : ''}`,
    `payload ${session.setup.payload.is}, picture ${session.prepared.is}, ${session.running ? 'running' : 'at rest'}`,
  ].join('\n');
}
