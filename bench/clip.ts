// npm run bench -- clip [size]: what a minute of speech costs as a clip, twice, and whether both are the same (POSIX shells).
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pictureDigest } from '../testing/picture-digest';
import { root } from '../testing/server';

const SIZE = process.argv[2] ?? '720';
const TARGET_CPU_PER_S = 1;
/** A minute, as the offline voice speaks it. */
const TEXT = [
  'A plumber brought his toolbox up the stairs, and nobody knew who had called him.',
  'Perhaps nobody will mind if we start the film a little late.',
  'Eleven empty barrels rolled slowly down the ramp while the foreman looked the other way.',
  'The librarian stamped my card and smiled, as she had done every Tuesday for nine years.',
  'If you combine blue and yellow paint you get a warm green, or so my uncle used to say.',
  'Behind the cabin lies a pond where frogs jump at dusk.',
  'Bring me a map, a lamp and a pair of boots, and we shall be at the bridge before the rain.',
  'The orchestra performed a calm and simple waltz, and somebody left a broken umbrella on the bus.',
  'Our pilot announced a bumpy approach, but most of my people slept through it.',
  'From the top of the hill you can see both rivers, and on a clear morning the sea.',
  'There were apples above the plums and plums above the pears, and none of them was for sale.',
  'That is all for today; tomorrow we will speak about something else entirely.',
].join(' ');

const dir = mkdtempSync(join(tmpdir(), 'herald-bench-clip-'));
try {
  const digests: string[] = [];
  for (const [i, name] of ['one.mp4', 'two.mp4'].entries()) {
    const out = join(dir, name);
    const startMs = performance.now();
    const { cpuS, status } = cpuOf(['--text', TEXT, '--out', out, '--size', SIZE, '--data', join(dir, 'data')]);
    if (status !== 0) throw new Error(`npm run clip ended with ${status}`);
    const wallS = (performance.now() - startMs) / 1_000;
    const { sha256, pictures } = await pictureDigest(out);
    digests.push(sha256);
    const seconds = pictures / 25;
    const perS = cpuS / seconds;
    console.log(
      `run ${i + 1}: ${seconds.toFixed(1)} s of clip, ${cpuS.toFixed(1)} s of CPU in all processes, ` +
        `${wallS.toFixed(1)} s by the clock, ${(statSync(out).size / 1e6).toFixed(1)} MB`,
    );
    const verdict = perS < TARGET_CPU_PER_S ? '' : ': NOT MET';
    console.log(`  CPU per second of clip ${perS.toFixed(2)} s   (target < ${TARGET_CPU_PER_S}${verdict})`);
  }
  const same = digests[0] === digests[1];
  console.log(`SHA-256 of the decoded pictures ${same ? 'the same' : 'NOT THE SAME'}: ${digests.join(' ')}`);
  if (!same) process.exitCode = 1;
} finally {
  rmSync(dir, { recursive: true, force: true });
}

/** User and system time of the command and of every process that it started and waited for: the shell's `times`. */
function cpuOf(args: string[]): { cpuS: number; status: number } {
  const clip = join(root, 'out', 'main', 'clip.js');
  const script = '"$0" "$@" >&2; status=$?; times; exit $status';
  const shell = spawnSync('sh', ['-c', script, process.execPath, clip, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const children = shell.stdout.trim().split('\n').at(-1) ?? '';
  const times = [...children.matchAll(/(\d+)m([\d.]+)s/g)].map(([, m, s]) => Number(m) * 60 + Number(s));
  return { cpuS: times.reduce((sum, s) => sum + s, 0), status: shell.status ?? 1 };
}
