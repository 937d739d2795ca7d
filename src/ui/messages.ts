import type { FailureCode } from '../domain/failure';
import type { Os } from './os';

/** What a person reads about a failure. `code` in backticks is shown as code. */
export interface Message {
  /** What happened, one line. */
  readonly title: string;
  /** Why, one sentence, where it helps. */
  readonly why?: string;
  /** Ways out, the likeliest first. */
  readonly ways: readonly string[];
  /** Ways out that come first on one operating system. */
  readonly waysOn?: Partial<Record<Os, readonly string[]>>;
  /** True: the step goes back to rest and nothing is shown. */
  readonly silent?: true;
}

const AGAIN = 'Press Try again. Nothing that you typed or chose is lost.';
const REPLUG = 'Unplug the cable, plug it in again and unlock the phone.';
const VIRTUAL = 'Or use the virtual phone: it needs no cable and no permission.';
const REPORT = 'If it stays like this, copy the details into a bug report.';

/** Every failure's sentence. A code without one does not compile. */
export const MESSAGES = {
  cancelled: { title: 'Cancelled', ways: [], silent: true },

  'webusb-missing': {
    title: 'This browser cannot reach USB devices',
    ways: [
      'Open this page in Chrome, Edge, Opera or another Chromium browser. Firefox and Safari have no WebUSB.',
      VIRTUAL,
    ],
  },
  'insecure-page': {
    title: 'This page was opened in a way that forbids USB',
    why: 'Browsers allow USB on https pages and on localhost only.',
    ways: ['Open the same address with `https://`, or through `localhost`.', VIRTUAL],
  },
  'usb-blocked': {
    title: 'USB is switched off for this page',
    ways: [
      'In the address bar, open the site settings and allow USB devices.',
      'On a managed computer the administrator decides: try a private profile or another computer.',
      VIRTUAL,
    ],
  },
  'nothing-chosen': {
    title: 'No phone was chosen',
    why: 'If the list was empty, the computer does not see a phone that allows debugging.',
    ways: [
      'Unlock the phone first, then plug it in.',
      'On the phone: Settings → Developer options → USB debugging on.',
      'Use a cable that carries data; many only charge. Prefer a port on the computer itself.',
      VIRTUAL,
    ],
    waysOn: {
      windows: ["Install the maker's USB driver, or Google's, when the phone never appears."],
      android: ['On this device, use a USB-C cable between the two phones and allow the request.'],
    },
  },
  'usb-busy': {
    title: 'Another program holds the phone',
    why: "Only one program at a time can use the phone's debugging interface.",
    ways: [
      'Close other tabs that use the phone, and `chrome://inspect` in any window.',
      'Close Android Studio, scrcpy and similar programs.',
      'In a terminal: `adb kill-server`',
      'Press Try again. The phone stays chosen.',
    ],
    waysOn: {
      windows: ['Phone suites of the maker hold it too: end them in the task bar.'],
      android: ['End other apps on this device that use USB debugging.'],
      chromeos: ['Settings → Developers → Linux: take the phone back from Linux under USB.'],
    },
  },
  'usb-denied': {
    title: 'The system refused to open the phone',
    ways: [REPLUG, AGAIN],
    waysOn: {
      linux: [
        'Debian or Ubuntu: `sudo apt install android-sdk-platform-tools-common`, then replug the phone. It adds the udev rule that lets you use it.',
        'Chromium as a Snap: `sudo snap connect chromium:raw-usb`, then restart it.',
        'Flatpak browsers cannot open USB devices: use the package of the distribution or of Google.',
      ],
      windows: [
        "Install Google's USB driver, or in Device Manager choose the driver `WinUSB` for the ADB interface.",
        'Security programs can hide USB devices: allow the browser there.',
      ],
      macos: ['System Settings → Privacy & Security → allow accessories to connect.'],
      android: ['When this device asks whether the browser may use the phone, allow it.'],
      chromeos: ['Ask the administrator when the device is managed: USB access can be locked.'],
    },
  },
  unauthorised: {
    title: 'The phone did not say yes to this computer',
    ways: [
      'Unlock the phone. If it asks “Allow USB debugging?”, tap Allow.',
      'No question there? Unplug the cable and plug it in again: that asks anew.',
      'Still none? Developer options → Revoke USB debugging authorisations, then replug.',
      AGAIN,
    ],
  },
  'shell-missing': {
    title: 'This phone is too old',
    why: 'It has no shell protocol v2, which came with Android 8.',
    ways: ['Use a phone with Android 8 or later.', VIRTUAL],
  },
  unplugged: {
    title: 'The phone is gone',
    why: 'The cable went, or the phone restarted its USB connection.',
    ways: [
      'Plug it in again and unlock it.',
      'Press Try again. What is on the phone already is not sent twice.',
      'If it happens often: another cable, another port, no hub.',
    ],
  },
  stalled: {
    title: 'The phone stopped answering',
    ways: ['Wake and unlock the phone.', REPLUG, AGAIN],
  },
  'adb-protocol': {
    title: 'The phone says something unexpected',
    why: 'This happens when two programs talk to it at once.',
    ways: ['In a terminal: `adb kill-server`. Close other tabs that use it.', REPLUG, AGAIN],
  },

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
    why: 'The unfinished file was deleted again.',
    ways: [
      'Free some space on the phone, then try again.',
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
    title: 'A part of the page did not load',
    ways: ['Press Try again.', 'Reload the page.', 'Check the network.'],
  },
} as const satisfies Record<FailureCode, Message>;

/** The message of a code, with what fits this operating system first. */
export function messageFor(code: FailureCode, os: Os): Message {
  const message: Message = MESSAGES[code];
  return { ...message, ways: [...(message.waysOn?.[os] ?? []), ...message.ways] };
}
