import type { Message } from './message';
import type { FailureCode } from '../../domain/failure';

/** Links, storage, the page itself. */
export const PAGE = {
  'link-newer': {
    title: 'This link was made by a newer version of the page',
    ways: ['Reload the page to get it.', 'Or ask for the link once more from this version.'],
  },
  'link-damaged': {
    title: 'This link is cut off or altered',
    ways: ['Copy it again, whole: chats and mails like to cut long links.'],
  },
  'link-too-large': {
    title: 'This link is larger than any that we make',
    ways: ['Ask for the report as a file instead.'],
  },
  'browser-denied': {
    title: 'The browser did not allow that',
    ways: ['Click into the page once and try again.', 'Private windows can forbid storing.'],
  },
  'worker-failed': {
    title: 'A part of the page did not load',
    ways: ['Press Try again.', 'Reload the page.', 'Check the network.'],
  },
} as const satisfies Partial<Record<FailureCode, Message>>;
