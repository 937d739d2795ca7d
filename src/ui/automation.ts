import type { Report } from '../domain/report';
import type { Failure } from '../domain/failure';
import type { RunState } from '../domain/run';
import type { Session, Turn } from './session.svelte';

/** What `window.plugsight` offers to programs that drive the page: docs/automation.md. */
export interface Automation {
  /** Connects a virtual phone; resolves when it is ready or failed. */
  connectVirtual(modelId: string): Promise<Failure | null>;
  /** One picture, one question, by the page's own path; resolves with the report of the run. */
  ask(picture: Blob, name: string, prompt: string): Promise<Report | Failure>;
  /** Report and link of the last finished run, or null. */
  last(): Pick<Turn, 'report' | 'link'> | null;
  /** What the current or last run has said so far, or null before the first one. */
  run(): { readonly running: boolean; readonly state: RunState | null };
}

/** Calls the same functions as the buttons do; nothing here takes a short cut. */
export function automation(session: Session): Automation {
  const last = () => {
    const turn = session.turns.at(-1);
    return turn ? { report: turn.report, link: turn.link } : null;
  };
  return {
    last,
    run: () => ({ running: session.running, state: session.run ?? null }),
    connectVirtual: async (modelId) => {
      await session.phone.connectVirtual(modelId);
      const { step } = session.phone;
      return step.is === 'failed' ? step.failure : null;
    },
    ask: async (picture, name, prompt) => {
      const count = session.turns.length;
      session.useFile(picture, name);
      session.prompt = prompt;
      const prepared = session.readsPictures ? await session.prepare() : undefined;
      if (prepared?.ok === false) return prepared.failure;
      await session.ask();
      const turn = session.turns[count];
      if (turn) return turn.report;
      const { payload } = session.setup;
      return payload.is === 'failed' ? payload.failure : { code: 'cancelled', detail: 'no run' };
    },
  };
}
