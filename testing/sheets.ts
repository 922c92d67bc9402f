import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright';
import type { I420Picture } from '../src/main/server/avatar/avatar';
import { ClipStudio } from '../src/main/server/clips/studio';
import { loadSettings } from '../src/main/server/config/load';
import { findFfmpeg } from '../src/main/server/export/find-ffmpeg';
import { createLogger } from '../src/main/server/log';
import { EspeakTts } from '../src/main/server/tts/espeak';
import { EspeakHost } from '../src/main/server/tts/espeak-host';
import { version } from '../src/main/server/version';
import { launchChromium } from './browser';
import { root } from './server';
import { idleTiles, SENTENCE, sentenceTiles, type Tile, visemeTiles } from './sheet-takes';
import { LipStage } from './stage';

/**
 * The presenters for the documentation: of each a contact sheet (the idle loop, eight visemes, a sentence) and two clips (English,
 * Mandarin), drawn as for viewers by models/lip-mini.onnx. To be run again whenever the weights or the presenters change.
 *   npm run sheets [-- clara|leo|maya ...] [-- sheets|clips ...]
 */
interface Speaker {
  name: string;
  /** Of espeak-ng, which is built in; for held sounds, for English, for Mandarin. */
  held: string;
  en: { voice: string; text: string };
  zh: { voice: string; text: string };
}

const SPEAKERS: Record<string, Speaker> = {
  clara: {
    name: 'Clara',
    held: 'gmw/en-US+Annie',
    en: {
      voice: 'en-us+f3',
      text:
        'Hello, I am Clara. Type a line, and I say it aloud. I read the morning bulletin, answer your questions, ' +
        'and move my lips to any recording that you drop on me.',
    },
    zh: {
      voice: 'cmn+f3',
      text: '您好，我是克拉拉。您输入一句话，我就说出来。播报新闻、回答问题、朗读文章，我都可以。今天想听什么？',
    },
  },
  leo: {
    name: 'Leo',
    held: 'gmw/en-US+m3',
    en: {
      voice: 'en-us+m3',
      text:
        'Good evening, my name is Leo. Everything that you see here runs on a plain computer: no graphics card, ' +
        'no cloud and no key. My lips follow the sound, in any language.',
    },
    zh: {
      voice: 'cmn+m3',
      text: '大家晚上好，我叫里奥。这里的一切都在普通电脑上运行，不需要显卡，也不需要联网。我的嘴唇跟着声音走。',
    },
  },
  maya: {
    name: 'Maya',
    held: 'gmw/en-US+Annie',
    en: {
      voice: 'en-us+Annie',
      text:
        'Hi, I am Maya. Put me before a camera, into your stream, or on a page of your own. ' +
        'Whatever I say can be recorded, subtitled and sent anywhere at once.',
    },
    zh: {
      voice: 'cmn+f2',
      text: '你们好，我是玛雅。您可以把我放进直播间、视频会议或者自己的网页。我说的每句话都能录下来，并配上字幕。',
    },
  },
};
const OUT = join(root, 'docs', 'presenters');
const WIDTH_PX = 1_200;
const WEBP_QUALITY = 0.8;
const CLIP_SIZE_PX = 480;
/** A clip is made to be cut and sent on; in a document it may be a third of that. */
const SMALL = '-c:v libx264 -preset slow -crf 27 -c:a aac -ac 1 -b:a 56k -movflags +faststart'.split(' ');
/** Of the 720 px picture, [x, y, side]: the whole, the face, the mouth. */
const WHOLE = [0, 0, 720] as const;
const FACE = [182, 250, 356] as const;
const MOUTH = [238, 392, 240] as const;

interface Row {
  title: string;
  crop: readonly [number, number, number];
  perLine: number;
  tiles: Tile[];
}

async function takes({ name, held, en }: Speaker, id: string): Promise<Row[]> {
  const tts = new EspeakTts();
  const espeak = new EspeakHost();
  const stage = await LipStage.open({
    avatarId: id,
    modelFile: join(root, 'models', 'lip-mini.onnx'),
    readsLips: false,
  });
  try {
    return [
      {
        title: `${name}, idle: nine seconds, then the same again`,
        crop: WHOLE,
        perLine: 6,
        tiles: await idleTiles(stage, 6),
      },
      { title: 'Eight visemes', crop: FACE, perLine: 8, tiles: await visemeTiles(stage, espeak, held) },
      {
        title: `“${SENTENCE}” Every second picture`,
        crop: MOUTH,
        perLine: 12,
        tiles: await sentenceTiles(stage, tts, en.voice, 36),
      },
    ];
  } finally {
    await stage.close();
    await espeak.close();
    await tts.close();
  }
}

/** Cuts, scales and lettering are the browser's; it gets the pictures' own bytes. */
async function draw(page: Page, rows: Row[]): Promise<Buffer> {
  const place = { top: 0 };
  const plan = rows.map(({ title, crop, perLine, tiles }) => {
    const side = Math.floor(WIDTH_PX / perLine) - 6;
    const top = place.top;
    place.top += 34 + Math.ceil(tiles.length / perLine) * (side + 24) + 6;
    return { title, crop: [...crop], perLine, side, top, captions: tiles.map(({ caption }) => caption) };
  });
  await page.evaluate(
    ([width, height]) => {
      const canvas = document.body.appendChild(document.createElement('canvas'));
      Object.assign(canvas, { width, height });
      const g = canvas.getContext('2d')!;
      g.fillStyle = '#fff';
      g.fillRect(0, 0, width!, height!);
    },
    [WIDTH_PX, place.top],
  );
  for (const [r, row] of plan.entries()) {
    for (const [i, { picture }] of rows[r]!.tiles.entries()) {
      const rgba = Buffer.from(rgbaOf(picture, row.crop as [number, number, number])).toString('base64');
      await page.evaluate(
        ([data, { title, crop, perLine, side, top, captions }, n]) => {
          const g = document.querySelector('canvas')!.getContext('2d')!;
          g.fillStyle = '#333';
          g.font = '600 17px sans-serif';
          if (n === 0) g.fillText(title, 4, top + 22);
          const cut = new OffscreenCanvas(crop[2]!, crop[2]!);
          const bytes = Uint8ClampedArray.from(atob(data), (c) => c.charCodeAt(0));
          cut.getContext('2d')!.putImageData(new ImageData(bytes, crop[2]!), 0, 0);
          const x = 3 + (n % perLine) * (side + 6);
          const y = top + 32 + Math.floor(n / perLine) * (side + 24);
          g.imageSmoothingQuality = 'high';
          g.drawImage(cut, x, y, side, side);
          g.font = '13px sans-serif';
          g.fillText(captions[n]!, x + 2, y + side + 16);
        },
        [rgba, row, i] as const,
      );
    }
  }
  const webp = await page.evaluate(
    (quality) => document.querySelector('canvas')!.toDataURL('image/webp', quality).split(',')[1]!,
    WEBP_QUALITY,
  );
  return Buffer.from(webp, 'base64');
}

/** A square of a BT.709 limited picture as RGBA. */
function rgbaOf({ widthPx, heightPx, data }: I420Picture, [left, top, side]: [number, number, number]): Uint8Array {
  const chroma = widthPx * heightPx;
  const half = widthPx / 2;
  const out = new Uint8Array(side * side * 4);
  const byte = (x: number) => Math.max(0, Math.min(255, Math.round(x)));
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const [x, y] = [left + column, top + row];
      const at = (y >> 1) * half + (x >> 1);
      const luma = 1.1644 * (data[y * widthPx + x]! - 16);
      const u = data[chroma + at]! - 128;
      const v = data[chroma + chroma / 4 + at]! - 128;
      const to = (row * side + column) * 4;
      out[to] = byte(luma + 1.7927 * v);
      out[to + 1] = byte(luma - 0.2132 * u - 0.5329 * v);
      out[to + 2] = byte(luma + 2.1124 * u);
      out[to + 3] = 255;
    }
  }
  return out;
}

async function sheets(ids: string[]): Promise<void> {
  let browser: Browser | undefined;
  try {
    for (const id of ids) {
      const rows = await takes(SPEAKERS[id]!, id);
      browser ??= await launchChromium();
      const page = await browser.newPage();
      save(`${id}.webp`, await draw(page, rows));
      await page.close();
    }
  } finally {
    await browser?.close();
  }
}

async function clips(ids: string[]): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'herald-sheets-'));
  const loaded = loadSettings({ argv: ['--data', dir, '--tts', 'espeak'], env: {}, version });
  if (loaded.kind !== 'run') throw new Error('the settings cannot be loaded');
  const { settings, dataDir } = loaded;
  const { signal } = new AbortController();
  const { path: ffmpeg } = await findFfmpeg(undefined);
  const studio = await ClipStudio.open({ settings, dataDir, log: createLogger('error'), signal });
  try {
    for (const id of ids) {
      for (const language of ['en', 'zh'] as const) {
        const { voice, text } = SPEAKERS[id]![language];
        const out = join(dir, `${id}-${language}.mp4`);
        const job = { script: [{ kind: 'say' as const, text }], avatar: id, voice, size: CLIP_SIZE_PX };
        const { durationMs } = await studio.render(job, { out, overwrite: true });
        const small = join(dir, `${id}-${language}-small.mp4`);
        execFileSync(ffmpeg, ['-v', 'error', '-y', '-i', out, ...SMALL, small]);
        save(`${id}-${language}.mp4`, readFileSync(small), `, ${(durationMs / 1_000).toFixed(1)} s`);
      }
    }
  } finally {
    await studio.close();
    rmSync(dir, { recursive: true });
  }
}

function save(name: string, bytes: Buffer, more = ''): void {
  const file = join(OUT, name);
  writeFileSync(file, bytes);
  process.stdout.write(`docs/presenters/${name} ${Math.round(statSync(file).size / 1_000)} kB${more}\n`);
}

const words = process.argv.slice(2);
const unknown = words.filter((word) => !SPEAKERS[word] && !['sheets', 'clips'].includes(word));
if (unknown.length > 0) {
  process.stderr.write(`${unknown.join(', ')}: say ${Object.keys(SPEAKERS).join(', ')}, sheets or clips\n`);
  process.exit(2);
}
const named = words.filter((word) => SPEAKERS[word]);
const ids = named.length > 0 ? named : Object.keys(SPEAKERS);
mkdirSync(OUT, { recursive: true });
if (!words.includes('clips') || words.includes('sheets')) await sheets(ids);
if (!words.includes('sheets') || words.includes('clips')) await clips(ids);
