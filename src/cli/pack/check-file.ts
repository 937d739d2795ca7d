import type { FileKind } from '../../domain/formats/kind';
import type { QnnTarget } from '../../domain/formats/pte';
import { QNN_SOCS } from '../../domain/soc';
import { checkElf } from './check-elf';
import { refusal, warning, type Code, type Finding } from './findings';
import type { Inspected } from './inspect';
import type { Expect, Target } from './recipe';

/** The kinds of bytes that an expected file may have. */
const KINDS: Readonly<Record<Expect, readonly FileKind[]>> = {
  ...{ program: ['elf'], library: ['elf'], stub: ['elf'], skel: ['elf'], pte: ['pte'] },
  ...{ gguf: ['gguf'], 'tokenizer-json': ['json'], 'genie-config': ['json'], json: ['json'] },
  ...{ 'qnn-info': ['json'], 'tokenizer-bin': ['other'], 'qnn-context': ['other'], raw: ['other'] },
};
const WANTED: Readonly<Record<Expect, string>> = {
  ...{ program: 'an ELF program', library: 'an ELF library', stub: 'an ELF library' },
  ...{ skel: 'an ELF library', pte: 'an ExecuTorch program (.pte)', gguf: 'a GGUF model' },
  ...{ 'tokenizer-json': 'a tokenizer.json', 'genie-config': 'JSON', json: 'JSON' },
  ...{ 'qnn-info': 'JSON', 'tokenizer-bin': 'a tokenizer.bin', raw: 'raw numbers' },
  'qnn-context': 'a QNN context binary',
};

/** Everything that one file can be refused for by itself. */
export function checkFile(file: Inspected, target: Target): readonly Finding[] {
  const { item, source, kind } = file;
  const no = (code: Code, problem: string) => refusal(code, source.path, problem, item.from);
  if (source.outside)
    return [
      refusal(
        ...([
          'outside-folder',
          source.path,
          `is a link to ${source.real}, outside the folders given`,
        ] as const),
        'give that folder with --from, too, or copy the file',
      ),
    ];
  if (source.bytes === 0) return [no('empty', 'has no bytes')];
  // Raw numbers may begin with anything; only what is surely something else is refused.
  const mark =
    kind.is === 'json' || kind.is === 'html' ? source.bytes < 1 << 20 : kind.is !== 'other';
  if (!KINDS[item.is].includes(kind.is) && (mark || !KINDS[item.is].includes('other')))
    return [no('wrong-kind', `is ${kind.name}, not ${WANTED[item.is]}`)];
  if (file.trouble !== undefined) return [no('damaged', file.trouble)];
  if (file.elf) return checkElf(file, file.elf);
  if (file.pte) return checkTarget(file, target, no);
  return [];
}

/** A model is compiled for one chip; the phone's own message for another one is "Error 5000". */
function checkTarget(
  { pte, item, source }: Inspected,
  { archs, socs }: Target,
  no: (code: Code, problem: string) => Finding,
): readonly Finding[] {
  const targets = pte?.targets ?? [];
  const named = ({ socId }: QnnTarget) => QNN_SOCS[socId] ?? `chip ${socId}`;
  const other = targets.find(({ htpArch }) => htpArch && !archs.includes(htpArch));
  if (other && archs.length > 0) {
    const what = `is compiled for ${named(other)} (${other.htpArch}), not for ${archs.join(', ')}`;
    return [no('wrong-soc', what)];
  }
  const cousin = targets.find((target) => socs.length > 0 && !socs.includes(named(target)));
  if (!cousin) return [];
  const what = `is compiled for ${named(cousin)}, not for ${socs.join(', ')}, which has the same Hexagon`;
  return [warning('wrong-soc', source.path, what, item.from)];
}
