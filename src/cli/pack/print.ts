import type { Manifest } from '../../domain/bundle';
import type { Finding } from './findings';
import { megabytes } from './write';

/** Findings for a person: refusals first, each with what is wrong and where a right file comes from. */
export function findingLines(findings: readonly Finding[]): string {
  const order = { refusal: 0, warning: 1 };
  return [...findings]
    .sort((a, b) => order[a.level] - order[b.level])
    .map(({ level, file, problem, remedy }) =>
      [
        `${level === 'refusal' ? 'refused' : 'warning'}  ${file}`,
        `         ${problem}`,
        `         → ${remedy}`,
      ].join('\n'),
    )
    .join('\n');
}

/** A bundle in a few lines. */
export function summary({
  id,
  version,
  title,
  kind,
  files,
  requires,
  sdk,
  facts,
}: Manifest): string {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const made = [requires.soc?.join(', '), requires.htpArch?.join(', ')]
    .filter(Boolean)
    .join('; Hexagon ');
  const lines = [
    `${kind} ${id}@${version}: ${title}`,
    ...(made ? [`  for     ${made}`] : []),
    ...(sdk ? [`  SDK     ${sdk.name} ${sdk.version}`] : []),
    ...(facts
      ? [
          `  facts   ${Object.entries(facts)
            .map(([name, value]) => `${name}=${value}`)
            .join(' ')}`,
        ]
      : []),
    ...files.map(
      ({ path, role, bytes, mode, sha256 }) =>
        `  ${role.padEnd(13)} ${megabytes(bytes).padStart(9)}  ${mode}  ${sha256.slice(0, 12)}  ${path}`,
    ),
    `  ${files.length} files, ${megabytes(total)}`,
  ];
  return lines.join('\n');
}
