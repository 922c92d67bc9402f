import { afterEach, describe, expect, it } from 'vitest';
import { encodeAudio } from '../../../../testing/audio-files';
import { encodeMp3, glide, mp3FrameSamples } from '../../../../testing/mp3';
import { counts } from '../metrics/native';
import { openAudio } from './decode';
import type { PcmChunk } from './frame';
import { Mp3Stream } from './mp3-stream';

const KINDS = ['audio-decoder', 'audio-parser', 'packet', 'frame'];

afterEach(() => {
  for (const kind of KINDS) expect(counts()[kind] ?? 0, kind).toBe(0);
});

function join(parts: Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function decode(bytes: Uint8Array, sizes: number[]) {
  const mp3 = new Mp3Stream();
  try {
    const parts: PcmChunk[] = [];
    for (let at = 0, i = 0; at < bytes.length; i++) {
      const size = sizes[i % sizes.length]!;
      parts.push(...mp3.push(bytes.slice(at, at + size)));
      at += size;
    }
    const cutBytes = mp3.end();
    return { pcm: join(parts.map(({ samples }) => samples)), parts, cutBytes, damaged: mp3.damaged };
  } finally {
    mp3.close();
  }
}

async function decodeFile(bytes: Uint8Array): Promise<Float32Array> {
  const audio = await openAudio(bytes);
  try {
    const parts: Float32Array[] = [];
    for await (const { samples } of audio.chunks()) parts.push(samples);
    return join(parts);
  } finally {
    await audio.close();
  }
}

const ANY_SIZES = [1, 7, 500, 3, 143, 1_000, 2];

describe('an mp3 that arrives in pieces', () => {
  it('decodes to the very samples of the file decoder', async () => {
    // At 48 kHz nothing is resampled on either side, so samples can be compared as numbers.
    const bytes = Buffer.concat(encodeMp3(glide(48_000, 48_000), 48_000, 64_000));
    const whole = await decodeFile(bytes);
    const { pcm, parts, cutBytes, damaged } = decode(bytes, ANY_SIZES);
    expect(pcm.length).toBe(whole.length);
    expect(pcm).toEqual(whole);
    expect({ cutBytes, damaged }).toEqual({ cutBytes: 0, damaged: 0 });
    for (const part of parts) expect(part.sampleRateHz).toBe(48_000);
  });

  it.each([[[1]], [[144]], [[145]], [[1_000_000]], [ANY_SIZES]])('does not depend on the pieces: %j', (sizes) => {
    const frames = encodeMp3(glide(24_000));
    const { pcm, parts } = decode(Buffer.concat(frames), sizes);
    expect(pcm.length).toBe(frames.length * mp3FrameSamples(24_000));
    expect(pcm).toEqual(decode(Buffer.concat(frames), [Number.MAX_SAFE_INTEGER]).pcm);
    expect(parts[0]!.sampleRateHz).toBe(24_000);
  });

  it('gives back the sound that was encoded, after LAME and the decoder have taken their 1,105 samples', () => {
    const sound = glide(24_000);
    const { pcm } = decode(Buffer.concat(encodeMp3(sound)), [720]);
    let dot = 0;
    let a = 0;
    let b = 0;
    for (let i = 1_000; i < 20_000; i++) {
      const [x, y] = [sound[i]!, pcm[i + 1_105]!];
      dot += x * y;
      a += x * x;
      b += y * y;
    }
    expect(dot / Math.sqrt(a * b)).toBeGreaterThan(0.999);
  });

  it('sounds with the last byte of the first frame', () => {
    const [first] = encodeMp3(glide(24_000));
    const mp3 = new Mp3Stream();
    try {
      expect(mp3.push(first!.subarray(0, -1))).toEqual([]);
      const [chunk] = mp3.push(first!.subarray(-1));
      expect(chunk!.samples.length).toBe(576);
    } finally {
      mp3.close();
    }
  });

  it('skips an ID3 tag and the frame that only counts frames', async () => {
    const bytes = encodeAudio({ kind: 'mp3', samples: 48_000, rateHz: 48_000 });
    expect(bytes.toString('latin1', 0, 3)).toBe('ID3');
    const file = await decodeFile(bytes);
    for (const sizes of [[1], [9, 2], ANY_SIZES, [1_000_000]]) {
      const { pcm, damaged } = decode(bytes, sizes);
      expect(damaged).toBe(0);
      // The file decoder reads the padding from the header and cuts it off.
      expect(pcm.subarray(1_105, 1_105 + file.length)).toEqual(file);
      expect(pcm.length % 1_152).toBe(0);
    }
  });
});

describe('an mp3 that is not whole', () => {
  const frames = encodeMp3(glide(12_000));

  it('reports the bytes of a frame that was cut, and plays the others', () => {
    const { pcm, cutBytes } = decode(Buffer.concat(frames).subarray(0, -50), [333]);
    expect(cutBytes).toBe(frames.at(-1)!.length - 50);
    expect(pcm.length).toBe((frames.length - 1) * 576);
  });

  it('finds its way back after bytes that are no mp3', () => {
    const half = Math.floor(frames.length / 2);
    const junk = Buffer.from('<html><body>Service unavailable</body></html>');
    const { pcm } = decode(Buffer.concat([...frames.slice(0, half), junk, ...frames.slice(half)]), ANY_SIZES);
    // The frame beside the damage, and the one whose bits reach into it, may be lost.
    expect(pcm.length).toBeGreaterThanOrEqual((frames.length - 3) * 576);
  });

  it('makes no sound of text or of nothing', () => {
    expect(decode(Buffer.from('<!doctype html>'.repeat(500)), [100]).pcm.length).toBe(0);
    expect(decode(new Uint8Array(0), [1])).toMatchObject({ cutBytes: 0, damaged: 0 });
    expect(decode(Buffer.from('ID3'), [1]).pcm.length).toBe(0);
  });

  it('is silent once closed, and closes twice', () => {
    const mp3 = new Mp3Stream();
    mp3.push(frames[0]!);
    mp3.close();
    mp3.close();
    expect(mp3.push(frames[1]!)).toEqual([]);
    expect(mp3.end()).toBe(0);
  });
});
