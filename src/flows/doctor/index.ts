import type { Clock } from '../../domain/clock';
import { DEVICE_ROOT, type Device } from '../../domain/device';
import type { DeviceFacts } from '../../domain/device-facts';
import { LADDER, type Check, type Verdict } from '../../domain/doctor';
import type { Failure } from '../../domain/failure';
import type { RunSetup } from '../../domain/pipeline';
import { PROBES } from '../../pipelines/probes';
import { script } from '../script';
import { checkAbi, checkAndroid, checkBuiltFor, checkChip, checkMemory } from './facts';
import { checkExec, checkLibraries, checkRpc } from './phone';
import { tryRung } from './session';

/** What the doctor examines. */
export interface Patient {
  readonly device: Device;
  readonly facts: DeviceFacts;
  readonly clock: Clock;
  /** Row of pipelines/. */
  readonly pipeline: string;
  /** Both bundles are installed; `env` is not looked at. */
  readonly setup: RunSetup;
  /** The rung that worked before for this phone and build: it is tried first. */
  readonly known: string | undefined;
}

/**
 * Says why an NPU pipeline does not run here, or under which environment it does. Yields each check as it is made; goes
 * on after a bad one as long as the next can tell something of its own. Writes only into a folder of our own, and
 * deletes it.
 */
export async function* examine(
  patient: Patient,
  signal: AbortSignal,
): AsyncGenerator<Check, Verdict, void> {
  const checks: Check[] = [];
  const note = (check: Check) => {
    checks.push(check);
    return check;
  };
  const { device, facts, setup } = patient;
  for (const check of [checkChip, checkAbi, checkAndroid, checkMemory, checkBuiltFor])
    yield note(check(facts, setup));
  const dir = `${DEVICE_ROOT}/runs/doctor`;
  const made = await script(device, `rm -rf ${dir} && mkdir -p ${dir}`, signal);
  try {
    yield note(await checkLibraries(device, facts, setup, dir, signal));
    yield note(await checkRpc(device, signal));
    yield note(await checkExec(device, dir, made, signal));
    const hopeless = checks.some(({ id, state }) => state === 'bad' && ENDS.has(id));
    const climbed = hopeless ? { rung: undefined } : yield* climb(patient, dir, note, signal);
    return { ...climbed, cause: checks.find(({ state }) => state === 'bad') };
  } finally {
    await device.shell(`rm -rf ${dir}`, AbortSignal.timeout(5000));
  }
}

/** With these no session can open: trying costs minutes and says nothing new. */
const ENDS: ReadonlySet<Check['id']> = new Set(['chip', 'abi', 'exec']);

/** Tries one environment after the other, the one that is known first. */
async function* climb(
  patient: Patient,
  dir: string,
  note: (check: Check) => Check,
  signal: AbortSignal,
): AsyncGenerator<Check, Pick<Verdict, 'rung' | 'failure'>, void> {
  const probed = PROBES[patient.pipeline];
  if (!probed) {
    yield note({
      ...{ id: 'session', title: 'Session on the NPU', state: 'warn' },
      found: 'this pipeline has no command that tries it without a question',
    });
    return { rung: undefined };
  }
  const known = LADDER.filter(({ id }) => id === patient.known);
  const said: string[] = [];
  let failure: Failure | undefined;
  for (const rung of [...known, ...LADDER.filter(({ id }) => id !== patient.known)]) {
    if (signal.aborted) break;
    const tried = await tryRung(patient, probed, rung, dir, signal);
    said.push(`${rung.title}: ${tried.said}`);
    failure ??= tried.failure;
    if (!tried.opened) continue;
    yield note({
      ...{ id: 'session', title: 'Session on the NPU', state: 'ok' },
      found: `opens with ${rung.title}: ${tried.said}`,
    });
    return { rung };
  }
  yield note({
    ...{ id: 'session', title: 'Session on the NPU', state: 'bad' },
    found: said.join('; '),
    fix: 'Mend what is marked above; if nothing is, this phone may not let programs of the shell use its NPU.',
  });
  return { rung: undefined, ...(failure && { failure }) };
}
