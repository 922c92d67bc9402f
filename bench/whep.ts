// npm run bench -- whep [viewers] [seconds]: what each WHEP viewer of one session adds to the server's CPU time. The viewers are
// werift, on loopback, in another process (Linux: reads /proc).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { getJson, postJson, root, startTestServer } from '../testing/server';

const VIEWERS = Number(process.argv[2] ?? 20);
const SECONDS = Number(process.argv[3] ?? 15);
const TARGET_CPU_MS = 25;
const server = await startTestServer(['--log_level', 'warn']);

/** CPU-ms per second of the server's own process while it does what it does. */
async function cpuMsPerSecond(seconds: number): Promise<number> {
  const [startMs, cpuMs] = [performance.now(), server.cpuMs()];
  await sleep(seconds * 1_000);
  return ((server.cpuMs() - cpuMs) * 1_000) / (performance.now() - startMs);
}

try {
  const { sessionid } = await postJson<{ sessionid: number }>(`${server.url}/api/sessions`, {});
  await sleep(4_000); // its pictures are decoded, its code is compiled
  const alone = await cpuMsPerSecond(SECONDS);
  const child = spawn(
    process.execPath,
    [
      '--import',
      'tsx',
      join(root, 'bench', 'parts', 'whep-viewers.ts'),
      `${server.url}/whep/${sessionid}`,
      `${VIEWERS}`,
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  const nextLine = async () => {
    const [line] = (await Promise.race([once(lines, 'line'), exited.then(() => ['{"ended":true}'])])) as string[];
    return line!;
  };
  if ((await nextLine()) !== 'watching') throw new Error('the viewers ended');
  await sleep(3_000);
  const counted = nextLine();
  child.stdin.write('begin\n');
  await counted;
  const startMs = performance.now();
  const watched = await cpuMsPerSecond(SECONDS);
  const received = nextLine();
  child.stdin.write('count\n');
  const { fewest, most } = JSON.parse(await received) as { fewest: number; most: number };
  const seconds = (performance.now() - startMs) / 1_000;
  const { data } = await getJson<{ data: { native: Record<string, number> } }>(`${server.url}/api/health`);
  child.stdin.end();
  await exited;
  const each = (watched - alone) / VIEWERS;
  console.log(`alone ${alone.toFixed(0)}, with ${VIEWERS} viewers ${watched.toFixed(0)} CPU-ms per second`);
  console.log(`each viewer: ${each.toFixed(1)} CPU-ms per second (target <= ${TARGET_CPU_MS})`);
  console.log(`pictures per second and viewer: ${(fewest / seconds).toFixed(1)} to ${(most / seconds).toFixed(1)}`);
  console.log(`video encoders at work: ${data.native['video-encoder']} (target 1)`);
} finally {
  await server.stop();
}
