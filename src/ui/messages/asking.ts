import type { FailureCode } from '../../domain/failure';
import { AGAIN, REPORT, type Message } from './message';

const SHORTER = 'Shorten the question.';
const SMALLER = 'Take a smaller picture.';
const PROFILE = 'Is the model’s bundle right about how pictures are prepared? Pack it again.';

/** Questions and pictures, as runners of others see them. */
export const ASKING = {
  'prompt-over-seq-len': {
    title: 'Picture and question are longer than the runner was set to read',
    ways: [SHORTER, SMALLER],
  },
  'prompt-over-limit': {
    title: 'Picture and question are longer than the compiled model can read',
    ways: [SMALLER, SHORTER],
  },
  'prompt-no-tokens': { title: 'The runner got an empty question', ways: ['Type one.', REPORT] },
  'context-full': {
    title: 'The model’s context was full before the answer was whole',
    ways: ['Lower the answer length in the settings.', SHORTER, SMALLER],
  },
  'answer-cut': {
    title: 'The answer was cut at the set length',
    ways: ['Raise the answer length in the settings, as far as the model goes.'],
  },
  'image-tensor-size': {
    title: 'The picture was prepared for another encoder',
    ways: [PROFILE, 'Take encoder and decoder of the same export.'],
  },
  'image-list': {
    title: 'The runner could not read the list of pictures',
    ways: [AGAIN, REPORT],
  },
  'image-not-given': {
    title: 'The runner got no picture',
    ways: ['Press Try again: it is sent anew.', REPORT],
  },
  'image-count': {
    title: 'The question has another number of pictures than there are',
    ways: ['Take words like `<image>` out of the question.', REPORT],
  },
  'image-encode-failed': {
    title: 'The vision part failed on the picture',
    why: 'The lines before in the log say why.',
    ways: [PROFILE, AGAIN],
  },
  'image-file-missing': {
    title: 'The runner did not find the picture',
    ways: ['Press Try again: it is sent anew.', REPORT],
  },
  'image-undecodable': {
    title: 'The runner could not read the picture',
    ways: ['Press Try again: it is sent anew.', 'Choose another picture.', REPORT],
  },
  'generation-failed': {
    title: 'The runner stopped during the answer',
    ways: [AGAIN, SHORTER, REPORT],
  },
} as const satisfies Partial<Record<FailureCode, Message>>;
