import { mount } from 'svelte';
import { createCatalogue } from './adapters/browser/catalogue';
import { systemClock as clock } from './adapters/system-clock';
import * as page from './adapters/browser/page';
import { hasKnownPhone, webUsbUnavailable } from './adapters/browser/webusb';
import { PHONE_MODELS } from './adapters/virtual/models';
import { once } from './domain/once';
import App from './ui/App.svelte';
import { automation } from './ui/automation';
import samples from './samples.json';
import type { Platform } from './ui/platform';
import { Session } from './ui/session.svelte';

declare const __APP_VERSION__: string;

const adb = once(() => import('./adapters/adb/connector'));
const preparer = once(async () => (await import('./adapters/preprocess/client')).createPreparer());
const tokenizer = once(async () => (await import('./adapters/tokenizer/client')).createTokenizer());
const combiner = once(async () => (await import('./adapters/embeddings/client')).createCombiner());
const encoder = once(async () => (await import('./adapters/encoder/client')).createEncoder());
const models = once(async () =>
  (await import('./adapters/browser/remote-models')).createRemoteModels(),
);
const virtual = once(() => import('./adapters/virtual/phones'));
/** One virtual phone at a time: with the next one, the last one's worker and files go. */
let discardLast = () => {};
const bridge = once(() => import('./adapters/bridge/usb'));
/** One bridge at a time, too. */
let leaveBridge = () => {};

const unavailable = webUsbUnavailable(window);
const platform: Platform = {
  app: __APP_VERSION__,
  clock,
  usb: {
    unavailable,
    hasKnown: () => hasKnownPhone(navigator.usb),
    connector: once(async () =>
      (await adb()).createConnector({
        usb: navigator.usb,
        unavailable,
        transport: 'usb',
        simulated: false,
        clock,
      }),
    ),
  },
  bridge: {
    connector: async (address) => {
      const [{ createConnector }, { createBridgeUsb }] = await Promise.all([adb(), bridge()]);
      leaveBridge();
      const usb = createBridgeUsb(address);
      leaveBridge = () => usb.discard();
      return createConnector({ usb, transport: 'bridge', simulated: false, clock });
    },
    leave: () => leaveBridge(),
  },
  virtual: {
    models: PHONE_MODELS,
    connector: async (modelId, trouble) => {
      const [{ createConnector }, { createVirtualUsb }] = await Promise.all([adb(), virtual()]);
      discardLast();
      const usb = createVirtualUsb(modelId, trouble);
      discardLast = () => usb.discard();
      return createConnector({ usb, transport: 'virtual', simulated: true, clock });
    },
  },
  preparer: { prepare: async (...job) => (await preparer()).prepare(...job) },
  tokenizer: { encode: async (...job) => (await tokenizer()).encode(...job) },
  combiner: { combine: async (...job) => (await combiner()).combine(...job) },
  encoder: {
    inspect: async (...job) => (await encoder()).inspect(...job),
    encode: async (...job) => (await encoder()).encode(...job),
  },
  catalogue: createCatalogue(new URL('bundles/', document.baseURI)),
  models: {
    list: async (...job) => (await models()).list(...job),
    inspect: async (...job) => (await models()).inspect(...job),
    source: async (...job) => (await models()).source(...job),
  },
  samples: samples.map((sample) => ({ ...sample, url: `samples/${sample.file}` })),
  browser: { ...page, userAgent: navigator.userAgent, now: () => new Date() },
};

const session = new Session(platform);
const target = document.getElementById('app');
if (!target) throw new Error('index.html has no element #app');
mount(App, { target, props: { session } });
// For npm run demo, tests and the curious: docs/automation.md.
Object.assign(window, { plugsight: automation(session) });
void session.start(location.hash);
addEventListener('hashchange', () => void session.openLink(location.hash));
