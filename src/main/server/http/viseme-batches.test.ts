import { expect, it } from 'vitest';
import { type VisemePicture, type VisemesEvent, visemesEvent } from '../../../shared/viseme-protocol';
import { VisemeBatches } from './viseme-batches';

const picture = (n: number, visemes: VisemePicture['visemes'] = { aa: 1 }): VisemePicture => ({
  ptsSamples: n * 1_920,
  visemes,
  shapes: {},
});

function batches() {
  const client = { waitingBytes: 0 };
  const events: VisemesEvent[] = [];
  const made = new VisemeBatches(
    (event) => events.push(event),
    () => client.waitingBytes,
  );
  const sizes = () => events.map(({ pictures }) => pictures.length);
  return { client, events, made, sizes };
}

it('sends the first picture at once, then three together, and the end at once', () => {
  const { made, events, sizes } = batches();
  for (let n = 0; n < 6; n++) made.add(picture(n));
  expect(sizes()).toEqual([1, 3]);
  made.add(picture(6, { sil: 1 }));
  expect(sizes()).toEqual([1, 3, 3]);
  expect(events.flatMap(({ pictures }) => pictures.map(({ ptsSamples }) => ptsSamples / 1_920))).toEqual([
    0, 1, 2, 3, 4, 5, 6,
  ]);
  for (const event of events) expect(visemesEvent.parse(event)).toEqual(event);
  made.add(picture(20));
  expect(sizes().at(-1)).toBe(1);
});

it('leaves out what a client that does not read has no room for, and says how much', () => {
  const { client, made, events } = batches();
  made.add(picture(0));
  client.waitingBytes = 100_000;
  for (let n = 1; n < 100; n++) made.add(picture(n));
  expect(events.length).toBe(1);
  client.waitingBytes = 0;
  for (let n = 100; n < 103; n++) made.add(picture(n));
  expect(events[1]).toMatchObject({ dropped: 99, pictures: [{ ptsSamples: 192_000 }, {}, {}] });
  for (let n = 103; n < 106; n++) made.add(picture(n));
  expect(events[2]?.dropped).toBeUndefined();
});
