/** Lays out memory before anything runs: a list of addresses, and how far they reach. */
export class Arena {
  #at: number;
  #end: number;

  constructor(base: number) {
    this.#at = base;
    this.#end = base;
  }

  /** Address of a new block. The slack behind it lets kernels read and write whole vectors. */
  alloc(bytes: number): number {
    const address = (this.#at + 63) & ~63;
    // Plain addition: sizes may pass 2^31 before `reserve` refuses them.
    this.#at = address + bytes + 64;
    if (this.#at > 2 ** 31) this.#at = 2 ** 31;
    this.#end = Math.max(this.#end, address + bytes + 64);
    return address;
  }

  /** Blocks allocated after `mark` are given back; their memory is used again. */
  mark(): number {
    return this.#at;
  }
  release(mark: number): void {
    this.#at = mark;
  }

  /** Bytes that must be usable. */
  get bytes(): number {
    return this.#end;
  }
}
