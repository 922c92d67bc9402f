import { afterAll, describe, expect, it } from 'vitest';
import { HeraldError } from '../errors';
import { counts } from '../metrics/native';
import { EspeakTts, synthesizeWithPhonemes } from './espeak';
import { espeakText } from './espeak-text';
import { splitByScript } from './scripts';
import { SpeechTrim } from './silence';

const tts = new EspeakTts();
afterAll(() => tts.close());

const signal = () => AbortSignal.timeout(20_000);
const ipa = async (text: string, voice?: string) =>
  (await synthesizeWithPhonemes(tts, text, voice ? { voice } : {})).phonemes.map((p) => p.ipa).join('');

const rmsDb = (samples: Float32Array) => {
  const loud = samples.filter((x) => Math.abs(x) > 0.003);
  return 10 * Math.log10(loud.reduce((sum, x) => sum + x * x, 0) / loud.length);
};

/** Median over voiced stretches, by autocorrelation. */
function pitchHz(samples: Float32Array, sampleRateHz: number): number {
  const [stretch, longestLag] = [1_200, 300];
  const found: number[] = [];
  for (let at = 0; at + stretch + longestLag < samples.length; at += 800) {
    const here = samples.subarray(at, at + stretch);
    if (here.reduce((sum, x) => sum + x * x, 0) / stretch < 0.003) continue;
    let best = 0;
    let bestLag = 0;
    for (let lag = 45; lag < longestLag; lag++) {
      let product = 0;
      let power = 0;
      for (let i = 0; i < stretch; i++) {
        product += here[i]! * samples[at + lag + i]!;
        power += samples[at + lag + i]! ** 2;
      }
      const likeness = product / Math.sqrt(power + 1e-9);
      // A multiple of the period fits as well as the period itself.
      if (likeness > best * 1.03) [best, bestLag] = [likeness, lag];
    }
    found.push(sampleRateHz / bestLag);
  }
  return found.sort((a, b) => a - b)[found.length >> 1]!;
}

describe('the offline voice', () => {
  it('speaks English with phoneme times', async () => {
    const { samples, sampleRateHz, phonemes } = await synthesizeWithPhonemes(tts, 'Mamma pops.');
    expect(sampleRateHz).toBe(22_050);
    expect(samples.length / sampleRateHz).toBeGreaterThan(0.7);
    expect(samples.length / sampleRateHz).toBeLessThan(1.6);
    expect(phonemes.map((p) => p.ipa.replace(/[ˈˌ]/g, '')).join('')).toMatch(/^mæməpɑːps/);
    for (let i = 1; i < phonemes.length; i++) {
      expect(phonemes[i]!.startMs).toBeGreaterThanOrEqual(phonemes[i - 1]!.startMs);
    }
    expect(phonemes.at(-1)!.startMs).toBeLessThanOrEqual((samples.length * 1_000) / sampleRateHz);
  });

  it('reads hanzi as Mandarin, kana as Japanese, Cyrillic as Russian, hangul as Korean', async () => {
    expect(await ipa('你好')).toMatch(/^niχˈɑu/);
    expect(await ipa('こんにちは')).toMatch(/^k.+n+itɕ/);
    expect(await ipa('Привет')).toContain('vʲ');
    expect(await ipa('안녕')).toMatch(/n.*n/);
    for (const text of ['你好，今天天气很好。', '東京タワー', 'مرحبا', 'Γειά', 'नमस्ते', 'שלום', 'สวัสดี']) {
      expect(await ipa(text), text).not.toContain('tʃˈaɪniːz');
    }
  });

  it('changes voice within a sentence', async () => {
    const mixed = await ipa('Hello 你好');
    expect(mixed).toMatch(/həlˈoʊ.*niχˈɑu/);
    expect(await ipa('我有3个iPhone')).toMatch(/sˈ?an.*fˈ?oʊn/);
  });

  it('takes voice names as people write them', async () => {
    expect(await ipa('hello', 'en-gb')).toContain('əʊ');
    expect(await ipa('hello', 'en-us+f3')).toContain('oʊ');
    expect(await ipa('hello', '+m3')).toContain('oʊ');
    expect(await ipa('bonjour', 'fr')).toContain('ʒ');
    expect(await ipa('你好', 'zh-CN')).toContain('χˈɑu');
    // A voice that cannot read the script makes way for one that can.
    expect(await ipa('你好', 'en-gb')).toContain('χˈɑu');
    for (const voice of ['nosuch', 'en-us+nosuch', '+', '../../etc/passwd', 'en+f1+f2']) {
      await expect(ipa('hello', voice), voice).rejects.toThrow(/no voice .*en-us, en-gb/);
    }
  });

  it('refuses text with nothing to say', async () => {
    for (const text of ['', ' ', '😀😀', '...', '!?', '“”', '\u0000']) {
      const failure: unknown = await ipa(text).catch((error) => error);
      expect(failure, JSON.stringify(text)).toBeInstanceOf(HeraldError);
      expect(String(failure)).toContain('nothing to say');
    }
  });

  it('does not take text for markup', async () => {
    expect(await ipa('a < b and c > d')).toContain('sˈiː');
    expect(await ipa('word <b>tag</b>')).toContain('tˈæɡ');
    expect(await ipa('Tom & Jerry')).toContain('ænd');
    expect(await ipa('x [[h@l]] y')).not.toContain('həlw');
    expect(await ipa('**Good** `day` 😀')).toMatch(/^ɡˈʊddˈeɪ/);
    expect(await ipa('２０２４年')).not.toContain('jˈiˈər');
  });

  it('starts with sound, ends in a natural pause, at an even level without clipping', async () => {
    for (const text of ['Hello there, how are you today?', '你好，我是先锋。', 'Привет, как дела?', 'こんにちは。']) {
      const { samples } = await synthesizeWithPhonemes(tts, text);
      const first = samples.findIndex((x) => Math.abs(x) > 0.003) / 22.05;
      const last = (samples.length - 1 - samples.findLastIndex((x) => Math.abs(x) > 0.003)) / 22.05;
      expect(first, text).toBeLessThan(20);
      expect(last, text).toBeGreaterThan(190);
      expect(last, text).toBeLessThan(260);
      expect(samples.every((x) => Math.abs(x) < 1)).toBe(true);
      expect(rmsDb(samples), text).toBeGreaterThan(-23);
      expect(rmsDb(samples), text).toBeLessThan(-16);
    }
  });

  it('has a speed', async () => {
    const length = async (speed: number) =>
      (await synthesizeWithPhonemes(tts, 'one two three four', { speed })).samples.length;
    expect(await length(2)).toBeLessThan(0.7 * (await length(1)));
  });

  it('has a pitch, at the same pace', async () => {
    const said = async (pitchSemitones: number) =>
      (await synthesizeWithPhonemes(tts, 'Mamma ran a long way home.', { pitchSemitones, voice: 'en-us+m3' })).samples;
    const [low, own, high] = [await said(-4), await said(0), await said(4)];
    const semitones = (samples: Float32Array) => 12 * Math.log2(pitchHz(samples, 22_050) / pitchHz(own!, 22_050));
    expect(semitones(high!)).toBeGreaterThan(3);
    expect(semitones(high!)).toBeLessThan(5);
    expect(semitones(low!)).toBeLessThan(-3);
    expect(semitones(low!)).toBeGreaterThan(-5);
    expect(Math.abs(high!.length - own!.length) / own!.length).toBeLessThan(0.02);
  });

  it('lists voices that it takes', async () => {
    const voices = await tts.voices(signal());
    expect(voices.length).toBeGreaterThan(100);
    expect(new Set(voices.map(({ id }) => id)).size).toBe(voices.length);
    expect(voices).toContainEqual({ id: 'cmn+f3', name: 'Chinese (Mandarin)', language: 'zh' });
    expect(voices).toContainEqual({ id: 'en-us+f3', name: 'English (America)', language: 'en-US' });
    expect(voices.filter(({ language }) => language === undefined).length).toBeLessThan(5);
    const mine = new EspeakTts();
    for (const { id } of voices) await mine.stream('a', { voice: id, signal: signal() }).next();
    await mine.close();
  });

  it('gives the same samples for the same text', async () => {
    const once = await synthesizeWithPhonemes(tts, 'The same again.');
    await synthesizeWithPhonemes(tts, '别的话', { speed: 1.5 });
    expect((await synthesizeWithPhonemes(tts, 'The same again.')).phonemes).toEqual(once.phonemes);
  });

  it('stops in the middle when aborted, without ending the worker', async () => {
    const { threadId } = tts.state;
    const abort = new AbortController();
    const long = 'A long sentence that goes on for quite a while and on. '.repeat(200);
    let samples = 0;
    const speaking = (async () => {
      for await (const chunk of tts.stream(long, { signal: abort.signal })) {
        samples += chunk.samples.length;
        abort.abort(new Error('enough'));
      }
    })();
    await expect(speaking).rejects.toThrow('enough');
    expect(samples).toBeLessThan(22_050);
    await synthesizeWithPhonemes(tts, 'Still here.');
    expect(tts.state).toEqual({ threadId, jobs: 0 });
  });

  it('stops when its reader leaves, and throws at once when already aborted', async () => {
    for await (const _ of tts.stream('One sentence. '.repeat(50), { signal: signal() })) break;
    await synthesizeWithPhonemes(tts, 'Next.');
    expect(tts.state.jobs).toBe(0);
    await expect(tts.stream('Hello', { signal: AbortSignal.abort(new Error('no')) }).next()).rejects.toThrow('no');
  });

  it('serves several readers at once', async () => {
    const texts = ['One two three.', '你好世界。', 'Four five six.', 'Seven.'];
    const together = await Promise.all(texts.map((text) => ipa(text)));
    for (const [i, text] of texts.entries()) expect(together[i]).toBe(await ipa(text));
  });

  it('ends the worker on close, and says so afterwards', async () => {
    const mine = new EspeakTts();
    await mine.warm();
    const before = counts()['espeak-worker']!;
    const speaking = expect(synthesizeWithPhonemes(mine, 'Hello. '.repeat(500))).rejects.toThrow('closed');
    await mine.close();
    await speaking;
    await mine.close();
    await expect(mine.warm()).rejects.toThrow('closed');
    expect(counts()['espeak-worker']).toBe(before - 1);
  });
});

describe('parts', () => {
  it('cuts text by script without losing any of it', () => {
    expect(splitByScript('3 Hello, 你好！ok')).toEqual([
      { script: 'Latin', text: '3 Hello, ' },
      { script: 'Han', text: '你好！' },
      { script: 'Latin', text: 'ok' },
    ]);
    expect(splitByScript('1 + 1')).toEqual([{ script: 'Latin', text: '1 + 1' }]);
    expect(splitByScript('')).toEqual([]);
  });

  it('cleans text for espeak', () => {
    expect(espeakText('## Title')).toBe('Title');
    expect(espeakText('2*3 and *so*')).toBe('2*3 and  so');
    expect(espeakText('C# and F# #1')).toBe('C# and F# #1');
    expect(espeakText('x\uD800y')).toBe('x y');
  });

  it('trims the start across chunks and fills the end', () => {
    const trim = new SpeechTrim(1_000);
    expect(trim.push(new Float32Array(100)).length).toBe(0);
    const out = trim.push(Float32Array.from({ length: 100 }, (_, i) => (i >= 50 && i < 80 ? 0.5 : 0)));
    expect(out.length).toBe(58);
    expect(trim.trimmedMs).toBe(142);
    expect(trim.push(new Float32Array(30)).length).toBe(30);
    expect(trim.finish(200).length).toBe(150);
  });
});
