import type { Bash } from 'just-bash/browser';
import { findLive } from './live';

/** The command that gets a program, with its redirections, before just-bash sees it. Not typeable by accident. */
export const TAKE_OVER = '__plugsight_exec';
/** Ends the redirections. */
export const THEN = '--';

type Ast = Parameters<Parameters<Bash['registerTransformPlugin']>[0]['transform']>[0]['ast'];
type Statement = Ast['statements'][number];
type Pipeline = Statement['pipelines'][number];
type SimpleCommand = Extract<Pipeline['commands'][number], { type: 'SimpleCommand' }>;
type Word = SimpleCommand['args'][number];

/**
 * Turns what runs in the place of the script's own shell into `{ TAKE_OVER REDIRECTIONS -- PROGRAM …; exit; }`:
 * each `exec PROGRAM …` at the top level, and a live program that is the script's last command (shells
 * save a process there). An `exec` elsewhere, or without a program, stays just-bash's.
 */
export function takeOver(ast: Ast): Ast {
  const last = ast.statements.length - 1;
  const statements = ast.statements.map((statement, i) => ({
    ...statement,
    pipelines: statement.pipelines.map((pipeline, j) =>
      replace(statement, pipeline, i === last && j === statement.pipelines.length - 1),
    ),
  }));
  return { ...ast, statements };
}

function replace(statement: Statement, pipeline: Pipeline, isLast: boolean): Pipeline {
  const [command, ...others] = pipeline.commands;
  if (command?.type !== 'SimpleCommand' || others.length > 0 || statement.background)
    return pipeline;
  const words = programOf(command, isLast && !pipeline.negated);
  const redirections = words && redirectionWords(command);
  if (!redirections) return pipeline;
  const args = [...redirections, word(THEN), ...words];
  const taken = { ...command, name: word(TAKE_OVER), args, redirections: [] };
  const exit = { ...taken, name: word('exit'), args: [], assignments: [] };
  const body = [alone(taken), alone(exit)];
  return { ...pipeline, commands: [{ type: 'Group', body, redirections: [] }] };
}

/** Program and arguments of a command that leaves no shell behind. */
function programOf({ name, args }: SimpleCommand, isLast: boolean): Word[] | undefined {
  const text = literal(name);
  if (text === 'exec') return args.length > 0 ? args : undefined;
  const words = [text, ...args.map(literal)].filter((each) => each !== undefined);
  const live = isLast && name && words.length > args.length && findLive(words);
  return live ? [name, ...args] : undefined;
}

/** Each redirection as two words, such as "1>>" and its file; nothing where one is of another kind. */
function redirectionWords({ redirections }: SimpleCommand): Word[] | undefined {
  const words: Word[] = [];
  for (const { fd, operator, target, fdVariable } of redirections) {
    if (target.type === 'HereDoc' || fdVariable || !/^(<|>|>>|>\||>&)$/.test(operator))
      return undefined;
    words.push(word(`${fd ?? (operator === '<' ? 0 : 1)}${operator}`), target);
  }
  return words;
}

/** A word without anything to expand. */
function literal(word: Word | null): string | undefined {
  const parts = word?.parts.map((part) =>
    part.type === 'Literal' || part.type === 'SingleQuoted' ? part.value : undefined,
  );
  return parts?.every((part) => part !== undefined) ? parts.join('') : undefined;
}

const word = (value: string): Word => ({ type: 'Word', parts: [{ type: 'Literal', value }] });

const alone = (command: SimpleCommand): Statement => ({
  type: 'Statement',
  pipelines: [{ type: 'Pipeline', commands: [command], negated: false }],
  operators: [],
  background: false,
});
