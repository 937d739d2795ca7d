import { AGAIN, type Message } from './message';
import type { FailureCode } from '../../domain/failure';

/** Manifests and files on their way. */
export const BUNDLES = {
  'manifest-invalid': {
    title: 'The description of this bundle is not valid',
    ways: ['Reload the page.', 'Tell whoever made the bundle; the details say which field.'],
  },
  'bundle-unreachable': {
    title: 'A file could not be loaded',
    ways: [
      'Check the network, then press Try again.',
      'If the page was opened long ago: reload it.',
      'Is it your own server? It must allow this page (CORS) and use https.',
    ],
  },
  'address-refused': {
    title: 'The server does not give this file out',
    ways: [
      'Check the address: is the file still there, under this name?',
      'Some models ask you to accept a licence first. Do that there, download the files, and pick them from your disk.',
    ],
  },
  'address-web-page': {
    title: 'The address leads to a web page, not to a file',
    ways: [
      'Copy the link of the file itself; at Hugging Face it is the one of the download button.',
      'If it is a page to sign in on: download the files there, and pick them from your disk.',
    ],
  },
  'source-changed': {
    title: 'The file changed while it was loaded',
    why: 'Its server now offers another one; halves of two files were not put together.',
    ways: ['Start again to get the new one.', 'Use an address that names a fixed version.'],
  },
  'hash-mismatch': {
    title: 'A file has other bytes than promised',
    why: 'It was not installed.',
    ways: [
      'Reload the page: an old copy may be in the cache.',
      'If it stays: the server or a program in between changes the file. Tell whoever runs it.',
    ],
  },
  'size-mismatch': {
    title: 'A file arrived longer or shorter than promised',
    why: 'It was not installed.',
    ways: [AGAIN, 'If it stays: tell whoever runs the server.'],
  },
  'device-hash-mismatch': {
    title: 'The bytes on the phone are not the bytes we sent',
    why: 'The copy was deleted again.',
    ways: [AGAIN, 'Use another cable or port.', "Check the phone's storage if it happens again."],
  },
  'payload-file-invalid': {
    title: 'A file of the bundle is not what its name says',
    ways: [
      'Take it again from where it comes from: the SDK’s or the build’s folder.',
      'Pack the bundle again: `npm run -s cli -- payload pack` says which file it is and why.',
    ],
  },
  'model-invalid': {
    title: 'This is not a model that we can use',
    ways: [
      'Choose the language model (`.gguf`) first and its `mmproj` file second.',
      'Both must belong to the same model.',
      'A broken download? Compare its size with the original.',
    ],
  },
} as const satisfies Partial<Record<FailureCode, Message>>;
