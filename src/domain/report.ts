import { verdict, type Proofs, type Requested, type Verdict } from './accelerator';
import { explainBuild, type ProgramBuild } from './build';
import { toShell, type Command } from './device';
import { SIMULATED_LABEL, SIMULATED_RUNNER_LABEL } from './virtual';
import type { DeviceFacts } from './device-facts';
import type { PreparedInput } from './prepare';
import type { Recipe } from './recipe';
import { STATS, type RunState, type StatName } from './run';

/** A device as reports name it. No serial number. */
export interface ReportedDevice {
  readonly name: string;
  readonly simulated: boolean;
  /** Says that it is simulated, where it is. */
  readonly note: string | undefined;
  readonly transport: string;
  readonly facts: DeviceFacts;
}

/** Everything a run was and said, for people and programs. No serial number, no picture, no path of the user's. */
export interface Report {
  readonly schema: 'plugsight-report/1';
  readonly app: string;
  /** ISO 8601, UTC. */
  readonly made: string;
  readonly browser: string;
  readonly device: ReportedDevice;
  readonly recipe: Recipe;
  /** Says that the runner is a simulated one, where it is. */
  readonly runnerNote: string | undefined;
  /** Which build of the runner this phone's processor got. */
  readonly build: ProgramBuild | undefined;
  /** Undefined: the pipeline reads text alone. */
  readonly input: ReportedInput | undefined;
  /** The programs that ran, in order. */
  readonly commands: readonly Command[];
  /** Where it was asked to run, and what is proven of it. */
  readonly accelerator: {
    readonly requested: Requested;
    readonly verdict: Verdict;
    readonly proofs: Proofs;
  };
  readonly text: string;
  readonly finish: RunState['finish'];
  readonly failure: RunState['failure'];
  readonly warnings: RunState['warnings'];
  readonly stats: RunState['stats'];
  readonly spans: RunState['spans'];
  readonly facts: RunState['facts'];
  readonly arrivals: RunState['arrivals'];
  readonly log: RunState['log'];
}

/** What the model computed on, without the picture itself. */
export interface ReportedInput {
  readonly family: string;
  readonly sha256: string;
  readonly source: PreparedInput['source'];
  readonly plan: PreparedInput['plan'];
  readonly outputs: readonly {
    readonly name: string;
    readonly dtype: string;
    readonly shape: readonly number[];
    readonly bytes: number;
    readonly sha256: string;
  }[];
  readonly decoder: PreparedInput['decoder'];
  readonly core: PreparedInput['core'];
  readonly tookMs: number;
}

export interface ReportParts {
  readonly app: string;
  readonly madeAt: Date;
  readonly browser: string;
  readonly device: {
    readonly name: string;
    readonly simulated: boolean;
    readonly transport: string;
  };
  readonly facts: DeviceFacts;
  readonly recipe: Recipe;
  readonly input: PreparedInput | undefined;
  readonly build: ProgramBuild | undefined;
  readonly commands: readonly Command[];
  readonly requested: Requested;
  readonly simulatedRunner: boolean;
  readonly run: RunState;
}

/** Puts a report together. Pure. */
export function toReport(parts: ReportParts): Report {
  const { run, input, device } = parts;
  return {
    schema: 'plugsight-report/1',
    app: parts.app,
    made: parts.madeAt.toISOString(),
    browser: parts.browser,
    device: {
      name: device.name,
      simulated: device.simulated,
      note: device.simulated ? SIMULATED_LABEL : undefined,
      transport: device.transport,
      facts: parts.facts,
    },
    recipe: parts.recipe,
    runnerNote: parts.simulatedRunner ? SIMULATED_RUNNER_LABEL : undefined,
    build: parts.build,
    input: input && reported(input, parts.recipe.input?.sha256 ?? ''),
    commands: parts.commands,
    accelerator: {
      requested: parts.requested,
      verdict: verdict(parts.requested, run.proofs),
      proofs: run.proofs,
    },
    text: run.text,
    finish: run.finish,
    failure: run.failure,
    warnings: run.warnings,
    stats: run.stats,
    spans: run.spans,
    facts: run.facts,
    arrivals: run.arrivals,
    log: run.log,
  };
}

function reported(input: PreparedInput, sha256: string): ReportedInput {
  const { recipe, source, plan, decoder, core, tookMs } = input;
  return {
    ...{ family: recipe.family, sha256, source, plan, decoder, core, tookMs },
    outputs: input.outputs.map(({ name, dtype, shape, data, ...output }) => ({
      ...{ name, dtype, shape, bytes: data.byteLength, sha256: output.sha256 },
    })),
  };
}

/** A report as Markdown, to paste into an issue. Text from the phone or the user is fenced or escaped. */
export function toMarkdown(report: Report, link: string): string {
  const { device, recipe, input } = report;
  const stat = (name: StatName) => {
    const found = report.stats[name];
    return found ? [`| ${name} | ${round(found.value)} ${STATS[name]} | ${found.source} |`] : [];
  };
  return [
    `# Run on ${escape(device.name)}${device.simulated ? ' (simulated)' : ''}`,
    '',
    ...[device.note, report.runnerNote].flatMap((note) =>
      note ? [`**${escape(note)}**`, ''] : [],
    ),
    `- made ${report.made} by Plugsight ${escape(report.app)}`,
    `- pipeline ${recipe.pipeline}; runner ${recipe.runner.id} ${recipe.runner.version}; model ${recipe.model.id} ${recipe.model.version} (${recipe.model.sha256.slice(0, 12)})`,
    `- accelerator: ${report.accelerator.verdict}${Object.values(report.accelerator.proofs)
      .map(({ line }) => `; ${escape(line)}`)
      .join('')}`,
    `- engine ${escape(report.facts['engine'] ?? 'not said')}`,
    ...report.warnings.map(({ code, detail = '' }) => `- warning ${code}: ${escape(detail)}`),
    input
      ? `- input ${input.family}, ${input.plan.width} x ${input.plan.height}, sha256 \`${input.sha256}\`, decoder ${input.decoder}`
      : '- no picture: this pipeline reads text alone',
    `- SoC ${escape(device.facts.soc ?? 'unknown')}, Android ${escape(device.facts.android ?? 'unknown')}, reached by ${device.transport}`,
    ...(report.build ? [`- build ${escape(explainBuild(report.build))}`] : []),
    '',
    ...(recipe.earlier ? ['Asked before:', fence(recipe.earlier.join('\n'))] : []),
    'Question:',
    fence(recipe.prompt),
    `Answer (${report.finish ?? report.failure?.code ?? 'unfinished'}):`,
    fence(report.text),
    '| figure | value | measured by |',
    '| --- | --- | --- |',
    ...(Object.keys(STATS) as StatName[]).flatMap(stat),
    '',
    'Commands:',
    fence(report.commands.map(toShell).join('\n\n')),
    `Repeat it: ${link}`,
    '',
  ].join('\n');
}

const round = (value: number) =>
  Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 2 : 1);

const escape = (text: string) =>
  text.replace(/[\\`*_{}[\]<>#|!\n\r]/g, (c) => (c < ' ' ? ' ' : `\\${c}`));

/** A code fence longer than any in the text, so that the text cannot end it. */
function fence(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((m) => m[0].length));
  const mark = '`'.repeat(longest + 1);
  return `${mark}text\n${text}\n${mark}\n`;
}
