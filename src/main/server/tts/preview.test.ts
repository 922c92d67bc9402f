import { describe, expect, it } from 'vitest';
import { RATE_HZ, ScriptedVoice, type Step } from '../../../../testing/scripted-voice';
import { ProviderError } from '../provider-error';
import { FallbackTts } from './fallback';
import { greetingIn, languageInName } from './greetings';
import { previewVoice } from './preview';
import { realTimers } from './timers';
import type { VoiceInfo } from './tts';

const never = new AbortController().signal;
const scripted = (name: string, ...script: Step[]) => new ScriptedVoice(name, realTimers, script);
const withVoices = (voice: ScriptedVoice, ...voices: VoiceInfo[]) =>
  Object.assign(voice, { voices: async () => voices });

describe('a preview', () => {
  it('is a WAV file of the rate that the voice has, in the words and at the speed that were asked for', async () => {
    const voice = scripted('one', { tone: 100, amplitude: 0.5 }, { tone: 150, amplitude: 2 });
    const wav = await previewVoice(voice, { voice: 'anna', text: 'Hi there', speed: 1.5 }, never);
    expect([wav.toString('latin1', 0, 4), wav.toString('latin1', 8, 12)]).toEqual(['RIFF', 'WAVE']);
    expect([wav.readUInt32LE(4), wav.readUInt32LE(24), wav.readUInt32LE(28)]).toEqual([
      wav.length - 8,
      RATE_HZ,
      2 * RATE_HZ,
    ]);
    expect(wav.readUInt32LE(40)).toBe((2 * RATE_HZ * 250) / 1_000);
    expect([wav.readInt16LE(44), wav.readInt16LE(wav.length - 2)].map(Math.abs)).toEqual([0x4000, 0x7fff]);
    expect(voice.asked[0]).toMatchObject({ sentence: 'Hi there', options: { voice: 'anna', speed: 1.5 } });
  });

  it('greets in the language of the voice, by its name or by the list', async () => {
    const said = async (voice: string, ...list: VoiceInfo[]) => {
      const engine = withVoices(scripted('one', { tone: 50 }), ...list);
      await previewVoice(engine, { voice }, never);
      return engine.asked[0]!.sentence;
    };
    expect(await said('zh-CN-XiaoxiaoNeural')).toContain('你好');
    expect(await said('kokoro:zf_001', { id: 'kokoro:zf_001', name: 'k', language: 'fr-FR' })).toContain('Bonjour');
    expect(await said('alloy')).toContain('Hello');
  });

  it('is not of an engine that stands in for another', async () => {
    const down = new ProviderError({ part: 'voice', provider: 'one', reason: 'it is down', remedy: 'Start it.' });
    const offline = scripted('espeak', { tone: 50 });
    const tts = new FallbackTts([scripted('one', { fail: down }), offline], { pauseMs: 60_000 });
    for (let i = 0; i < 2; i++) {
      // The second time nobody asks it: it rests.
      await expect(previewVoice(tts, { voice: 'anna' }, never)).rejects.toMatchObject({
        kind: 'refused',
        message: expect.stringContaining('it is down. Start it.'),
      });
    }
    expect(offline.speaking).toBe(0);
    await tts.close();
  });

  it('waits for a voice that is being loaded', async () => {
    const loading = new ProviderError({
      part: 'voice',
      provider: 'one',
      reason: 'it is still being loaded',
      remedy: 'It speaks soon.',
      ofRequest: true,
      retryAfterMs: 1,
    });
    const voice = new ScriptedVoice('one', realTimers, [{ fail: loading }], [{ fail: loading }], [{ tone: 50 }]);
    const tts = new FallbackTts([voice, scripted('espeak', { tone: 500 })]);
    const wav = await previewVoice(tts, { voice: 'anna' }, never);
    // Its 50 ms and the pause after a sentence; the other one would say 500.
    expect(wav.readUInt32LE(40) / 2 / RATE_HZ).toBeLessThan(0.4);
    expect(voice.asked).toHaveLength(3);
    await tts.close();
  });

  it('is of the offline voice where that is the one that was asked for', async () => {
    const offline = withVoices(scripted('espeak', { tone: 50 }), { id: 'en+f3', name: 'English' });
    const tts = Object.assign(new FallbackTts([offline]), {
      status: () => [
        { engine: 'edgetts', state: 'failing' as const, problem: 'There is no internet.' },
        { engine: 'espeak', state: 'ready' as const },
      ],
    });
    expect((await previewVoice(tts, { voice: 'en+m3' }, never)).length).toBeGreaterThan(44);
    await expect(previewVoice(tts, { voice: 'en-US-AvaNeural' }, never)).rejects.toThrow('There is no internet.');
    await tts.close();
  });

  it('ends with its listener, and is refused where there is nothing to hear', async () => {
    const gone = new AbortController();
    const hanging = scripted('one', { tone: 10 }, { hang: 'obedient' });
    const preview = previewVoice(hanging, { voice: 'anna' }, gone.signal);
    await expect.poll(() => hanging.speaking).toBe(1);
    gone.abort(new Error('gone'));
    await expect(preview).rejects.toThrow('gone');
    expect(hanging.speaking).toBe(0);
    await expect(previewVoice(scripted('one'), { voice: 'anna' }, never)).rejects.toThrow('anna made no sound of it');
  });
});

it('greetings fit their languages', () => {
  expect(greetingIn('pt-BR')).toContain('Olá');
  expect(greetingIn(undefined)).toBe(greetingIn('xx'));
  expect(['en_US-joe-medium', 'cmn', 'en+f3', 'alloy', 'ash', 'constructor', 'p-227'].map(languageInName)).toEqual([
    'en',
    'cmn',
    'en',
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});
