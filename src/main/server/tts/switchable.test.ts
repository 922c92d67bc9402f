import { expect, it } from 'vitest';
import { ManualTimers } from '../../../../testing/manual-timers';
import { ScriptedVoice } from '../../../../testing/scripted-voice';
import { SwitchableTts } from './switchable';

const timers = new ManualTimers();
const voice = (name: string) => new ScriptedVoice(name, timers, [{ tone: 20 }, { tone: 20 }]);
const speak = (tts: SwitchableTts, text: string) =>
  tts.stream(text, { signal: new AbortController().signal })[Symbol.asyncIterator]();

it('finishes a sentence with the engine that began it, then closes that engine, once', async () => {
  const [first, second] = [voice('first'), voice('second')];
  const tts = new SwitchableTts(first);
  const sentence = speak(tts, 'one');
  expect((await sentence.next()).done).toBe(false);

  tts.change(second);
  expect(tts.name).toBe('second');
  expect(first.closes).toBe(0);
  expect((await sentence.next()).done).toBe(false);
  expect((await sentence.next()).done).toBe(true);
  expect(first.closes).toBe(1);

  await speak(tts, 'two').next();
  expect(second.asked.map(({ sentence }) => sentence)).toEqual(['two']);
  expect(first.asked.map(({ sentence }) => sentence)).toEqual(['one']);
  await tts.close();
  expect([first.closes, second.closes]).toEqual([1, 1]);
});

it('closes an engine that nobody listened to, and one whose listener left early', async () => {
  const [first, second, third] = [voice('first'), voice('second'), voice('third')];
  const tts = new SwitchableTts(first);
  tts.change(second);
  expect(first.closes).toBe(1);
  const sentence = speak(tts, 'one');
  await sentence.next();
  tts.change(third);
  expect(second.closes).toBe(0);
  await sentence.return?.(undefined);
  expect(second.closes).toBe(1);
  await tts.close();
});

it('closes engines that still speak, and whatever is handed to it after its end', async () => {
  const [first, second, late] = [voice('first'), voice('second'), voice('late')];
  const tts = new SwitchableTts(first);
  await speak(tts, 'one').next();
  tts.change(second);
  await tts.close();
  await tts.close();
  expect([first.closes, second.closes]).toEqual([1, 1]);
  tts.change(late);
  expect(late.closes).toBe(1);
});
