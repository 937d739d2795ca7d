import { expect, test } from 'vitest';
import { simulatedRunners } from '../../../src/adapters/virtual/simulated';
import { FAILURE_FILE } from '../../../src/adapters/simulated';
import type { Device } from '../../../src/domain/device';
import { CHECK_IDS, toEvidence, type Check } from '../../../src/domain/doctor';
import type { RunSetup } from '../../../src/domain/pipeline';
import { examine } from '../../../src/flows/doctor';
import { probe } from '../../../src/flows/probe';
import { PROBES } from '../../../src/pipelines/probes';
import { bundleFromDisk, installed } from '../../device/bundles';
import { tinyEngine } from '../../fakes/tiny-engine';
import { connected, NEVER, valueOf } from '../adapters/adb/rig';
import { systemClock } from '../../../src/adapters/system-clock';

/** A virtual phone with a pipeline's simulated bundles installed, and its doctor. */
async function patientWith(pipeline: string, modelId = 'sm8650') {
  const { device } = await connected({
    modelId,
    programs: (phone) => simulatedRunners(phone, tinyEngine),
  });
  const facts = valueOf(await probe(device, NEVER));
  const bring = async (kind: string) =>
    installed(device, await bundleFromDisk(`simulated-${pipeline}-${kind}`), facts);
  const [runner, model] = [await bring('runner'), await bring('model')];
  const setup: RunSetup = { runner, model, options: {}, bigCores: 1, env: {} };
  return { device, facts, setup, pipeline, clock: systemClock };
}
type Patient = Awaited<ReturnType<typeof patientWith>>;

async function consult(patient: Patient & { known?: string }) {
  const checks: Check[] = [];
  const examining = examine({ known: undefined, ...patient }, NEVER);
  for (;;) {
    const step = await examining.next();
    if (step.done) return { checks, verdict: step.value };
    checks.push(step.value);
  }
}
const write = async (device: Device, path: string, text: string) => {
  const source = new Blob([text]).stream();
  for await (const bytes of device.push({ path, source, mode: 0o644 }, NEVER)) void bytes;
};
const stateOf = (checks: readonly Check[], id: Check['id']) => checks.find((one) => one.id === id);

test.each(Object.keys(PROBES))('%s: all checks are made, and a session opens', async (pipeline) => {
  const patient = await patientWith(pipeline);
  const { checks, verdict } = await consult(patient);
  expect(
    checks.map(({ id }) => id),
    toEvidence(checks),
  ).toEqual(CHECK_IDS);
  expect(
    checks.filter(({ state }) => state === 'bad'),
    toEvidence(checks),
  ).toEqual([]);
  expect(verdict.rung?.id).toBe('package');
  const left = await patient.device.shell('ls /data/local/tmp/plugsight/runs', NEVER);
  expect(left.ok && left.value.stdout).not.toContain('doctor');
});

test('a phone without an NPU is told so, and no session is tried', async () => {
  const { checks, verdict } = await consult(await patientWith('omniinfer', 'mt6769'));
  expect(stateOf(checks, 'chip')).toMatchObject({ state: 'bad' });
  expect(stateOf(checks, 'session')).toBeUndefined();
  expect(verdict).toMatchObject({ rung: undefined, cause: { id: 'chip' } });
});

test('a library of the wrong kind is the cause, with what it is', async () => {
  const patient = await patientWith('omniinfer');
  const skel = patient.setup.runner.files.find(({ path }) => path === 'libQnnHtpV75Skel.so');
  const stub = patient.setup.runner.files.find(({ path }) => path === 'libQnnHtpV75Stub.so');
  await patient.device.shell(
    `cd /data/local/tmp/plugsight/files && rm ${skel?.sha256} && cp ${stub?.sha256} ${skel?.sha256}`,
    NEVER,
  );
  const { checks } = await consult(patient);
  expect(stateOf(checks, 'libraries')).toMatchObject({
    state: 'bad',
    found: 'libQnnHtpV75Skel.so is 64-bit ARM, not Hexagon',
  });
});

test('a missing skel fails every rung with the runner’s own words', async () => {
  const patient = await patientWith('omniinfer');
  const { dir, files } = patient.setup.runner;
  const kept = files.filter(({ path }) => path !== 'libQnnHtpV75Skel.so');
  await patient.device.shell(`rm ${dir}/libQnnHtpV75Skel.so`, NEVER);
  const runner = { ...patient.setup.runner, files: kept };
  const { checks, verdict } = await consult({ ...patient, setup: { ...patient.setup, runner } });
  expect(stateOf(checks, 'libraries')?.found).toBe(
    'libQnnHtpV75Skel.so is not in the runner bundle',
  );
  expect(stateOf(checks, 'session')?.found).toMatch(
    /only the package’s own folder: .*Failed to create device_handle.*; and the vendor/s,
  );
  expect(verdict.rung).toBeUndefined();
  expect(toEvidence(checks)).toContain('to do: ');
});

test('a rung that worked before is tried first', async () => {
  const patient = await patientWith('fastvlm');
  const { verdict } = await consult({ ...patient, known: 'vendor-lib' });
  expect(verdict.rung?.id).toBe('vendor-lib');
});

test('what a runner says when it fails is in the evidence', async () => {
  const patient = await patientWith('qnn-multimodal');
  const stderr = '[ERROR] [Qnn ExecuTorch]: Unable to load shared buffer. dlerror(): not found\n';
  await write(patient.device, FAILURE_FILE, JSON.stringify({ stdout: '', stderr, exitCode: 134 }));
  const { checks } = await consult(patient);
  expect(stateOf(checks, 'session')?.found).toContain('Unable to load shared buffer');
});

test('models for another chip or SDK are found before anything runs', async () => {
  const patient = await patientWith('omniinfer');
  const model = {
    ...patient.setup.model,
    manifest: { ...patient.setup.model.manifest, requires: { soc: ['SM8750'] } },
  };
  const { verdict } = await consult({ ...patient, setup: { ...patient.setup, model } });
  expect(verdict.cause).toMatchObject({ id: 'built-for' });
  expect(verdict.cause?.found).toMatch(/is for SM8750, this is SM8650/);
});
