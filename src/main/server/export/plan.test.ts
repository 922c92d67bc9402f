import { describe, expect, it } from 'vitest';
import { faceIn } from './library';
import { type ExportSource, planExport } from './plan';
import { exportOptions } from './request';
import { timemarkMs } from './run';

const source: ExportSource = {
  path: '/a.mp4',
  durationMs: 10_000,
  widthPx: 1_280,
  heightPx: 720,
  face: { xPx: 800, yPx: 100, widthPx: 200, heightPx: 200 },
  cues: [
    { startMs: 1_000, endMs: 3_000, lines: ['One'] },
    { startMs: 5_000, endMs: 6_000, lines: ['Two'] },
  ],
};
const plan = (wishes: object, of = source) => planExport(exportOptions.parse(wishes), of);

describe('what ffmpeg is told', () => {
  it('encodes an MP4 by quality, with its index in front', () => {
    const { outputOptions, filter, muxer, inputOptions } = plan({ format: 'mp4', crf: 18 });
    const text = outputOptions.join(' ');
    expect(text).toContain('-map 0:v:0 -map 0:a:0?');
    expect(text).toContain('-c:v libx264 -preset medium -crf 18');
    expect(text).toContain('-movflags +faststart');
    expect([filter, muxer, inputOptions]).toEqual([undefined, 'mp4', []]);
  });

  it('crops around the face, or around the middle where none is known', () => {
    expect(plan({ format: 'mp4', crop: 'square' }).filter).toBe('[0:v]crop=720:720:540:0[out]');
    expect(plan({ format: 'webm', crop: 'portrait', shorterSidePx: 360 }).filter).toBe(
      '[0:v]crop=406:720:696:0,scale=360:638:flags=lanczos[out]',
    );
    const { face: _, ...faceless } = source;
    expect(plan({ format: 'mp4', crop: 'square' }, faceless).filter).toBe('[0:v]crop=720:720:280:0[out]');
  });

  it('trims, and moves the subtitles along', () => {
    const { inputOptions, outputOptions, subtitles, durationMs, filter } = plan({
      format: 'mp4',
      startS: 2,
      endS: 5.5,
      subtitles: true,
    });
    expect(inputOptions).toEqual(['-ss', '2.000']);
    expect(outputOptions.join(' ')).toContain('-t 3.500');
    expect(durationMs).toBe(3_500);
    expect(filter).toContain('subtitles=captions.srt');
    expect(subtitles).toBe('1\n00:00:00,000 --> 00:00:01,000\nOne\n\n2\n00:00:03,000 --> 00:00:03,500\nTwo\n');
  });

  it('draws a GIF with a palette of its own, and leaves sound alone where there is only that', () => {
    const gif = plan({ format: 'gif' });
    expect(gif.filter).toContain('fps=12.5,scale=854:480:flags=lanczos,split[a][b];[a]palettegen');
    expect(gif.outputOptions).toContain('-an');
    expect(plan({ format: 'mp3' }).outputOptions.join(' ')).toContain('-map 0:a:0 -vn -c:a libmp3lame');
  });

  it('keeps alpha where it is wanted, and puts white behind it where it is not', () => {
    const clear = { ...source, transparent: true };
    const webm = plan({ format: 'webm', transparent: true, subtitles: true }, clear);
    expect(webm.inputOptions).toEqual(['-c:v', 'libvpx-vp9']);
    expect(webm.outputOptions.join(' ')).toContain('-pix_fmt yuva420p -auto-alt-ref 0');
    expect(webm.filter).toContain('subtitles=captions.srt:alpha=1');
    expect(plan({ format: 'mov', transparent: true }, clear).outputOptions.join(' ')).toContain('4444');
    expect(plan({ format: 'mp4', crop: 'square' }, clear).filter).toBe(
      'color=white:s=1280x720:r=25[white];[white][0:v]overlay=shortest=1[flat];[flat]crop=720:720:540:0[out]',
    );
    expect(() => plan({ format: 'mp4', transparent: true }, clear)).toThrow('say webm, mov or gif');
  });

  it.each([
    [{ format: 'webm', transparent: true }, 'Make a clip with background "transparent"'],
    [{ format: 'mp3', crop: 'square' }, 'no picture'],
    [{ format: 'mp4', startS: 10 }, '10.000 s long'],
    [{ format: 'mp4', startS: 5, endS: 5 }, 'later than startS'],
  ])('is not told %j', (wishes, why) => {
    expect(() => plan(wishes)).toThrow(why);
  });

  it('burns in nothing where nothing is said', () => {
    expect(() => plan({ format: 'mp4', subtitles: true }, { ...source, cues: [] })).toThrow('nothing is said');
  });
});

it('a face is found again in a clip that was cut and scaled', () => {
  const avatar = { widthPx: 720, heightPx: 720, faceBox: () => ({ xPx: 182, yPx: 292, widthPx: 352, heightPx: 352 }) };
  expect(faceIn({ widthPx: 360, heightPx: 360 }, avatar)).toEqual({ xPx: 91, yPx: 146, widthPx: 176, heightPx: 176 });
  const face = faceIn({ widthPx: 360, heightPx: 640 }, avatar);
  expect(Math.abs(face.xPx + face.widthPx / 2 - 180)).toBeLessThan(3);
});

it('time marks are read', () => {
  expect(timemarkMs('01:02:03.50')).toBe(3_723_500);
  expect(timemarkMs('N/A')).toBeUndefined();
});
