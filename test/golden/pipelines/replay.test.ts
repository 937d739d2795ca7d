import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ParsedEvent } from '../../../src/domain/run';
import { PIPELINES } from '../../../src/pipelines';
import { isPipelineId } from '../../../src/pipelines/offers';

/** Every folder <pipeline>/<case> is replayed; a changed result is written beside the expected one. */
const folders = (path: string) =>
  readdirSync(path, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [entry.name] : [],
  );
const cases = folders(import.meta.dirname).flatMap((pipeline) =>
  folders(join(import.meta.dirname, pipeline)).map((name) => [pipeline, name] as const),
);

test('every pipeline has a transcript', () => {
  const transcripts = folders(import.meta.dirname).filter((pipeline) =>
    existsSync(join(import.meta.dirname, pipeline, 'transcripts.txt')),
  );
  expect(new Set([...cases.map(([pipeline]) => pipeline), ...transcripts])).toEqual(
    new Set(Object.keys(PIPELINES)),
  );
});

test.each(cases)('%s reads %s as recorded', (pipeline, name) => {
  const folder = join(import.meta.dirname, pipeline, name);
  const text = (file: string) => readFileSync(join(folder, file), 'utf8');
  expect(text('origin.md').trim()).not.toBe('');
  const exit = existsSync(join(folder, 'exit-code.txt')) ? Number(text('exit-code.txt')) : 0;
  if (!isPipelineId(pipeline)) throw new Error(`"${pipeline}" is not in the table`);
  const parser = PIPELINES[pipeline].parser();
  const events: ParsedEvent[] = [
    ...parser.push(text('stderr.txt'), 'stderr'),
    ...parser.push(text('stdout.txt'), 'stdout'),
    ...parser.end(exit),
  ];
  const expected = join(folder, 'events.json');
  const lines = `[\n${events.map((event) => `  ${JSON.stringify(event)}`).join(',\n')}\n]\n`;
  const recorded = existsSync(expected) ? readFileSync(expected, 'utf8') : '[]';
  if (JSON.stringify(JSON.parse(recorded)) !== JSON.stringify(events))
    writeFileSync(join(folder, 'events.json-changed'), lines);
  expect(events).toEqual(JSON.parse(recorded));
});
