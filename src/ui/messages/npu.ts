import type { FailureCode } from '../../domain/failure';
import { AGAIN, REPORT, type Message } from './message';

const CHECK = 'Run the NPU check: it tries what helps on other phones and remembers it.';
const SAME_SDK = 'Pack libraries and compiled model of the same SDK version.';

/** The NPU: QNN, Hexagon, and the way there. */
export const NPU = {
  'npu-unfit': {
    title: 'This phone’s NPU cannot run this pipeline',
    why: 'The NPU check beside the phone shows what is missing, and what to do about each.',
    ways: [
      'Mend what the NPU check marks, then try again.',
      'Or choose a pipeline on the CPU: llama.cpp runs on every phone.',
    ],
  },
  'qnn-backend-missing': {
    title: 'The runner has no NPU backend',
    ways: ['Pack `libqnn_executorch_backend.so` of the runner’s own build beside it.'],
  },
  'qnn-library-missing': {
    title: 'An NPU library is missing',
    why: 'The details name it.',
    ways: ['Pack it from the SDK’s `lib/aarch64-android` folder.', SAME_SDK],
  },
  'qnn-device': {
    title: 'The NPU did not open',
    why: 'Its half of the library (the skel) was not found, is for another Hexagon, or was refused.',
    ways: [
      CHECK,
      'Pack the `libQnnHtpV…Skel.so` for this phone’s chip, from the SDK’s `hexagon-v…/unsigned` folder.',
      'Restart the phone: a crashed NPU stays away until then.',
    ],
  },
  'qnn-manager': {
    title: 'QNN could not start',
    why: 'The lines before in the log say why.',
    ways: [CHECK, REPORT],
  },
  'qnn-context': {
    title: 'The NPU did not take the compiled model',
    why: 'It was compiled for another chip or a newer SDK, or the NPU has no memory left.',
    ways: [
      'Compile it for this phone’s chip; the Ready step names it.',
      SAME_SDK,
      'Close apps on the phone, then try again.',
    ],
  },
  'qnn-version': {
    title: 'NPU libraries and model are of different SDK versions',
    ways: [SAME_SDK],
  },
  'qnn-cache-invalid': {
    title: 'The compiled model is damaged',
    ways: ['Take it again from where it comes from, and pack anew.', AGAIN],
  },
  'rpc-library-missing': {
    title: 'The way to the NPU is closed',
    why: '`libcdsprpc.so` is a part of the phone; some phones keep it from programs like ours.',
    ways: [CHECK, 'If that does not help: use a pipeline on the CPU, or another phone.'],
  },
  'rpc-memory': {
    title: 'The NPU has no memory left to share',
    ways: [
      'Close apps on the phone, then try again.',
      'Restart the phone.',
      'Choose a model with a smaller context.',
    ],
  },
  'qnn-execute': {
    title: 'The NPU broke off its work',
    ways: [
      'Press Try again: once is often enough.',
      'Restart the phone if it happens again.',
      REPORT,
    ],
  },
  'backend-init': {
    title: 'A backend of the runner could not start',
    why: 'The lines before in the log say why.',
    ways: [CHECK, REPORT],
  },
  'npu-ops-missing': {
    title: 'The picture was read on the CPU, not on the NPU',
    why: 'The runner’s NPU library was not found; it goes on without, slowly.',
    ways: ['Pack `libhtp_ops.so` and its skel beside the runner.', CHECK],
  },
  'npu-session': {
    title: 'The NPU opened no session',
    why: 'Its half of the library was not found, is for another Hexagon, or is not signed for this phone.',
    ways: [CHECK, 'Take the library for this phone’s Hexagon.', 'Use the CPU instead.'],
  },
  'npu-memory': {
    title: 'The NPU had no memory for this picture',
    ways: ['Take a smaller picture.', 'Close apps on the phone, then try again.'],
  },
  'npu-weights': {
    title: 'The NPU cannot work with this model’s weights',
    why: 'It takes Q4_0, Q8_0, IQ4_NL and MXFP4; others stay on the CPU.',
    ways: ['Choose a Q4_0 or Q8_0 file of the model.', 'Or set Hexagon to 0: all on the CPU.'],
  },
} as const satisfies Partial<Record<FailureCode, Message>>;
