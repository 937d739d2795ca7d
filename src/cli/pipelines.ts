import { parseArgs } from 'node:util';
import { PIPELINES } from '../pipelines';

/** Lists the pipelines: id, whether the answer streams or comes at the end, title. Exit code 2: wrong arguments. */
export async function pipelines(args: readonly string[]): Promise<number> {
  try {
    const { values } = parseArgs({ args: [...args], options: { json: { type: 'boolean' } } });
    const rows = Object.entries(PIPELINES).map(([id, { title, summary, streams }]) => ({
      ...{ id, title, streams, summary },
    }));
    if (values.json) console.log(JSON.stringify(rows, undefined, 2));
    else
      for (const { id, title, streams } of rows)
        console.log([id, streams ? 'streams' : 'at the end', title].join('\t'));
    return 0;
  } catch (reason) {
    console.error(reason instanceof Error ? reason.message : reason);
    console.error('usage: npm run -s cli -- pipelines [--json]');
    return 2;
  }
}
