import { REPORT, type Message } from './message';
import type { FailureCode } from '../../domain/failure';

/** A runner that is ours, and what holds for all. */
export const RUNS = {
  'runner-load': {
    title: 'The model could not be loaded',
    ways: [
      'The details hold the runner’s own words.',
      'With files of your own: are model and mmproj a pair?',
      'Close apps on the phone: it may lack memory. Then try again.',
    ],
  },
  'runner-refused': {
    title: 'The runner refused this question',
    ways: ['The details hold its own words.', 'Change the question or the settings, try again.'],
  },
  'runner-crashed': {
    title: 'The runner ended in the middle of the work',
    ways: [
      'Press Try again: it starts anew.',
      'Close apps on the phone: it may lack memory.',
      REPORT,
    ],
  },
  'runner-illegal-instruction': {
    title: 'The runner was built for a newer processor',
    ways: ['Use the baseline build of this runner.', REPORT],
  },
  'runner-protocol': {
    title: 'The runner says something that this page does not understand',
    ways: ['Reload the page, to have both from the same version.', REPORT],
  },
  'runner-timeout': {
    title: 'The runner is silent',
    ways: ['Press Try again: it starts anew.', 'Wake the phone and keep its screen on.', REPORT],
  },
} as const satisfies Partial<Record<FailureCode, Message>>;
