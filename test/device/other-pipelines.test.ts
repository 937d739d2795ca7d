import { describe, expect, test } from 'vitest';
import { verdict } from '../../src/domain/accelerator';
import type { RunState } from '../../src/domain/run';
import { probe } from '../../src/flows/probe';
import { etqnn } from '../../src/pipelines/etqnn';
import { fastVlm } from '../../src/pipelines/fastvlm';
import { llamaMtmd } from '../../src/pipelines/llama-mtmd';
import { llava } from '../../src/pipelines/llava';
import { whyNot } from '../payload/native-runner';
import { ask, askInTurn } from './ask-simulated';
import { connectTo, must, NEVER } from './connect';
import { startDevice, whyNoDevice } from './device';

const prompt = 'Describe the picture.';
const answered = (state: RunState | undefined) => {
  expect(state?.failure).toBeUndefined();
  expect(state).toMatchObject({ is: 'done', finish: 'stop' });
  return state!;
};

describe('FastVLM, LLaVA, llama.cpp and the text runner, simulated, on a real adbd', () => {
  test('answer in their own formats', { timeout: 240_000 }, async ({ skip }) => {
    const reason = (await whyNoDevice()) ?? whyNot('x86_64');
    if (reason) skip(reason);
    await using machine = await startDevice({ soc: 'SM8650' });
    await using device = await connectTo(machine.port);
    const phone = { device, facts: must(await probe(device, NEVER)) };

    const options = { conversation: 1 };
    const [first, second] = (
      await askInTurn(fastVlm, 'fastvlm', phone, [
        { prompt, options },
        { prompt, earlier: [prompt], options },
      ])
    ).map(answered);
    expect(first?.text).toContain('orange triangle');
    expect(first?.text).not.toMatch(/\[(BEGIN|END)\]/);
    expect(verdict(fastVlm.requests({}), first?.proofs ?? {})).toBe('npu');
    expect(first?.stats.ttft_ms?.source).toBe('runner');
    // Of the picture that the saved state holds: a follow-up sends none.
    expect(second?.text).toContain('orange triangle');
    expect(second?.warnings).toEqual([]);

    const chat = answered(await ask(llava, 'llava', phone, { prompt }));
    expect(chat.text).toContain('orange triangle');
    expect(chat.text).not.toMatch(/ASSISTANT|PyTorchObserver/);
    expect(chat.stats.tokens?.value).toBeGreaterThan(1);

    const cpu = answered(await ask(llamaMtmd, 'llama-mtmd', phone, { prompt }));
    expect(cpu.text).toContain('orange triangle');
    expect(cpu.arrivals.length).toBeGreaterThan(1);
    expect(cpu.stats.decode_rate?.value).toBeGreaterThan(0);

    const npu = { prompt, options: { hexagon: 1 } };
    const hexagon = answered(await ask(llamaMtmd, 'llama-mtmd', phone, npu));
    expect(hexagon.text).toContain('orange triangle');
    expect(verdict(llamaMtmd.requests(npu.options), hexagon.proofs)).toBe('npu');

    const [one, two] = (
      await askInTurn(etqnn, 'etqnn', phone, [{ prompt }, { prompt: 'How many shapes are there?' }])
    ).map(answered);
    expect(one?.text).not.toBe('');
    expect(two?.text).not.toBe('');
    expect(verdict(etqnn.requests({}), one?.proofs ?? {})).toBe('npu');

    const left = must(await device.shell('ls /data/local/tmp/plugsight/runs', NEVER));
    expect(left.stdout).not.toMatch(/run-|state/);
  });
});
