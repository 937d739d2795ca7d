import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { probe } from '../../src/flows/probe';
import { whyNot, picture } from '../payload/native-runner';
import { bundleFromDisk, installed } from './bundles';
import { connectTo, must, NEVER } from './connect';
import { startDevice, whyNoDevice } from './device';

describe('simulated runners on a real adbd', () => {
  test(
    'the extractor and the decoder answer about the picture',
    { timeout: 120_000 },
    async ({ skip }) => {
      const reason = (await whyNoDevice()) ?? whyNot('x86_64');
      if (reason) skip(reason);
      await using machine = await startDevice({ soc: 'SM8650' });
      await using device = await connectTo(machine.port);
      const facts = must(await probe(device, NEVER));
      expect(facts).toMatchObject({ soc: 'SM8650', htp: 'v75' });
      const runner = await installed(
        device,
        await bundleFromDisk('simulated-omniinfer-runner'),
        facts,
      );
      const model = await installed(
        device,
        await bundleFromDisk('simulated-omniinfer-model'),
        facts,
      );
      const image = new Blob([await readFile(picture('0000.png'))]).stream();
      const path = '/data/local/tmp/plugsight/runs/in.png';
      const pushing = device.push({ path, source: image, mode: 0o644 }, NEVER);
      for (let step = await pushing.next(); !step.done;) step = await pushing.next();
      const run = async (script: string) =>
        must(await device.shell(`cd ${runner.dir} && ${script}`, NEVER));
      const first = await run(
        `cd /data/local/tmp/plugsight/runs && LD_LIBRARY_PATH=${runner.dir} ADSP_LIBRARY_PATH=${runner.dir} ${runner.dir}/llama-mtmd-cli -m ${model.dir}/language.gguf --mmproj ${model.dir}/vision.gguf --image ${path} -p 'Describe the picture.'`,
      );
      expect(first.stderr).toContain('Successfully loaded HTP ops library');
      expect(first.exitCode).toBe(0);
      const second = await run(
        `cd /data/local/tmp/plugsight/runs && LD_LIBRARY_PATH=${runner.dir} ADSP_LIBRARY_PATH=${runner.dir} ${runner.dir}/qnn_llama_runner --decoder_model_version qwen3 --model_path ${model.dir}/hybrid_llama_qnn.pte --embeds_path mtmd_data.bin --seq_len 2048 --output_path out.txt && cat out.txt`,
      );
      expect(second.stdout).toContain('orange triangle');
      expect(second.exitCode).toBe(0);
    },
  );
});
