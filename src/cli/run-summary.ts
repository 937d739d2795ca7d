import { verdict, type Proofs, type Requested, type Verdict } from '../domain/accelerator';
import type { Failure, FailureCode } from '../domain/failure';
import { INITIAL_RUN, reduce, type ParsedEvent, type Phase, type RunState } from '../domain/run';
import { messageFor } from '../ui/messages';

/** What the programs of one run said, in plain JSON. Text in it is the program's: untrusted. */
export interface RunSummary {
  readonly text: string;
  /** By the names of domain/run.ts, in the units there: ms, tokens, tokens a second, bytes. */
  readonly stats: Readonly<Record<string, number>>;
  /** In the order in which they were seen; the same one again only where another came between. */
  readonly phases: readonly Phase[];
  readonly backend: {
    readonly requested: Requested;
    readonly verdict: Verdict;
    readonly proofs: Proofs;
  };
  readonly failure: ShownFailure | null;
  /** How the answer ended; null: no whole answer was seen. */
  readonly finish: RunState['finish'] | null;
  readonly facts: RunState['facts'];
  /** What did not end the run and still should be known. */
  readonly warnings: readonly ShownFailure[];
}

export interface ShownFailure {
  readonly code: FailureCode;
  readonly title: string;
  readonly remedy: string;
  /** The line that shows it, or what was missing. */
  readonly evidence: string | null;
}

/** Folds events as the page does. Pure. */
export function summarise(events: readonly ParsedEvent[], requested: Requested): RunSummary {
  const run = events.reduce((state, event) => reduce(state, { ...event, atMs: 0 }), INITIAL_RUN);
  return {
    text: run.text,
    stats: Object.fromEntries(
      Object.entries(run.stats).map(([name, { value }]) => [name, value] as const),
    ),
    phases: events
      .flatMap((event) => (event.kind === 'phase' ? [event.phase] : []))
      .filter((phase, i, all) => phase !== all[i - 1]),
    backend: { requested, verdict: verdict(requested, run.proofs), proofs: run.proofs },
    failure: run.failure ? shown(run.failure) : null,
    finish: run.finish ?? null,
    facts: run.facts,
    warnings: run.warnings.map(shown),
  };
}

function shown({ code, detail }: Failure): ShownFailure {
  const { title, ways } = messageFor(code, 'linux');
  return { code, title, remedy: ways.join(' '), evidence: detail ?? null };
}
