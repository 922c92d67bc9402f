// npm run bench -- whip [seconds] [port]: a session without a viewer to Janus by WHIP; what arrives there, what a killed server costs,
// that the stream is taken down, and what is said where the token is refused. The port is for Janus's own HTTP API.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OutputView } from '../src/shared/protocol';
import { JanusWhip } from '../testing/janus-whip';
import { getJson, postJson, startTestServer } from '../testing/server';

const SECONDS = Number(process.argv[2] ?? 20);
const JANUS_PORT = Number(process.argv[3] ?? 18_088);
const TOKEN = 'bench-bearer-token';
const DOWN_MS = 3_000;
const RESTARTS = 2;
const SPS = 7;

const missing = JanusWhip.missing();
if (missing) {
  console.log(`There is nothing to measure against: ${missing}`);
  process.exit(1);
}

const dir = mkdtempSync(join(tmpdir(), 'herald-whip-'));
const janus = await JanusWhip.start(dir, { token: TOKEN, janusPort: JANUS_PORT });
const server = await startTestServer(['--log_level', 'info']);
try {
  const { sessionid } = await postJson<{ sessionid: number }>(`${server.url}/api/sessions`, {});
  const outputs = `${server.url}/api/sessions/${sessionid}/outputs`;
  const view = async (id: string) =>
    (await getJson<{ data: { outputs: OutputView[] } }>(outputs)).data.outputs.find((one) => one.id === id);
  const add = async (token: string) =>
    (await postJson<{ data: OutputView }>(outputs, { kind: 'whip', url: janus.url, token })).data.id;

  const refused = await add('wrong');
  while ((await view(refused))?.state !== 'failed') await sleep(50);
  console.log(`token refused: ${(await view(refused))?.reason}`);

  const id = await add(TOKEN);
  while (janus.arrived.pictures === 0) await sleep(20);
  await sleep(2_000);
  janus.forget();
  const [startMs, cpuMs] = [performance.now(), server.cpuMs()];
  await sleep(SECONDS * 1_000);
  const seconds = (performance.now() - startMs) / 1_000;
  const { pictures, sounds, steps } = janus.arrived;
  console.log(
    `arrived at Janus: ${(pictures / seconds).toFixed(1)} pictures/s, ${(sounds / seconds).toFixed(1)} sounds/s`,
  );
  console.log(
    `steps between pictures, in 1/90000 s: ${[...steps].map(([step, times]) => `${step} x ${times}`).join(', ')}`,
  );
  console.log(
    `server: ${((server.cpuMs() - cpuMs) / seconds).toFixed(0)} CPU-ms per second, presenter and encoders included`,
  );

  const { data } = await getJson<{ data: { sessionFigures: Record<string, Record<string, number>> } }>(
    `${server.url}/api/health`,
  );
  const { nack, pli } = (await view(id))!.figures;
  const dropped = data.sessionFigures[sessionid]?.droppedPictures;
  console.log(
    `dropped by the encoder of a busy machine: ${dropped} pictures; asked for again: ${nack} NACK, ${pli} PLI`,
  );

  for (let i = 1; i <= RESTARTS; i++) {
    const killedMs = performance.now();
    await janus.kill();
    while ((await view(id))?.state === 'live') await sleep(20);
    const noticedMs = performance.now() - killedMs;
    await sleep(DOWN_MS);
    janus.forget();
    await janus.startJanus();
    const upMs = performance.now();
    while (janus.arrived.pictures === 0) await sleep(20);
    const backMs = performance.now() - upMs;
    const begins = janus.arrived.firstNal === SPS ? 'a keyframe' : `NAL type ${janus.arrived.firstNal}`;
    console.log(
      `kill ${i}: noticed after ${(noticedMs / 1_000).toFixed(1)} s, pictures ${(backMs / 1_000).toFixed(1)} s after Janus is up again, beginning with ${begins}`,
    );
  }
  await fetch(`${outputs}/${id}`, { method: 'DELETE' });
  console.log(
    `requests at the server: ${janus.requests.map((line) => line.split(' ')[0]).join(' ')} (the last one DELETE)`,
  );
  console.log(`the token in the log: ${server.output().includes(TOKEN) ? 'YES' : 'no'}`);
} finally {
  await server.stop();
  await janus.close();
  rmSync(dir, { recursive: true, force: true });
}
