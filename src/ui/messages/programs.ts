import type { FailureCode } from '../../domain/failure';
import { AGAIN, REPORT, type Message } from './message';

const REPACK =
  'Made it yourself? Pack it again: `npm run -s cli -- payload pack` checks that all belongs together.';
const REINSTALL = 'Press Try again: what is missing is installed anew.';
const CLOSE_APPS = 'Close apps on the phone, then try again.';

/** Programs of others: starting them, their files, how they end. */
export const PROGRAMS = {
  'library-missing': {
    title: 'The program lacks a library',
    why: 'The phone could not link it; the details name the library.',
    ways: [
      'Pack the runner again with that `.so` file, from the same SDK or build as the program.',
      REPORT,
    ],
  },
  'program-missing': {
    title: 'The program to start is not on the phone',
    ways: [REINSTALL, REPORT],
  },
  'program-not-executable': {
    title: 'The phone would not execute the program',
    ways: [
      'Press Try again: it is installed anew, as executable.',
      'Some managed phones forbid programs of one’s own: try another phone.',
    ],
  },
  'program-abi': {
    title: 'A program or library is for another kind of processor',
    why: 'Mostly a 32-bit file where a 64-bit one belongs, or the other way round.',
    ways: ['Take the file from the SDK’s `aarch64-android` folder and pack again.', REPACK],
  },
  'runner-flag': {
    title: 'The runner does not know an option that the page gave it',
    why: 'Program and bundle are of different versions.',
    ways: [
      'Pack the runner again, so that its version is read from the program itself.',
      'The details name the option; put it into a bug report.',
    ],
  },
  'decoder-version': {
    title: 'The runner does not know this kind of model',
    ways: ['Build the runner from the version that exported the model.', REPACK],
  },
  'kv-updater': {
    title: 'The runner knows no such cache updater',
    why: 'The option exists in the fork and in ExecuTorch before 1.1 only.',
    ways: ['Use the `qnn_llama_runner` of OmniInfer-LLM.', REPACK],
  },
  'mmproj-not-given': {
    title: 'The runner got no vision model',
    ways: ['Pack the model again with its `mmproj` file.', REPORT],
  },

  'model-file-missing': {
    title: 'The runner did not find a file of the model',
    ways: [REINSTALL, 'The details name the file: is it part of the bundle?'],
  },
  'pte-invalid': {
    title: 'A compiled model is not of this ExecuTorch version, or damaged',
    ways: [
      'Export the model with the version that built the runner.',
      'Was it downloaded? Compare its size with the original, then pack again.',
    ],
  },
  'pte-other-runner': {
    title: 'The model was exported for another runner',
    why: 'It lacks what only the fork’s export script puts in.',
    ways: ['Export it with OmniInfer-LLM, the project that this runner comes from.'],
  },
  'language-model-load': {
    title: 'The language model could not be loaded',
    ways: [
      'Is the download whole? Compare its size with the original.',
      'A newer model than the runner? Build the runner from a newer llama.cpp.',
      CLOSE_APPS,
    ],
  },
  'vision-model-load': {
    title: 'The vision model (mmproj) could not be loaded',
    ways: [
      'Take the `mmproj` file that was made with this language model.',
      'Is the download whole? Compare its size with the original.',
    ],
  },
  'runner-tokenizer': {
    title: 'The runner could not read the tokenizer',
    ways: [
      'Pack the tokenizer file that the model was exported with; the runner’s page in the docs says of what kind.',
    ],
  },
  'chat-template-missing': {
    title: 'The model does not say how questions are written for it',
    ways: ['Take a newer conversion of the model: old GGUF files lack the chat template.'],
  },
  'lut-mismatch': {
    title: 'The embedding table does not belong to this model',
    why: 'Words were looked up beyond its end: the answer is not to be trusted.',
    ways: ['Take the table that was exported with the decoder, of the same number type.', REPACK],
  },
  'embeddings-width': {
    title: 'The embeddings have another width or type than Genie was told',
    ways: ['Take encoder, table and decoder of one build.', REPACK],
  },
  'genie-config': {
    title: 'Genie does not understand its settings',
    why: 'The details name the setting; SDK versions differ in them.',
    ways: ['Use the SDK version that the bundle names.', REPORT],
  },
  'genie-dialog': {
    title: 'Genie could not open the model',
    ways: [
      'Run the NPU check: it says which library, skel or variable is wrong.',
      'Use the model’s CPU decoder, if its bundle has one: set NPU decoder to 0.',
      'Was it compiled for this chip and this SDK? The bundle’s description says for which.',
    ],
  },
  'genie-file': {
    title: 'Genie did not find one of its files',
    ways: [REINSTALL, 'The details name the file.'],
  },
  'genie-state': {
    title: 'Genie could not keep the conversation',
    ways: ['Set Conversation to 0 in the settings: each question then stands alone.', AGAIN],
  },
  'genie-query': {
    title: 'Genie stopped in the middle of the answer',
    ways: [AGAIN, CLOSE_APPS, REPORT],
  },
  'profile-exists': {
    title: 'Genie found figures of an earlier run in its way',
    ways: [AGAIN, REPORT],
  },
  'mtmd-missing': {
    title: 'The vision step left nothing for the language model',
    ways: ['Press Try again: it runs anew.', REPORT],
  },
  'mtmd-type': {
    title: 'Vision step and language model do not speak the same format',
    ways: ['Take both programs from the same OmniInfer release.', REPACK],
  },
  'run-folder-denied': {
    title: 'The runner could not write its files',
    ways: ['Free some space on the phone, then try again.', 'Restart the phone.', REPORT],
  },

  'runner-aborted': {
    title: 'The runner gave up',
    why: 'It ended itself; the details hold its last words.',
    ways: [AGAIN, 'Do runner and model belong together? Compare their versions.', REPORT],
  },
  'runner-bad-access': {
    title: 'The runner crashed',
    why: 'It touched memory that is not its own: files that do not fit together do that, or a fault in it.',
    ways: [
      'Shorten the question, or take a smaller picture.',
      'Do runner and model belong together? Compare their versions.',
      REPORT,
    ],
  },
  'runner-killed': {
    title: 'The phone ended the runner, most likely for want of memory',
    why: 'Android does this without a word when memory runs out.',
    ways: [
      CLOSE_APPS,
      'Restart the phone and try again before opening other apps.',
      'Choose a smaller model.',
    ],
  },
  'runner-stopped': {
    title: 'Something on the phone ended the runner',
    ways: [AGAIN, 'Other tools on the phone or computer may end programs there: close them.'],
  },
  'answer-missing': {
    title: 'The runner ended without an answer',
    why: 'It said that all went well, but its result file or its figures are missing.',
    ways: [
      'Look at the last lines of the log: some of its errors do not change its exit code.',
      'Are all parts of the model of one export, and for this runner?',
      REPORT,
    ],
  },
  'runner-silent': {
    title: 'The runner ended with an error and did not say why',
    why: 'Its last message can be lost. Nearly always it could not load the model or its vision part.',
    ways: [
      'Are model and `mmproj` a pair, and both whole? Compare their sizes with the originals.',
      CLOSE_APPS,
      'Press Try again: the message may get through the next time.',
    ],
  },
} as const satisfies Partial<Record<FailureCode, Message>>;
