/** A list of token ids that grows. */
export class Ids {
  length = 0;
  data = new Int32Array(1024);

  push(id: number): void {
    if (this.length === this.data.length) this.grow(1);
    this.data[this.length++] = id;
  }

  append(from: Int32Array, start: number, count: number): void {
    if (this.length + count > this.data.length) this.grow(count);
    const { data } = this;
    for (let i = 0; i < count; i++) data[this.length + i] = from[start + i]!;
    this.length += count;
  }

  private grow(by: number): void {
    const larger = new Int32Array(Math.max(this.data.length * 2, this.length + by));
    larger.set(this.data);
    this.data = larger;
  }
}
