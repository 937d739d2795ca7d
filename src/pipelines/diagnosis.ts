import type { Failure, FailureCode } from '../domain/failure';
import { CATALOGUE, type Trouble } from './catalogue';

/** Reads what the programs of one run print, and says in the end what went wrong. */
export interface Diagnosis {
  /** One line, without its end, of a program's stderr, or of stdout where that is no answer. */
  see(line: string): void;
  /**
   * Why the program did not do its work, if so. `whole`: the answer is complete; some programs exit with 0 and no
   * answer, and for those any trouble seen is the reason. The detail is the line that shows it (untrusted).
   */
  failure(exitCode: number, whole?: boolean): Failure | undefined;
  /** What did not end the run and still should be known: the part that fell back to the CPU, the answer that was cut. */
  notes(): readonly Failure[];
}

/** A line is searched and kept up to here: ExecuTorch cuts its own at 255 bytes. */
const MAX_LINE_CHARS = 1024;
const MAX_DETAIL_CHARS = 500;

/** Looks like trouble, without being in the catalogue. */
const COMPLAINT = /^(\S+ )?[EF] |error|fail|cannot|unable|abort|terminat/i;
/** Looks like trouble on good runs: the tokenizer tries several formats, the linker several folders. */
const NOISE =
  /Permission denied|json\.exception\.parse_error|Error parsing json|No eos|search path/i;

/** A fresh diagnosis for one program of this pipeline. */
export function createDiagnosis(pipeline: string): Diagnosis {
  const rows = CATALOGUE.filter((row) => row.in === 'all' || row.in.includes(pipeline));
  /** The first line that shows each row, in the order in which they came. */
  const shown = new Map<Trouble, string>();
  let complaint = '';
  const notes = () => [...shown].filter(([{ weight }]) => weight === 'note');
  return {
    notes: () => notes().map(([{ code }, line]) => toFailure(code, line, 0)),
    see(text) {
      const line = text.slice(0, MAX_LINE_CHARS);
      for (const row of rows) if (row.seen?.test(line) && !shown.has(row)) shown.set(row, line);
      if (COMPLAINT.test(line) && !NOISE.test(line)) complaint = line;
    },
    failure(exitCode, whole = exitCode === 0) {
      const bad = exitCode !== 0 || !whole;
      const applies = ({ exits, weight }: Trouble) =>
        exits ? exits.includes(exitCode) : weight === 'despite' || (bad && weight !== 'note');
      const found = [...shown.keys(), ...rows.filter(({ exits }) => exits)].filter(applies);
      const root = found.sort((a, b) => a.rank - b.rank)[0];
      const line = (root && shown.get(root)) || complaint;
      if (root) return toFailure(root.code, line, exitCode);
      if (exitCode === 0) return undefined;
      return toFailure(complaint ? 'runner-crashed' : 'runner-silent', line, exitCode);
    },
  };
}

function toFailure(code: FailureCode, line: string, exitCode: number): Failure {
  const exit = exitCode === 0 ? '' : `exit code ${exitCode}`;
  return {
    code,
    detail: [line.trim().slice(0, MAX_DETAIL_CHARS), exit].filter(Boolean).join('; '),
  };
}
