import { describe, expect, test } from 'vitest';
import { verdict } from '../../src/domain/accelerator';
import { probe } from '../../src/flows/probe';
import { omniinfer } from '../../src/pipelines/omniinfer';
import { qnnMultimodal } from '../../src/pipelines/qnn-multimodal';
import { whyNot } from '../payload/native-runner';
import { ask } from './ask-simulated';
import { connectTo, must, NEVER } from './connect';
import { startDevice, whyNoDevice } from './device';

describe('the QNN runners’ pipelines, simulated, on a real adbd', () => {
  test('answer about the test picture', { timeout: 180_000 }, async ({ skip }) => {
    const reason = (await whyNoDevice()) ?? whyNot('x86_64');
    if (reason) skip(reason);
    await using machine = await startDevice({ soc: 'SM8650' });
    await using device = await connectTo(machine.port);
    const phone = { device, facts: must(await probe(device, NEVER)) };
    const prompt = 'Describe the picture.';

    const omni = await ask(omniinfer, 'omniinfer', phone, { prompt });
    expect(omni.failure).toBeUndefined();
    expect(omni).toMatchObject({ is: 'done', finish: 'stop' });
    expect(omni.text).toContain('orange triangle');
    expect(omni.text).not.toMatch(/<\||mtmd_data/);
    expect(verdict(omniinfer.requests({}), omni.proofs)).toBe('npu');
    expect(omni.stats.image_tokens?.value).toBeGreaterThan(0);

    const multi = await ask(qnnMultimodal, 'qnn-multimodal', phone, { prompt });
    expect(multi.failure).toBeUndefined();
    expect(multi).toMatchObject({ is: 'done', finish: 'stop' });
    expect(multi.text).toContain('orange triangle');
    expect(multi.text).not.toMatch(/<|Assistant:/);
    expect(verdict(qnnMultimodal.requests({}), multi.proofs)).toBe('npu');

    const again = await ask(qnnMultimodal, 'qnn-multimodal', phone, {
      ...{ prompt, earlier: ['What color is the triangle?'], options: { conversation: 1 } },
    });
    expect(again.failure).toBeUndefined();
    expect(again.text).toContain('orange triangle');
    expect(again.text).not.toContain('User:');

    const left = must(await device.shell('ls /data/local/tmp/plugsight/runs', NEVER));
    expect(left.stdout).not.toContain('run-');
  });
});
