import { createReadStream } from 'node:fs';

export interface Scan {
  /** Those of the texts that stand in the file. */
  readonly marks: ReadonlySet<string>;
  /** Versions of the QNN SDK that it names, each once. */
  readonly sdks: readonly string[];
}

/** Longer than any text that is looked for. */
const OVERLAP = 256;

/**
 * What QNN's own libraries call their build, in their log lines and in the contexts that they write:
 * "v2.37.0.250724175447_124859" (seen in public logs, for example in pytorch/executorch's issues). That the text stands in
 * every file is not known; a file that names none, or several, is not believed.
 */
const BUILD = /\bv(\d{1,2}\.\d{1,3}\.\d{1,3}\.2\d{5})\d{0,6}(?:_\d+)?\b/g;

/** Looks for texts in a file, read as a stream. */
export async function scan(path: string, marks: readonly string[]): Promise<Scan> {
  const found = new Set<string>();
  const sdks = new Set<string>();
  let tail = '';
  for await (const chunk of createReadStream(path, {
    highWaterMark: 1 << 20,
  }) as AsyncIterable<Buffer>) {
    const text = tail + chunk.toString('latin1');
    for (const mark of marks) if (text.includes(mark)) found.add(mark);
    for (const [, version = ''] of text.matchAll(BUILD)) sdks.add(version);
    tail = text.slice(-OVERLAP);
  }
  return { marks: found, sdks: [...sdks] };
}
