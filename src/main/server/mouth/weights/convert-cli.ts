import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadSettings } from '../../config/load';
import { HeraldError } from '../../errors';
import { version } from '../../version';
import { convertCheckpoint } from './convert';
import type { ConvertedModel, SelfCheck } from './model-info';

const USAGE = `Usage: npm run convert -- FILE.pth [--out DIR]
Makes a lip model of a Wav2Lip checkpoint (96, 256 or 384), or checks an .onnx file of the same inputs and outputs.
  --out DIR   where to put it (default: the models folder of Herald's data)
`;

export interface Terminal {
  print(text: string): void;
  complain(text: string): void;
  /** Shown in one line that is written over; absent where that is not possible. */
  progress?(text: string): void;
}

/**
 * `npm run convert`.
 * @returns the exit code: 0 converted, 1 the file or the machine is at fault, 2 the command line is, 130 stopped by Ctrl-C
 */
export async function convertCommand(argv: string[], terminal: Terminal, signal?: AbortSignal): Promise<number> {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(argv);
  } catch (error) {
    terminal.complain(`${(error as Error).message}\n${USAGE}`);
    return 2;
  }
  const { values, positionals } = parsed;
  if (values.help) {
    terminal.print(USAGE);
    return 0;
  }
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0 || values.out === '') {
    terminal.complain(USAGE);
    return 2;
  }
  try {
    const model = await convertCheckpoint(file, values.out ?? defaultModelsDir(), {
      onProgress: ({ stage, fraction }) => terminal.progress?.(`${stage} ${Math.floor(100 * fraction)} %`),
      ...(signal ? { signal } : {}),
    });
    terminal.progress?.('');
    terminal.print(report(model));
    return 0;
  } catch (error) {
    terminal.progress?.('');
    if (signal?.aborted) return 130;
    const message =
      error instanceof HeraldError ? error.message : `It could not be converted: ${(error as Error).message}`;
    terminal.complain(`${message}\n`);
    return 1;
  }
}

const parse = (args: string[]) =>
  parseArgs({
    args,
    allowPositionals: true,
    options: { out: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });

/** As the server finds it, HERALD_DATA included. */
function defaultModelsDir(): string {
  const loaded = loadSettings({ argv: [], env: process.env, version });
  if (loaded.kind !== 'run') {
    const problem = loaded.kind === 'problems' ? loaded.problems[0] : undefined;
    throw new HeraldError('malformed', `${problem ?? 'The settings cannot be read.'} Or say --out DIR.`);
  }
  return join(loaded.dataDir, 'models');
}

function report({ folder, info }: ConvertedModel): string {
  const { variant, faceSizePx, parameters, fast, full, source } = info;
  const kind = variant === 'onnx' ? 'ready-made ONNX' : `Wav2Lip ${variant}`;
  const count = parameters === null ? '' : `, ${parameters.toLocaleString('en')} parameters`;
  const lines = [`${source.name}: ${kind}, ${faceSizePx}x${faceSizePx} px${count}`];
  if (fast) {
    const checked = (name: string, { maxDifference, tolerance, holds }: SelfCheck, otherwise: string) =>
      `self-check: ${name} differs from full by at most ${maxDifference.toExponential(1)} ` +
      `(allowed ${tolerance.toExponential(1)}): ${holds ? 'it holds' : `TOO MUCH: ${otherwise}`}`;
    lines.push(checked('fast', fast.selfCheck, 'only the full graph will be used'));
    lines.push(checked('the quick form of fast', fast.quick.selfCheck, 'fast will be used without it'));
  }
  const graphs = [full, ...(fast ? [fast.face, fast.mouth, fast.quick] : [])];
  const sizeBytes = graphs.reduce((sum, graph) => sum + graph.sizeBytes, 0);
  lines.push(`written to ${folder} (${Math.ceil(sizeBytes / 1e6)} MB)`);
  return `${lines.join('\n')}\n`;
}
