import { AGAIN, REPORT, type Message } from './message';
import type { FailureCode } from '../../domain/failure';

/** Files, commands and room on the phone. */
export const PHONE = {
  'command-failed': {
    title: 'A command on the phone failed',
    ways: [AGAIN, 'Restart the phone.', REPORT],
  },
  'device-file-missing': {
    title: 'A file that we need on the phone is not there',
    why: 'Something deleted it, or the program cannot start there.',
    ways: ['Press Try again: what is missing is installed anew.', REPORT],
  },
  'disk-full': {
    title: "The phone's storage is full",
    why: 'What has arrived stays there.',
    ways: [
      'Free some space on the phone, then try again: it goes on where it stopped.',
      'Remove what Plugsight put there: “Remove from phone”.',
    ],
  },
  'device-denied': {
    title: 'The phone does not let us write or start programs there',
    ways: [
      'Use the phone of the main user: work profiles and managed phones forbid it.',
      'Restart the phone and connect again.',
      REPORT,
    ],
  },
  'device-tool-missing': {
    title: 'The phone lacks a tool that we need',
    ways: ['Use a phone with Android 8 or later and its own system.', REPORT],
  },
  'output-flood': {
    title: 'A program printed more than anybody can read',
    why: 'It was stopped.',
    ways: [AGAIN, REPORT],
  },
  'payload-yours': {
    title: 'For this pipeline the programs and the model are yours to bring',
    why: 'They contain parts of vendors’ SDKs, which nobody may pass on. The page has a simulated stand-in only, and that does not run on a real phone.',
    ways: [
      'Pack your own files with `npm run -s cli -- payload pack`, and choose the folder under Runner and Model.',
      'Or take the pipeline “llama.cpp, our runner”: it needs nothing of yours.',
      'Or try this one on the virtual phone, with the simulated runner.',
    ],
  },
  'abi-unsupported': {
    title: 'There is no program for this phone’s processor yet',
    why: 'The page can connect and read this phone, but has nothing to run on it.',
    ways: [
      'Use the virtual phone: it goes the whole way.',
      'If you run this page yourself: build the program with `npm run payload:build`, then reload.',
      'Or use another phone.',
    ],
  },
  'space-low': {
    title: 'Not enough free storage on the phone',
    ways: [
      'Free some space on the phone, then try again.',
      'Remove what Plugsight put there: “Remove from phone”.',
      'Choose a smaller model.',
    ],
  },
  'memory-low': {
    title: 'Not enough free memory on the phone',
    why: 'Free memory decides, not the size of the memory.',
    ways: ['Close apps on the phone, then try again.', 'Choose a smaller model.'],
  },
  'memory-tight': {
    title: 'Free memory is scarce for this model',
    why: 'Android may end the runner without a word.',
    ways: ['If that happens: close apps on the phone, then try again.', 'Choose a smaller model.'],
  },
} as const satisfies Partial<Record<FailureCode, Message>>;
