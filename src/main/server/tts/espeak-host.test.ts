import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { counts } from '../metrics/native';
import { EspeakHost } from './espeak-host';

const job = { text: 'x', voice: 'en', rateWpm: 165 };
const READY = `parent.postMessage({ type: 'ready', catalogue: { voices: [], variants: [] } });`;
const fake = (body: string) =>
  new Worker(`const { parentPort: parent } = require('node:worker_threads'); ${body}`, { eval: true });

async function drain(host: EspeakHost): Promise<number> {
  let parts = 0;
  for await (const _ of host.run(job, AbortSignal.timeout(10_000))) parts++;
  return parts;
}

it('says what happened when the worker crashes, and starts another for the next job', async () => {
  let started = 0;
  const host = new EspeakHost(() =>
    fake(
      ++started === 1
        ? `${READY} parent.on('message', () => { throw new Error('out of memory'); });`
        : `${READY} parent.on('message', ({ id }) => {
             parent.postMessage({ type: 'audio', id, samples: new Float32Array(3), phonemes: [] });
             parent.postMessage({ type: 'done', id }); });`,
    ),
  );
  const both = await Promise.allSettled([drain(host), drain(host)]);
  for (const one of both) expect(one).toMatchObject({ status: 'rejected', reason: { kind: 'refused' } });
  expect(String((both[0] as PromiseRejectedResult).reason)).toContain('out of memory');
  expect(host.state).toEqual({ threadId: undefined, jobs: 0 });
  expect(await drain(host)).toBe(1);
  expect(started).toBe(2);
  await host.close();
  expect(counts()['espeak-worker']).toBe(0);
});

it('fails when the worker cannot start, and tries again next time', async () => {
  const host = new EspeakHost(() => fake(`throw new Error('no data file');`));
  await expect(host.catalogue()).rejects.toThrow('no data file');
  await expect(drain(host)).rejects.toThrow('no data file');
  await host.close();
});

it('passes on what the worker reports about one job', async () => {
  const host = new EspeakHost(() =>
    fake(
      `${READY} parent.on('message', ({ id }) => parent.postMessage({ type: 'failed', id, message: 'bad voice' }));`,
    ),
  );
  await expect(drain(host)).rejects.toThrow('bad voice');
  expect(host.state.jobs).toBe(0);
  await host.close();
});

it('leaves at once on abort while the worker is busy', async () => {
  const host = new EspeakHost(() => fake(`${READY} parent.on('message', () => {});`));
  const abort = new AbortController();
  const reading = host.run(job, abort.signal).next();
  setTimeout(() => abort.abort(new Error('enough')), 20);
  await expect(reading).rejects.toThrow('enough');
  await host.close();
});

it('leaves at once on abort while the worker is starting', async () => {
  const host = new EspeakHost(() => fake('setInterval(() => {}, 1000);'));
  const abort = new AbortController();
  const reading = host.run(job, abort.signal).next();
  setTimeout(() => abort.abort(new Error('enough')), 20);
  await expect(reading).rejects.toThrow('enough');
  await host.close();
});
