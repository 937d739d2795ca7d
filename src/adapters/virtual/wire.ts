import type { Failure } from '../../domain/failure';

/** What crosses between the page's USB objects and the phone, in a worker or not. Arrays are handed over, not copied. */
export type ToPhone =
  | { readonly op: 'open' | 'close' | 'reset' }
  | { readonly op: 'out'; readonly id: number; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly op: 'in'; readonly id: number; readonly length: number };

export type FromPhone =
  | { readonly op: 'sent'; readonly id: number }
  | {
      readonly op: 'received';
      readonly id: number;
      readonly bytes: Uint8Array<ArrayBuffer>;
      /** More bytes came than fit: the host asked for less than one USB packet. */
      readonly babble: boolean;
    }
  /** The cable was pulled; nothing follows until the next `open`. `failure`: why, where the wire knows better than "unplugged". */
  | { readonly op: 'unplugged'; readonly failure?: Failure }
  /** The phone's side crashed (our bug): ends like an unplug, with the reason for the console. */
  | { readonly op: 'crashed'; readonly reason: string };

/** Largest USB packet of the endpoints (high speed). */
export const USB_PACKET_BYTES = 512;
