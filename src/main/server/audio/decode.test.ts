import { afterEach, describe, expect, it } from 'vitest';
import { encodeAudio, encodeSilentVideo, FILE_KINDS, wav, wavHeader } from '../../../../testing/audio-files';
import { HeraldError } from '../errors';
import { counts } from '../metrics/native';
import { type DecodedAudio, openAudio } from './decode';
import { Demux } from './demux';

const KINDS = ['demuxer', 'memory-input', 'packet', 'audio-decoder', 'frame', 'mixer'];

afterEach(() => {
  for (const kind of KINDS) expect(counts()[kind] ?? 0, kind).toBe(0);
});

async function read(audio: DecodedAudio) {
  const parts: Float32Array[] = [];
  for await (const { samples, sampleRateHz } of audio.chunks()) {
    expect(sampleRateHz).toBe(48_000);
    parts.push(samples);
  }
  const pcm = new Float32Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    pcm.set(part, at);
    at += part.length;
  }
  return pcm;
}

async function play(bytes: Uint8Array) {
  const audio = await openAudio(bytes, { maxMinutes: 10 });
  try {
    const pcm = await read(audio);
    return { pcm, truncated: audio.truncated, durationMs: audio.durationMs };
  } finally {
    await audio.close();
  }
}

const silentWav = (seconds: number) => wavHeader(seconds * 16_000, 8_000, 1, seconds * 16_000);

const rms = (pcm: Float32Array) => Math.sqrt(pcm.reduce((sum, x) => sum + x * x, 0) / pcm.length);

/** Refused, with a sentence for people, and quickly. */
async function refusal(bytes: Uint8Array, maxMinutes = 10): Promise<string> {
  const started = performance.now();
  const error: unknown = await openAudio(bytes, { maxMinutes }).then(
    (audio) => audio.close().then(() => 'it was opened'),
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(HeraldError);
  expect((error as HeraldError).kind).toBe('refused');
  expect(performance.now() - started).toBeLessThan(5_000);
  return (error as HeraldError).message;
}

describe('every kind of file', () => {
  it.each(Object.entries(FILE_KINDS))('%s: whole, in level, to the sample', async (kind, { rateHz }) => {
    const samples = Math.round(1.5 * rateHz) + 7;
    const { pcm, truncated, durationMs } = await play(encodeAudio({ kind, samples }));
    const exact = Math.round((samples * 48_000) / rateHz);
    // ADTS has nowhere to say how long the padding is.
    if (kind === 'aac') expect(Math.abs(pcm.length - exact)).toBeLessThan(3_000);
    else expect(Math.abs(pcm.length - exact)).toBeLessThanOrEqual(1);
    expect(rms(pcm)).toBeGreaterThan(0.165);
    expect(rms(pcm)).toBeLessThan(0.185);
    expect(truncated).toBe(false);
    expect(Math.abs(durationMs - (pcm.length * 1_000) / 48_000)).toBeLessThan(60);
  });

  it.each([8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 48_000, 96_000])('wav at %i Hz', async (rateHz) => {
    const { pcm } = await play(wav(rateHz + 1, rateHz));
    expect(pcm.length).toBe(Math.round(((rateHz + 1) * 48_000) / rateHz));
  });

  it('mixes stereo and 5.1 down to mono without clipping or gain', async () => {
    const tone = (i: number) => 0.9 * Math.sin((2 * Math.PI * 440 * i) / 48_000);
    expect(rms((await play(wav(48_000, 48_000, 2, tone))).pcm)).toBeCloseTo(0.9 / Math.SQRT2, 2);
    expect(rms((await play(wav(48_000, 48_000, 2, (i, c) => (c === 0 ? tone(i) : 0)))).pcm)).toBeCloseTo(
      0.45 / Math.SQRT2,
      2,
    );
    const surround = (await play(wav(48_000, 48_000, 6, tone))).pcm;
    expect(rms(surround)).toBeGreaterThan(0.3);
    expect(Math.max(...surround.subarray(0, 9_600))).toBeLessThanOrEqual(1);
  });

  it('plays a wav from a pipe, whose header does not know its length', async () => {
    for (const size of [0xffff_ffff, 0x7fff_ffff]) {
      const bytes = wav(24_000, 24_000);
      bytes.writeUInt32LE(size, 4);
      bytes.writeUInt32LE(size, 40);
      expect((await play(bytes)).pcm.length).toBe(48_000);
    }
  });
});

describe('a file that breaks off', () => {
  it.each(Object.keys(FILE_KINDS))('%s: the good part plays, and it says so', async (kind) => {
    const rateHz = FILE_KINDS[kind]!.rateHz;
    const whole = encodeAudio({
      kind,
      samples: 3 * rateHz,
      ...(kind.startsWith('m') && kind !== 'mp3' ? { options: { movflags: '+faststart' } } : {}),
    });
    const { pcm, truncated, durationMs } = await play(whole.subarray(0, Math.round(whole.length * 0.6)));
    expect(truncated).toBe(true);
    expect(pcm.length).toBeGreaterThan(40_000);
    expect(pcm.length).toBeLessThan(125_000);
    expect(durationMs).toBeLessThan(2_700);
    expect(rms(pcm)).toBeGreaterThan(0.15);
  });

  it('an mp4 without its index says what is missing', async () => {
    const whole = encodeAudio({ kind: 'mp4', samples: 96_000 });
    expect(await refusal(whole.subarray(0, whole.length >> 1))).toContain('incomplete');
  });

  it('noise in the middle costs that part only', async () => {
    const bytes = encodeAudio({ kind: 'mp3', samples: 3 * 44_100 });
    for (let i = 0; i < 2_000; i++) bytes[8_000 + i] = (i * 7_919) & 255;
    const { pcm } = await play(bytes);
    expect(pcm.length).toBeGreaterThan(100_000);
    expect(pcm.every(Number.isFinite)).toBe(true);
  });
});

describe('what is not audio', () => {
  it('is refused with the reason', async () => {
    expect(await refusal(new Uint8Array(0))).toContain('empty');
    expect(await refusal(Buffer.from('hello, this is a text file\n'.repeat(100)))).toContain('not audio');
    expect(await refusal(encodeSilentVideo())).toContain('no sound track');
    expect(await refusal(wavHeader(0, 48_000, 1))).toMatch(/not audio|damaged/);
  });

  it('garbage of any size is refused', async () => {
    let seed = 1;
    for (const size of [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000]) {
      for (let round = 0; round < 5; round++) {
        const bytes = Buffer.alloc(size);
        for (let i = 0; i < size; i++) {
          seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
          bytes[i] = seed >>> 16;
        }
        expect(await refusal(bytes)).toMatch(/not audio|damaged/);
      }
    }
  });

  it('never opens what a playlist or script names', async () => {
    for (const text of [
      '#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n',
      '\ufeff#EXTM3U\nhttp://127.0.0.1:9/x.ts\n',
      "ffconcat version 1.0\nfile '/etc/hostname'\n",
      "file '/etc/hostname'\n",
      '[playlist]\nFile1=/etc/hostname\n',
      '<?xml version="1.0"?><MPD></MPD>',
      'v=0\no=- 0 0 IN IP4 127.0.0.1\nm=audio 9 RTP/AVP 0\n',
    ]) {
      expect(await refusal(Buffer.from(text)), text).toContain('playlist');
      // Nor would the demuxer, were the text not recognised.
      await expect(Demux.open(Buffer.from(text), AbortSignal.timeout(10_000))).rejects.toThrow('not audio');
    }
  });
});

describe('the limit', () => {
  const hours3 = 3 * 3_600;

  it('refuses three hours without decoding them', async () => {
    expect(await refusal(silentWav(hours3))).toContain('10 minutes');
    // Without any length in the header, packets are counted.
    const second = encodeAudio({ kind: 'aac', samples: 8_000 * 20, rateHz: 8_000 });
    expect(await refusal(Buffer.concat(Array.from({ length: hours3 / 20 }, () => second)))).toContain('10 minutes');
  });

  it('lets exactly the limit pass, and reads it a little at a time', async () => {
    const audio = await openAudio(silentWav(60), { maxMinutes: 1 });
    expect(audio.durationMs).toBe(60_000);
    let samples = 0;
    for await (const chunk of audio.chunks()) {
      expect(chunk.samples.length).toBeLessThan(2 * 48_000);
      samples += chunk.samples.length;
    }
    expect(samples).toBe(60 * 48_000);
    await audio.close();
    expect(await refusal(silentWav(61), 1)).toContain('1 minutes');
  });
});

describe('endings', () => {
  const file = encodeAudio({ kind: 'mp3', samples: 44_100 * 2 });

  it('a reader ends when it is closed under way, and closing again changes nothing', async () => {
    const audio = await openAudio(file);
    let chunks = 0;
    for await (const _ of audio.chunks()) if (++chunks === 3) await audio.close();
    expect(chunks).toBeLessThan(6);
    await audio.close();
  });

  it('unread audio frees everything, and reads as nothing afterwards', async () => {
    const audio = await openAudio(file);
    await audio.close();
    expect((await read(audio)).length).toBe(0);
  });

  it('stops opening when aborted', async () => {
    await expect(openAudio(file, { signal: AbortSignal.abort(new Error('gone')) })).rejects.toThrow('gone');
    const abort = new AbortController();
    const opening = openAudio(silentWav(3_000), { signal: abort.signal });
    abort.abort(new Error('gone'));
    await expect(opening).rejects.toThrow('gone');
  });

  it('opens many at once', async () => {
    const all = await Promise.all(Array.from({ length: 16 }, () => play(file)));
    for (const { pcm } of all) expect(pcm.length).toBe(96_000);
  });
});
