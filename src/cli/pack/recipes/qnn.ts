import type { Item } from '../recipe';

/**
 * What every QNN pipeline takes from the vendor's SDK. Source of the list: pytorch/executorch
 * backends/qualcomm/export_utils.py (SimpleADB's push), omnimind-ai/OmniInfer docs/android/et-qnn.md.
 */
export const ANDROID = 'lib/aarch64-android';
const SDK = 'the QNN (QAIRT) SDK that compiled the model';

export const qnnLibrary = (name: string, more: Partial<Item> = {}): Item => ({
  ...{ key: name.replace(/^lib|\.so$/g, ''), names: [name], folders: [ANDROID] },
  ...{ is: 'library', role: 'library', from: `${SDK}, ${ANDROID}/${name}`, ...more },
});

export const qnnProgram = (name: string, more: Partial<Item> = {}): Item => ({
  ...{ key: name, names: [name], folders: ['bin/aarch64-android'], is: 'program' },
  ...{ role: 'runner', from: `${SDK}, bin/aarch64-android/${name}`, ...more },
});

/** The backend's two halves, one pair per Hexagon: the stub runs on the CPU, the skel on the Hexagon itself. */
export const HTP_PAIR: readonly Item[] = [
  {
    ...{ key: 'stub', names: ['libQnnHtpVNNStub.so'], folders: [ANDROID], is: 'stub' },
    ...{ role: 'stub', from: `${SDK}, ${ANDROID}/libQnnHtpVNNStub.so` },
  },
  {
    ...{ key: 'skel', names: ['libQnnHtpVNNSkel.so'], folders: ['lib/hexagon-vNN/unsigned'] },
    ...{ is: 'skel', role: 'skel' },
    from: `${SDK}, lib/hexagon-vNN/unsigned/libQnnHtpVNNSkel.so`,
  },
];

/** For programs of ExecuTorch. Prepare is pushed by its own scripts always, and needed only for models prepared on the phone. */
export const EXECUTORCH_QNN: readonly Item[] = [
  {
    ...{ key: 'backend', names: ['libqnn_executorch_backend.so'], is: 'library', role: 'library' },
    folders: ['build-android/lib', 'build-android/backends/qualcomm', 'jniLibs/arm64-v8a'],
    from: 'the ExecuTorch build (backends/qualcomm/scripts/build.sh), build-android/lib',
  },
  qnnLibrary('libQnnHtp.so'),
  qnnLibrary('libQnnSystem.so'),
  qnnLibrary('libQnnHtpPrepare.so', {
    optional: 'models that are prepared on the phone do not load',
  }),
  ...HTP_PAIR,
];

export const LLAMA_SCRIPTS = 'build-android/examples/qualcomm/oss_scripts/llama';
export const VENDOR_LICENCE = 'BSD-3-Clause AND LicenseRef-Qualcomm-AI-Runtime';
