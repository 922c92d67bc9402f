import { mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import type { Client } from './client';
import type { Finding } from './invariants';
import { plot } from './plot';
import { csvOf, type Sample } from './sampler';

export interface Report {
  title: string;
  command: string;
  seed: number;
  startedAt: string;
  seconds: number;
  /** Why it ended before its time, if it did. */
  cutShort?: string;
  findings: Finding[];
  /** Whatever is worth telling: what actors did, what was recorded, how memory went. */
  figures: Record<string, Record<string, unknown>>;
  calms: Sample[];
  /** Lines of Markdown tables by their headings. */
  tables?: Record<string, string[]>;
}

/** Writes report.md, report.json, samples.csv and the plots. @returns the text of report.md */
export function writeReport(folder: string, report: Report, samples: readonly Sample[], client?: Client): string {
  mkdirSync(folder, { recursive: true });
  const text = markdownOf(report, samples.length > 0, client);
  writeFileSync(join(folder, 'report.md'), text);
  writeFileSync(join(folder, 'report.json'), `${JSON.stringify({ ...report, machine: machine() }, undefined, 1)}\n`);
  if (samples.length === 0) return text;
  writeFileSync(join(folder, 'samples.csv'), csvOf(samples));
  for (const [name, svg] of Object.entries(plots(samples))) writeFileSync(join(folder, `${name}.svg`), svg);
  return text;
}

function plots(samples: readonly Sample[]): Record<string, string> {
  const line = (name: string, colour: string, of: (sample: Sample) => number) => ({
    name,
    colour,
    points: samples.map((sample) => [sample.atS, of(sample)] as const),
  });
  return {
    memory: plot({
      title: 'Resident memory',
      unit: 'MB',
      lines: [
        line('with children', '#1565c0', (s) => s.treeRssMb),
        line('server', '#2e7d32', (s) => s.rssMb),
        line('its heap', '#ef6c00', (s) => s.heapMb),
      ],
    }),
    sessions: plot({
      title: 'Sessions',
      unit: 'count',
      lines: [line('listed', '#1565c0', (s) => s.sessions), line('connected', '#2e7d32', (s) => s.connected)],
    }),
    offset: plot({
      title: 'Video against audio, worst',
      unit: 'ms',
      limit: 60,
      lines: [line('offset', '#1565c0', (s) => s.offsetMs)],
    }),
    cpu: plot({
      title: 'CPU',
      unit: 'cores',
      lines: [
        line('server', '#1565c0', (s) => s.cpuCores),
        line('the kit', '#ef6c00', (s) => s.kitCpuCores),
        line('threads waiting', '#999', (s) => s.waitingThreads),
      ],
    }),
  };
}

const machine = () => ({
  cpu: os.cpus()[0]?.model ?? 'unknown',
  cores: os.cpus().length,
  memoryGb: Math.round(os.totalmem() / 1e9),
  platform: `${os.platform()} ${os.release()} ${os.arch()}`,
  node: process.version,
  loadAverage: os.loadavg().map((load) => Math.round(load * 10) / 10),
});

function markdownOf(report: Report, plotted: boolean, client?: Client): string {
  const { title, command, seed, startedAt, seconds, cutShort, findings, figures, calms, tables = {} } = report;
  const { cpu, cores, memoryGb, platform, node, loadAverage } = machine();
  const broken = findings.filter(({ verdict }) => verdict === 'broken');
  const lines = [
    `# ${title}`,
    '',
    `${broken.length === 0 ? 'No promise was broken.' : `**Broken: ${broken.map(({ name }) => name).join(', ')}.**`}` +
      `${cutShort ? ` Cut short: ${cutShort}.` : ''}`,
    '',
    `- Command: \`${command}\`, seed ${seed}`,
    `- Began ${startedAt}, ran for ${duration(seconds)}`,
    `- Machine: ${cpu}, ${cores} cores, ${memoryGb} GB, ${platform}, Node ${node}; load average at the end ${loadAverage.join(', ')}`,
    '',
    '## Promises',
    '',
    '| promise | what is measured | limit | worst | when, who | seen | verdict |',
    '|---|---|---|---|---|---|---|',
    ...findings.map(rowOf),
    '',
  ];
  for (const [name, values] of Object.entries(figures)) {
    lines.push(`## ${name}`, '', ...Object.entries(values).map(([key, value]) => `- ${key}: ${text(value)}`), '');
  }
  for (const [name, rows] of Object.entries(tables)) lines.push(`## ${name}`, '', ...rows, '');
  if (calms.length > 0) {
    lines.push(
      '## Calms',
      '',
      'Everyone has left, and what is alive belongs to nobody.',
      '',
      '| at | RSS with children | server | heap | descriptors | threads | processes | native objects |',
      '|---|---|---|---|---|---|---|---|',
      ...calms.map(
        (s) =>
          `| ${duration(s.atS)} | ${text(s.treeRssMb)} MB | ${text(s.rssMb)} MB | ${text(s.heapMb)} MB | ${text(s.descriptors)} | ` +
          `${text(s.threads)} | ${text(s.processes)} | ${nativeText(s.native)} |`,
      ),
      '',
    );
  }
  if (plotted)
    lines.push('## Plots', '', ...['memory', 'sessions', 'offset', 'cpu'].map((name) => `![${name}](${name}.svg)`), '');
  if (client) lines.push(...requestsOf(client));
  for (const { name, breaches, breachCount } of broken) {
    lines.push(`## Broken: ${name}`, '', `${breachCount} times; the first ${breaches.length}:`, '');
    for (const { atS, value, who, note, log } of breaches) {
      lines.push(`- at ${duration(atS)} (${atS.toFixed(1)} s), ${who}: ${text(value)}. ${note}`, '');
      if (log.length > 0) lines.push('```', ...log.slice(-15), '```', '');
    }
  }
  return `${lines.join('\n')}\n`;
}

function rowOf({ name, says, limit, unit, worst, worstAtS, worstOf, seen, verdict, remark }: Finding): string {
  const when = worst === undefined || !worstAtS ? '' : `${duration(worstAtS)}${worstOf ? `, ${worstOf}` : ''}`;
  const value = worst === undefined ? '' : `${text(worst)} ${unit}`;
  const word = verdict === 'broken' ? '**broken**' : verdict;
  return `| ${name} | ${says} | ${limit} ${unit} | ${value} | ${when} | ${seen} | ${word}${remark ? `: ${remark}` : ''} |`;
}

function requestsOf(client: Client): string[] {
  const rows = [...client.counts]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([route, counts]) => {
      const answers = [...counts].map(([status, count]) => `${status}: ${count}`).join(', ');
      return `| ${route} | ${answers} | ${Math.round(client.slowestMs.get(route) ?? 0)} |`;
    });
  return ['## Requests', '', '| route | answers | slowest, ms |', '|---|---|---|', ...rows, ''];
}

const nativeText = (native: Record<string, number>) =>
  Object.entries(native)
    .filter(([, count]) => count !== 0)
    .map(([kind, count]) => `${kind} ${count}`)
    .join(', ') || 'none';

function text(value: unknown): string {
  if (typeof value === 'number') return Number.isFinite(value) ? String(Math.round(value * 100) / 100) : 'unknown';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

export function duration(seconds: number): string {
  const [h, m, s] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60), Math.floor(seconds % 60)];
  return h > 0 ? `${h} h ${m} min` : m > 0 ? `${m} min ${s} s` : `${s} s`;
}
