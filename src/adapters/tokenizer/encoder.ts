import { AddedTokens } from './added-tokens';
import { Bpe } from './bpe';
import type { Compiled } from './compiled';
import { Ids } from './ids';
import { nfc } from './nfc';
import { chain, type Sink } from './stages';
import { toUnits, type Text } from './text';

/** Our own byte-level BPE, text to ids equal to those of the Rust library. One text at a time. */
export class Encoder {
  private readonly raw: AddedTokens;
  private readonly normalized: AddedTokens;
  private readonly nfc: boolean;
  private readonly words: Sink;
  private out = new Ids();
  private room = new Uint16Array(4096);

  constructor(compiled: Compiled) {
    const bpe = new Bpe(compiled);
    const { facts } = compiled;
    const words = chain(facts.stages, (text: Text, start, end) =>
      bpe.word(text.units, start, end, this.out),
    );
    if (!words) throw new Error('compile() lets only stages through that can be chained');
    this.words = words;
    this.raw = new AddedTokens(facts.raw);
    this.normalized = new AddedTokens(facts.normalized);
    this.nfc = facts.nfc;
  }

  encode(text: string): Int32Array {
    this.out = new Ids();
    const token = (id: number) => this.out.push(id);
    const plain = { text: (piece: string) => this.plain(piece), token };
    this.raw.split(text.toWellFormed(), {
      text: (piece) => this.normalized.split(this.nfc ? nfc(piece) : piece, plain),
      token,
    });
    return this.out.data.slice(0, this.out.length);
  }

  private plain(piece: string): void {
    if (this.room.length < piece.length) this.room = new Uint16Array(piece.length * 2);
    this.words(toUnits(piece, this.room), 0, piece.length);
  }
}
