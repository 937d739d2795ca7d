import { REPORT, type Message } from './message';
import type { FailureCode } from '../../domain/failure';

/** Pictures, questions, and what the page computes of them. */
export const PICTURES = {
  'image-not-image': {
    title: 'This file is no picture that the browser can read',
    ways: ['Use a PNG, JPEG, WebP, GIF, BMP or AVIF file.', 'Or take one of the samples.'],
  },
  'image-damaged': {
    title: 'The picture is damaged or cut off',
    ways: ['Use the original file, or load it again.', 'Or take one of the samples.'],
  },
  'image-too-large': {
    title: 'The picture is too large',
    ways: ['Make it smaller and choose it again.', 'Or take one of the samples.'],
  },
  'image-shape': {
    title: 'This picture’s shape does not fit the model',
    ways: ['Crop it: it is far longer than wide, or the other way round.'],
  },
  'recipe-invalid': {
    title: 'Nobody here knows how to prepare a picture that way',
    why: 'The model or the link asks for a preparation that this page does not have.',
    ways: ['Reload the page to get its newest version.', 'Choose another model.'],
  },
  'camera-denied': {
    title: 'There is no camera to use',
    ways: [
      'Allow the camera: the sign at the left of the address bar.',
      'Close other programs that use the camera.',
      'Choose a picture from a file instead.',
    ],
  },
  'prompt-empty': { title: 'Type a question first', ways: ['Or take one of the suggestions.'] },
  'prompt-too-long': { title: 'The question is too long', ways: ['Shorten it.'] },
  'context-too-small': {
    title: 'Picture, question and answer do not fit into the model',
    ways: ['Shorten the question.', 'Lower the answer length in the settings.'],
  },
  'prompt-marker': {
    title: 'The question contains the sign that stands for the picture',
    why: 'The model would take it for a second picture.',
    ways: ['Take it out; the details say which words.'],
  },
  'tokenizer-invalid': {
    title: 'This is not a tokenizer.json, or it is damaged',
    ways: ['Take the one that lies beside the model.'],
  },
  'tokenizer-unsupported': {
    title: 'This tokenizer is of a kind that the page does not know',
    ways: ['The runner still counts: run once, then look at “All figures”.'],
  },
  'mtmd-invalid': {
    title: 'This is not an mtmd_data.bin, or it is cut off',
    ways: ['Run the vision step again.'],
  },
  'embeddings-invalid': {
    title: 'The vision output does not fit the model',
    ways: ['Take files of the same model and build.', 'Run the vision step again.'],
  },
  'encoder-invalid': {
    title: 'This is not an ONNX model that the page can load',
    ways: [
      'Pick the `.onnx` file of the image encoder, whole and with its weights inside, at most 1 GB.',
      'The details hold the words of onnxruntime.',
    ],
  },
  'encoder-shape': {
    title: 'This ONNX model is not the image encoder of this model',
    why: 'It must take one picture, float32 [1, 3, height, width], and give a row for each token.',
    ways: ['Export encoder and projector together, as one model.', 'The details say what it has.'],
  },
  'encoder-failed': {
    title: 'The page could not compute the ONNX model',
    ways: ['Close other tabs: it may want memory.', 'Take a smaller one.', REPORT],
  },
} as const satisfies Partial<Record<FailureCode, Message>>;
