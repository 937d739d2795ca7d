/**
 * What ExecuTorch programs print on stderr: `<L> HH:MM:SS.uuuuuu executorch:<file>:<line>] <message>`, and
 * `[LEVEL] [Qnn ExecuTorch]: <text>` from the QNN delegate. A message is cut at 255 bytes and may hold line ends:
 * what follows them has no prefix. Source lines differ from version to version and are not looked at.
 * Source: pytorch/executorch runtime/platform/log.cpp, backends/qualcomm/runtime/Logging.cpp.
 */
export interface LogLine {
  readonly from: 'executorch' | 'qnn' | 'other';
  readonly level: Level | undefined;
  /** As it was printed. Untrusted. */
  readonly raw: string;
  /** Without its prefix. */
  readonly message: string;
  /** Time since the program began, by its own clock; undefined where the line has none. */
  readonly atMs: number | undefined;
  /**
   * True for a line without prefix after a record that had text: it belongs to that record, and may be the user's own
   * question. Where the record's first line is empty, the next line is its message and counts as one.
   */
  readonly continued: boolean;
}
export type Level = 'debug' | 'info' | 'warning' | 'error' | 'fatal';

const EXECUTORCH = /^([DIEF]) (\d\d):(\d\d):(\d\d\.\d{6}) executorch:[^:]*:\d+\] ?(.*)$/;
const QNN = /^\[([A-Z]+)\] \[Qnn ExecuTorch\]: ?(.*)$/;
const LEVELS: Readonly<Record<string, Level>> = {
  ...{ D: 'debug', I: 'info', E: 'error', F: 'fatal' },
  ...{ VERBOSE: 'debug', DEBUG: 'debug', INFO: 'info', WARNING: 'warning', ERROR: 'error' },
};

const PLAIN = { from: 'other', level: undefined, atMs: undefined, continued: false } as const;

/** Reads stderr line by line, for one program: whether a line continues a record depends on the one before. */
export function logReader(): (line: string) => LogLine {
  /** The record that lines without a prefix belong to. */
  let open:
    { readonly level: Level | undefined; readonly atMs: number; empty: boolean } | undefined;
  return (line) => {
    const [, letter = '', hours, minutes, seconds, message = ''] = EXECUTORCH.exec(line) ?? [];
    if (letter) {
      const atMs = stamp(Number(hours), Number(minutes), Number(seconds));
      open = { level: LEVELS[letter], atMs, empty: message.trim() === '' };
      return { from: 'executorch', level: open.level, raw: line, message, atMs, continued: false };
    }
    const [, word = '', text = ''] = QNN.exec(line) ?? [];
    if (word) {
      open = undefined;
      return { ...PLAIN, from: 'qnn', level: LEVELS[word], raw: line, message: text };
    }
    if (!open) return { ...PLAIN, raw: line, message: line };
    const { level, atMs, empty } = open;
    open.empty = empty && line.trim() === '';
    return { from: 'executorch', level, raw: line, message: line, atMs, continued: !empty };
  };
}

/** Whole microseconds, as ms: the difference of two of them then has no rounding of ours. */
const stamp = (hours: number, minutes: number, seconds: number) =>
  Math.round(((hours * 60 + minutes) * 60 + seconds) * 1e6) / 1e3;

/**
 * "RSS after prompt prefill: 418.820312 MiB (0 if unsupported)" in bytes; undefined: another line, or unsupported. It is
 * getrusage's ru_maxrss, the most so far, in whole KiB: six decimals of a MiB lose nothing of it.
 */
export function rssBytes(message: string): number | undefined {
  const mib = Number(/^RSS after [^:]{1,80}: ([0-9.]{1,20}) MiB/.exec(message)?.[1]);
  return mib > 0 && Number.isFinite(mib) ? Math.round(mib * 1024) * 1024 : undefined;
}
