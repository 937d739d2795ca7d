import type { EtLog } from './executorch';
import { ABORTED, at, findIn, type SimulatedIo } from './host';

/**
 * Opens what a QNN program of ExecuTorch opens, and fails where it would: libraries by LD_LIBRARY_PATH (or beside the
 * program, its RUNPATH), the skel of this phone's Hexagon by ADSP_LIBRARY_PATH, the model file. Undefined: all is well.
 * Texts: pytorch/executorch backends/qualcomm/runtime/.
 */
export async function openQnn(
  io: SimulatedIo,
  log: EtLog,
  program: string,
  models: readonly string[],
): Promise<number | undefined> {
  for (const model of models)
    if (!io.readFile(at(io, model))) {
      await log.say(
        'mmap_data_loader.cpp:79',
        `Failed to open ${model}: No such file or directory (2)`,
        'E',
      );
      await log.say('result.h:170', 'In function CheckOk(), assert failed: hasValue_', 'F');
      await io.warn('Aborted\n');
      return ABORTED;
    }
  const beside = program.slice(0, program.lastIndexOf('/'));
  const libraries = [io.env['LD_LIBRARY_PATH'], beside].filter(Boolean).join(':');
  const missing = ['libQnnHtp.so', 'libQnnSystem.so'].find(
    (name) => findIn(io, libraries, ':', name) === undefined,
  );
  if (missing)
    return giveUp(
      io,
      log,
      `Cannot Open QNN library ${missing}, with error: dlopen failed: library "${missing}" not found`,
    );
  if (io.htp === undefined)
    return giveUp(
      io,
      log,
      'Unable to load shared buffer. dlerror(): dlopen failed: library "libcdsprpc.so" not found',
    );
  if (!hasSkel(io))
    return giveUp(io, log, 'Failed to create device_handle for Backend ID 6, error=14001');
  await log.qnn('Deserializing processed data using QnnContextCustomProtocol');
  await log.qnn('Use cached delegate handle for current method: kv_forward');
  return undefined;
}

/** The skel of this phone's Hexagon, where the DSP looks for it. */
export const hasSkel = (io: SimulatedIo): boolean =>
  findIn(
    io,
    io.env['ADSP_LIBRARY_PATH'],
    ';',
    `libQnnHtp${(io.htp ?? '').toUpperCase()}Skel.so`,
  ) !== undefined;

async function giveUp(io: SimulatedIo, log: EtLog, cause: string): Promise<number> {
  await log.qnn(cause, 'ERROR');
  await log.qnn('Fail to initialize Qnn Manager', 'ERROR');
  await log.say('method.cpp:115', 'Init failed for backend QnnBackend: 0x1', 'E');
  await io.warn('Aborted\n');
  return ABORTED;
}

/** The last lines of a program that closed the NPU in good order. */
export async function closeQnn(log: EtLog, contexts: number): Promise<void> {
  for (let i = 0; i < contexts; i += 1) await log.qnn('Destroy Qnn context');
  await log.qnn('Destroy Qnn device');
  await log.qnn('Destroy Qnn backend');
}
