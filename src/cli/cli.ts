export type Command = (args: readonly string[]) => Promise<number>;

/**
 * Commands by name: `npm run -s cli -- NAME ...`. Each gets the rest of the arguments and returns an exit code.
 * Loaded when asked for: only some need a browser.
 */
const COMMANDS: Record<string, () => Promise<Command>> = {
  parse: async () => (await import('./parse')).parse,
  pipelines: async () => (await import('./pipelines')).pipelines,
  preprocess: async () => (await import('./preprocess')).preprocess,
  payload: async () => (await import('./payload')).payload,
  tokenize: async () => (await import('./tokenize')).tokenize,
};

const USAGE = `usage: npm run -s cli -- COMMAND ...
commands: ${Object.keys(COMMANDS).join(', ')}; see docs/cli.md`;

const [name = '', ...args] = process.argv.slice(2);
const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
if (command) {
  const run = await command();
  process.exitCode = await run(args);
} else {
  console.error(USAGE);
  process.exitCode = 2;
}
