import type { BundleCatalogue } from '../domain/bundle';
import type { Clock } from '../domain/clock';
import type { Candidate, Connector } from '../domain/device';
import type { Combiner } from '../domain/embeddings';
import type { VisionEncoder } from '../domain/encoder';
import type { Failure } from '../domain/failure';
import type { Preparer } from '../domain/prepare';
import type { RemoteModels } from '../domain/remote-model';
import type { Result } from '../domain/result';
import type { Tokenizer } from '../domain/tokenizer';
import type { VirtualPhones } from '../domain/virtual';

/** Everything outside the page's own code, handed in by main.ts. Heavy parts load when first asked for. */
export interface Platform {
  /** Version of the page, for reports and links. */
  readonly app: string;
  readonly clock: Clock;
  readonly usb: {
    /** Why no phone can be connected here, known without loading anything. */
    readonly unavailable: Failure | undefined;
    /** True when the browser remembers a phone that is plugged in. */
    hasKnown(): Promise<boolean>;
    connector(): Promise<Connector>;
  };
  readonly bridge: {
    /** A connector whose only candidate is the phone behind the bridge at this address. Connects when that is chosen. */
    connector(address: string): Promise<Connector>;
    /** Lets go of the bridge, which then serves another page. */
    leave(): void;
  };
  readonly virtual: VirtualPhones;
  readonly preparer: Preparer;
  readonly tokenizer: Tokenizer;
  readonly combiner: Combiner;
  readonly encoder: VisionEncoder;
  readonly catalogue: BundleCatalogue;
  readonly models: RemoteModels;
  readonly samples: readonly Sample[];
  readonly browser: {
    readonly userAgent: string;
    now(): Date;
    copy(text: string): Promise<Result<void>>;
    save(name: string, type: string, text: string): void;
    /** Keeps the screen on and asks before leaving, until the returned function is called. */
    hold(): () => void;
    fetchBlob(url: string, signal: AbortSignal): Promise<Result<Blob>>;
    remember(key: string, value: string): void;
    recall(key: string): string | undefined;
    /** The page's address without fragment. */
    address(): string;
    /** Takes the fragment out of the address, without loading anything. */
    clearFragment(): void;
  };
}

/** A picture that comes with the page. */
export interface Sample {
  readonly id: string;
  readonly url: string;
  readonly title: string;
  readonly alt: string;
  readonly prompt: string;
}

export type { Candidate };
