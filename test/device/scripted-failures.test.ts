import { describe, expect, test } from 'vitest';
import { FAILURE_FILE } from '../../src/adapters/simulated';
import { verdict } from '../../src/domain/accelerator';
import { probe } from '../../src/flows/probe';
import { write } from '../../src/flows/sent';
import { PIPELINES } from '../../src/pipelines';
import { EXAMPLES, scriptOf } from '../../src/pipelines/examples';
import { llamaMtmd } from '../../src/pipelines/llama-mtmd';
import { whyNot } from '../payload/native-runner';
import { ask } from './ask-simulated';
import { connectTo, must, NEVER } from './connect';
import { startDevice, whyNoDevice } from './device';

const prompt = 'Describe the picture.';
const NAMES = ['qnn-device', 'qnn-version', 'genie-context', 'killed', 'pair', 'text-device'];

describe('runners that are told to fail, on a real adbd', () => {
  test(
    'end in the example’s code; llama.cpp on Hexagon answers',
    { timeout: 240_000 },
    async (t) => {
      const reason = (await whyNoDevice()) ?? whyNot('x86_64');
      if (reason) t.skip(reason);
      await using machine = await startDevice({ soc: 'SM8650' });
      await using device = await connectTo(machine.port);
      const phone = { device, facts: must(await probe(device, NEVER)) };

      const options = { hexagon: 1 };
      const npu = await ask(llamaMtmd, 'llama-mtmd', phone, { prompt, options });
      expect(npu.failure).toBeUndefined();
      expect(npu.text).toContain('orange triangle');
      expect(verdict(llamaMtmd.requests(options), npu.proofs)).toBe('npu');

      for (const example of EXAMPLES.filter(({ id }) => NAMES.includes(id))) {
        const script = new TextEncoder().encode(JSON.stringify(scriptOf(example)));
        must(await write(device, FAILURE_FILE, script, NEVER));
        const [id, pipeline] = Object.entries(PIPELINES).find(([id]) => id === example.pipeline)!;
        const { failure } = await ask(pipeline, id, phone, { prompt });
        expect(failure?.code, example.id).toBe(example.code);
      }
    },
  );
});
