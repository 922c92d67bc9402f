import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeLiveTalkingFolder } from '../../../../testing/livetalking-folder';
import { counts, processes } from '../metrics/native';
import { readLiveTalking } from './livetalking';
import { transcodeInProcess } from './transcoder';

let root: string;
let job: Parameters<typeof transcodeInProcess>[0];
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'herald-transcoder-'));
  const dir = await writeLiveTalkingFolder(join(root, 'anna'), { pictures: 3 });
  const { pictureFiles: files, widthPx, heightPx } = await readLiveTalking(dir);
  job = { files, widthPx, heightPx, outFile: join(root, 'anna.pictures') };
});
afterAll(() => rmSync(root, { recursive: true }));

const left = () => [existsSync(job.outFile), counts()['transcode-process']];

it('a converter that crashes over a picture refuses the import, and says near which', async () => {
  const converting = transcodeInProcess(job);
  for (const pid of processes()) process.kill(pid, 'SIGSEGV');
  await expect(converting).rejects.toMatchObject({
    kind: 'malformed',
    message: 'the picture converter ended (killed by SIGSEGV) near 00000000.png. Try again, or replace it.',
  });
  expect(left()).toEqual([false, 0]);
});

it('a converter that eats memory over a picture is ended', async () => {
  await expect(transcodeInProcess(job, { memoryBytes: 1_000_000 })).rejects.toThrow(
    /ended \(it took more than \d+ MB of memory\)/,
  );
  expect(left()).toEqual([false, 0]);
});
