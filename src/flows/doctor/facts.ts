import type { DeviceFacts } from '../../domain/device-facts';
import type { Check } from '../../domain/doctor';
import type { RunSetup } from '../../domain/pipeline';
import { filesFor } from '../../domain/bundle';
import { htpArchOf } from '../../domain/soc';

/** First Android level that tells its chip (ro.soc.model). Source: Android 12, CDD; older phones are told by board names. */
const SOC_TOLD_SDK = 31;
const GB = 1e9;

/** SoC -> generation of its Hexagon. */
export function checkChip({ soc, htp, sdk }: DeviceFacts): Check {
  const about = { id: 'chip', title: 'Chip with an NPU that these runners know' } as const;
  if (soc && htp) return { ...about, state: 'ok', found: `${soc}, Hexagon ${htp}` };
  const older =
    sdk !== undefined && sdk < SOC_TOLD_SDK ? ' (phones before Android 12 do not say)' : '';
  return {
    ...{
      ...about,
      state: 'bad',
      found: soc ? `${soc} has none that is known` : `the phone names no chip${older}`,
    },
    fix: 'Use a phone with a Snapdragon 888 or newer; or a pipeline for the CPU (llama.cpp, LLaVA).',
  };
}

/** 64-bit ARM, and programs for it in the bundle. */
export function checkAbi({ abis, cpuFeatures, htp }: DeviceFacts, { runner }: RunSetup): Check {
  const about = { id: 'abi', title: 'Programs for this processor' } as const;
  const fits = filesFor(runner.manifest, abis, cpuFeatures, htp);
  if (fits.ok) return { ...about, state: 'ok', found: abis.join(', ') };
  return {
    ...{ ...about, state: 'bad', found: fits.failure.detail ?? '' },
    fix: 'These runners are 64-bit programs: use a 64-bit phone, or pack a build for this one.',
  };
}

export function checkAndroid({ android, sdk }: DeviceFacts, { runner, model }: RunSetup): Check {
  const about = { id: 'android', title: 'Android version' } as const;
  const needed = Math.max(
    runner.manifest.requires.minSdk ?? 0,
    model.manifest.requires.minSdk ?? 0,
  );
  const found = `Android ${android ?? 'not told'}, level ${sdk ?? 'not told'}`;
  if (sdk === undefined) return { ...about, state: 'warn', found };
  if (sdk >= needed) return { ...about, state: 'ok', found };
  return {
    ...about,
    state: 'bad',
    found: `${found}; ${needed} is needed`,
    fix: 'Update the phone.',
  };
}

export function checkMemory({ memoryFreeBytes }: DeviceFacts, { model, runner }: RunSetup): Check {
  const about = { id: 'memory', title: 'Free memory' } as const;
  const needed = Math.max(
    model.manifest.requires.memoryBytes ?? 0,
    runner.manifest.requires.memoryBytes ?? 0,
  );
  if (memoryFreeBytes === undefined)
    return { ...about, state: 'warn', found: 'the phone does not say' };
  const found = `${(memoryFreeBytes / GB).toFixed(1)} GB free, ${needed ? `${(needed / GB).toFixed(1)} GB needed` : 'the bundle states no need'}`;
  if (memoryFreeBytes >= needed) return { ...about, state: 'ok', found };
  return { ...about, state: 'bad', found, fix: 'Close apps on the phone, or restart it.' };
}

/** Compiled models run on one chip, and with libraries of their own SDK. */
export function checkBuiltFor({ soc, htp }: DeviceFacts, { runner, model }: RunSetup): Check {
  const about = {
    id: 'built-for',
    title: 'Model and libraries made for this chip and each other',
  } as const;
  const fix =
    'Compile the model for this chip with the SDK that the libraries are from, and pack both anew.';
  for (const { manifest } of [model, runner]) {
    const { soc: socs, htpArch } = manifest.requires;
    if (socs && soc && !socs.some((one) => soc.startsWith(one)))
      return {
        ...about,
        state: 'bad',
        found: `${manifest.id} is for ${socs.join(', ')}, this is ${soc}`,
        fix,
      };
    const arch = htp ?? htpArchOf(soc);
    if (htpArch && arch && !htpArch.includes(arch))
      return {
        ...about,
        state: 'bad',
        found: `${manifest.id} is for Hexagon ${htpArch.join(', ')}, this is ${arch}`,
        fix,
      };
  }
  const [a, b] = [runner.manifest.sdk, model.manifest.sdk];
  if (a && b && (a.name !== b.name || a.version !== b.version))
    return {
      ...{ ...about, state: 'bad', fix },
      found: `libraries of ${a.name} ${a.version}, model of ${b.name} ${b.version}`,
    };
  if (!model.manifest.requires.soc && !model.manifest.requires.htpArch)
    return {
      ...about,
      state: 'warn',
      found: 'the model’s manifest does not say which chip it was compiled for',
    };
  return {
    ...about,
    state: 'ok',
    found: a ? `${a.name} ${a.version}, ${soc ?? ''}`.trim() : (soc ?? ''),
  };
}
