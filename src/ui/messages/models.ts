import type { FailureCode } from '../../domain/failure';
import type { Message } from './message';

/** Models of the user's, from disk or from an address, and why one cannot be used. */
export const MODELS = {
  'address-invalid': {
    title: 'This is not an address that the page reads',
    ways: [
      'Paste the link of a `.gguf` file, or of a repository at Hugging Face.',
      'It must begin with https; a server of this computer (localhost) may use http.',
    ],
  },
  'model-truncated': {
    title: 'The model file is cut off',
    why: 'Its own header describes more than is there. Nothing was sent.',
    ways: [
      'Download it again, whole, and compare its size with the original.',
      'If it comes from an address: the file there is cut off too. Take it from another place.',
    ],
  },
  'model-split': {
    title: 'This is one part of a model that was split into several files',
    ways: [
      'Take the same model in one file: a smaller quantisation is rarely split.',
      'Or merge the parts: `llama-gguf-split --merge FIRST-PART OUT.gguf`, and pick the result from your disk.',
    ],
  },
  'model-swapped': {
    title: 'Language model and mmproj are in each other’s place',
    ways: ['Choose the language model (.gguf) first and its `mmproj` file second.'],
  },
  'model-no-vision': {
    title: 'This model cannot see',
    why: 'The second file has no vision encoder.',
    ways: [
      'Take the `mmproj` file that lies beside the language model; its name mostly begins so.',
      'Some are for sound only: choose a vision-language model.',
    ],
  },
  'model-unsupported': {
    title: 'The runner cannot load this model',
    why: 'Its llama.cpp has no code for an architecture, projector or tensor type in it; the details name it.',
    ways: ['Choose another model; the list under Model holds families that it knows.'],
  },
  'model-mismatch': {
    title: 'Language model and mmproj do not belong together',
    why: 'Their widths differ, so one could not read the other.',
    ways: ['Take both from the same repository, made for the same model and size.'],
  },
} as const satisfies Partial<Record<FailureCode, Message>>;
