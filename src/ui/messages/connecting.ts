import { AGAIN, REPLUG, VIRTUAL, type Message } from './message';
import type { FailureCode } from '../../domain/failure';

/** Browser, cable, bridge: until the phone answers. */
export const CONNECTING = {
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
  'bridge-address': {
    title: 'This is not the address of a bridge',
    ways: [
      'Copy the whole line that `npm run bridge` printed: `ws://127.0.0.1:` and so on.',
      'A bridge on another computer cannot be used: it must run on this one.',
    ],
  },
  'bridge-gone': {
    title: 'The bridge does not answer',
    why: 'It is not running, it has ended, or the browser keeps this page from programs on this computer.',
    ways: [
      'Start it again: `npm run bridge`. Then paste the new address here.',
      'Did the browser ask about devices on the local network, or apps on this device? Allow it: the sign at the left of the address bar.',
    ],
  },
  'bridge-refused': {
    title: 'The bridge does not take this address any more',
    why: 'Each address works once, and for ten minutes.',
    ways: ['Take the address that the bridge printed last.', 'Or start it again.'],
  },
  'bridge-origin': {
    title: 'The bridge does not serve this page',
    why: 'It serves the page of `npm start`, and others only when told so.',
    ways: ['Start it again with `--origin` and the address of this page, without its path.'],
  },
  'bridge-busy': {
    title: 'The bridge serves another page',
    ways: [
      'Close the other tab, or press Disconnect there.',
      'The bridge then prints a new address: paste it here.',
    ],
  },
  'bridge-device': {
    title: 'The phone behind the bridge is gone',
    why: 'The bridge runs, but does not reach the phone.',
    ways: [
      'Wake the phone. Is it in the same Wi-Fi as this computer?',
      'After a restart a phone forgets `adb tcpip 5555`: plug it in and give the command once more.',
      'With `--adb`: does `adb devices` list it as “device”?',
      AGAIN,
    ],
  },
  'bridge-pairing': {
    title: 'The phone wants to be paired first',
    why: 'This is a port of Android’s wireless debugging, which only adb can use.',
    ways: [
      'In a terminal: `adb pair` and `adb connect`, with the addresses that the phone shows.',
      'Then start the bridge again with `--adb`.',
    ],
  },
} as const satisfies Partial<Record<FailureCode, Message>>;
