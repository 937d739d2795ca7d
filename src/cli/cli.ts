import { preprocess } from './preprocess';

/** Commands by name: `npm run -s cli -- NAME ...`. Each gets the rest of the arguments and returns an exit code. */
const COMMANDS: Record<string, (args: readonly string[]) => Promise<number>> = { preprocess };

const USAGE = `usage: npm run -s cli -- COMMAND ...
commands: ${Object.keys(COMMANDS).join(', ')}; see docs/cli.md`;

const [name = '', ...args] = process.argv.slice(2);
const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
if (command) process.exitCode = await command(args);
else {
  console.error(USAGE);
  process.exitCode = 2;
}
