import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AV_CODEC_ID_AAC, AV_CODEC_ID_H264 } from 'node-av/constants';
import { FFmpegError, FormatContext, Packet } from 'node-av/lib';
import { expect, it } from 'vitest';
import { NginxRtmp } from '../../../../../testing/nginx-rtmp';
import { ProgramSource } from '../../../../../testing/program-source';
import { RtmpOutput } from './rtmp-output';

const missing = NginxRtmp.missing();

async function until(test: () => boolean): Promise<void> {
  for (let waited = 0; !test(); waited += 10) {
    if (waited >= 20_000) throw new Error('waited in vain');
    await sleep(10);
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

/** What a viewer of the server gets: the codec and the time in ms of so many packets. */
async function pull(url: string, packets: number): Promise<{ codecId: number; timeMs: number }[]> {
  const input = new FormatContext();
  const packet = new Packet();
  packet.alloc();
  try {
    FFmpegError.throwIfError(await input.openInput(url), 'pull');
    FFmpegError.throwIfError(await input.findStreamInfo(), 'pull');
    const got: { codecId: number; timeMs: number }[] = [];
    while (got.length < packets && (await input.readFrame(packet)) >= 0) {
      const { codecpar } = input.streams[packet.streamIndex]!;
      got.push({ codecId: codecpar.codecId, timeMs: Number(packet.dts) });
      packet.unref();
    }
    return got;
  } finally {
    packet.free();
    await input.closeInput();
  }
}

it.skipIf(missing)(`nginx passes it on, and has it again after a restart${missing ? `: ${missing}` : ''}`, async () => {
  const dir = mkdtempSync(join(tmpdir(), 'herald-nginx-'));
  const nginx = NginxRtmp.create(dir, await freePort());
  const source = await ProgramSource.open('h264');
  const url = nginx.url('key');
  const output = new RtmpOutput({ url, requestKeyframe: () => source.program.requestKeyframe() });
  try {
    await nginx.start();
    await source.program.attach(output);
    for (let connects = 1; connects <= 2; connects++) {
      await until(() => output.figures.connects === connects && output.figures.sentPackets! > 0);
      // A viewer that comes between two keyframes hears for up to 2 s before it sees.
      const got = await pull(url, 200);
      expect(got).toHaveLength(200);
      for (const codecId of [AV_CODEC_ID_H264, AV_CODEC_ID_AAC]) {
        const times = got.filter((packet) => packet.codecId === codecId).map(({ timeMs }) => timeMs);
        expect(times.length).toBeGreaterThan(10);
        expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
      }
      if (connects === 2) break;
      await nginx.kill();
      await until(() => output.state === 'reconnecting');
      await nginx.start();
    }
  } finally {
    await output.close();
    await source.close();
    await nginx.kill();
    rmSync(dir, { recursive: true, force: true });
  }
});
