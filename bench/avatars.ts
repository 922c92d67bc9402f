// npm run bench -- avatars [folder]: a 1080x1920 LiveTalking folder of 450 pictures (made from Clara unless one is named):
// import, memory, and how soon a viewer sees somebody, with and without converted pictures (Linux: reads /proc).
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { launchChromium, view } from '../testing/browser';
import { presenterFootage, writeLiveTalkingFolder } from '../testing/livetalking-folder';
import type { Coords } from '../testing/pickle-coords';
import { getJson, postJson, root, startTestServer } from '../testing/server';

const PICTURES = 450;
const WIDTH_PX = 1_080;
const HEIGHT_PX = 1_920;
const LOOP_SECONDS = (2 * PICTURES - 2) / 25;
const TEXT = 'The quick brown fox jumps over the lazy dog, and the dog does not mind at all. '.repeat(4);
const work = mkdtempSync(join(tmpdir(), 'herald-bench-avatars-'));
// Both say the same, so that import, server and converted pictures share one place.
const dataDir = join(work, 'herald');
const env = { XDG_CONFIG_HOME: work };

const mb = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;
const bytesIn = (dir: string): number =>
  readdirSync(dir, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(dir, entry.name);
    return sum + (entry.isDirectory() ? bytesIn(path) : statSync(path).size);
  }, 0);

async function footage(): Promise<string> {
  const { draw, topPx } = await presenterFootage(join(root, 'resources/presenters/clara'), WIDTH_PX, HEIGHT_PX);
  // Clara's box (182,292 352x352 of 720), scaled; it trembles as a detector's does.
  const box = (i: number): Coords => [topPx + 438 + (i % 3), topPx + 966 + (i % 5), 273 + (i % 4), 801 - (i % 2)];
  const dir = join(work, 'clara-1080x1920');
  const options = { widthPx: WIDTH_PX, heightPx: HEIGHT_PX, draw, box, faceSizePx: 256, coords: 'numpy' as const };
  const onPicture = (done: number) => process.stdout.write(`\rdrawing ${done}/${PICTURES} `);
  await writeLiveTalkingFolder(dir, { ...options, pictures: PICTURES, onPicture });
  process.stdout.write('\n');
  return dir;
}

async function runImport(folder: string): Promise<void> {
  const startMs = performance.now();
  const args = [join(root, 'out/main/import-avatar.js'), folder, '--name', 'imported', '--data', dataDir];
  const child = spawn(process.execPath, args, { env: { ...process.env, ...env }, stdio: 'inherit' });
  const code = await new Promise((done) => child.once('exit', done));
  if (code !== 0) throw new Error(`the import ended with ${code}`);
  const seconds = (performance.now() - startMs) / 1_000;
  const cache = join(dataDir, 'cache', 'pictures');
  console.log(
    `import ${seconds.toFixed(1)} s; folder ${mb(bytesIn(folder))}, converted pictures ${mb(existsSync(cache) ? bytesIn(cache) : 0)}`,
  );
}

/** The most that the process ever held. */
const peakBytes = (pid: number) =>
  Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;

async function watch(flags: string[], { sessions, seconds }: { sessions: number; seconds: number }): Promise<void> {
  const server = await startTestServer([...flags, '--data', dataDir, '--max_session', '4', '--log_level', 'info'], {
    env,
  });
  const browser = await launchChromium();
  try {
    let before = server.rssBytes();
    console.log(`  started: rss ${mb(before)}`);
    for (let n = 1; n <= sessions; n++) {
      const page = await browser.newPage();
      const { sessionid, answerMs, firstPictureMs } = await view(page, server.url);
      const cpuMs = server.cpuMs();
      await sleep(seconds * 1_000);
      const idleMs = (server.cpuMs() - cpuMs) / seconds;
      const idle = server.rssBytes();
      await postJson(`${server.url}/human`, { sessionid, type: 'echo', text: TEXT });
      await sleep(12_000);
      const { data } = await getJson<{ data: { sessionFigures: Record<string, Record<string, number>> } }>(
        `${server.url}/api/health`,
      );
      const { picturesSent, pictureMisses, mouthMisses, latestMs } = data.sessionFigures[sessionid]!;
      const after = server.rssBytes();
      console.log(
        `  session ${n}: answer ${answerMs.toFixed(0)} ms, first picture ${firstPictureMs.toFixed(0)} ms after the offer (target <= 3000); ` +
          `idle ${idleMs.toFixed(0)} CPU-ms/s`,
      );
      console.log(
        `    rss idle ${mb(idle)}, speaking ${mb(after)} (+${mb(after - before)}${n === 2 ? ', target < 60 MB' : ''}), peak ${mb(peakBytes(server.pid))} (target < 500 MB); ` +
          `pictures ${picturesSent}, not decoded in time ${pictureMisses}, mouths missed ${mouthMisses}, latest frame ${latestMs?.toFixed(0)} ms`,
      );
      before = after;
    }
    for (const line of server.output().split('\n')) if (/prepared/.test(line)) console.log(`    ${line.trim()}`);
  } finally {
    await browser.close();
    await server.stop();
  }
}

try {
  const given = process.argv[2];
  const folder = given ? resolve(given) : await footage();
  console.log('in place, nothing converted yet:');
  const inPlace = ['--avatars', dirname(folder), '--avatar_id', basename(folder)];
  await watch(inPlace, { sessions: 1, seconds: 10 });
  rmSync(join(dataDir, 'cache'), { recursive: true, force: true });
  await runImport(folder);
  console.log('imported:');
  await watch(['--avatar_id', 'imported'], { sessions: 2, seconds: LOOP_SECONDS });
} finally {
  rmSync(work, { recursive: true, force: true });
}
