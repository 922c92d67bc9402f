import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { msToSamples, SAMPLES_PER_PICTURE, samplesToMs } from '../../../shared/units';
import type { DecodedAudio } from '../audio/decode';
import type { Performance } from '../avatar/actions';
import type { Avatar } from '../avatar/avatar';
import { pictureBytes } from '../avatar/background';
import { HeraldError } from '../errors';
import type { Mouth } from '../mouth/mouth';
import { PatientClock } from '../playout/patient-clock';
import { PictureBuffers } from '../playout/picture-buffers';
import { Playout } from '../playout/playout';
import { Lips } from '../session/lips';
import type { Tts, VoiceSettings } from '../tts/tts';
import { CuttingRoom, MAX_BACKLOG_PICTURES } from './cutting-room';
import { Director, type Sentence } from './director';
import { Holds } from './holds';
import { OffsetAvatar } from './offset-avatar';
import { makeOutFolder } from './out-folder';
import { PatientMouth } from './patient-mouth';
import { ProgressMeter } from './progress';
import type { ClipScript } from './script';
import type { ClipSize } from './size';

export interface ClipProgress {
  /** 0 to 1, an estimate until the last line has been spoken. */
  fraction: number;
  /** Length of what is there. */
  renderedMs: number;
  /** The step under way, from 1, and how many there are. */
  step: number;
  steps: number;
}

export interface ClipOptions {
  tts: Tts;
  mouth: Mouth;
  /** Stays the caller's to release. */
  avatar: Avatar;
  /** Where the clip goes; its folder is made. */
  out: string;
  /** The presenter's own size unless given. */
  size?: ClipSize;
  /** 0 begins with the presenter's first picture, any other number somewhere of its own. */
  seed?: number;
  voice?: VoiceSettings;
  /** What the presenter can do besides talk, for `mode` steps from 2 on. */
  performances?: readonly Performance[];
  /** Replace a file that is there already. */
  overwrite?: boolean;
  openAudio(file: string, signal: AbortSignal): Promise<DecodedAudio>;
  onProgress?(progress: ClipProgress): void;
  /** Something that went well enough to go on, e.g. that another voice speaks. */
  onWarning?(message: string): void;
  signal?: AbortSignal;
}

export interface ClipFacts {
  file: string;
  bytes: number;
  pictures: number;
  durationMs: number;
  widthPx: number;
  heightPx: number;
  /** What is said and when, for subtitles. */
  sentences: Sentence[];
}

/** Before the first word, and after the last: nobody speaks with the very first picture. */
const LEAD_IN_MS = 400;
const LEAD_OUT_MS = 600;
const PROGRESS_EVERY_PICTURES = 5;
/** What the playout keeps to blend from, and the one it draws in. */
const BLENDED_BUFFERS = 4;

/**
 * Performs a script for nobody, on a clock that only moves when everything is ready: as fast as the machine can, without a missed
 * mouth, and the same each time. The walk is the one of a session; only its end is a file.
 * @throws HeraldError for scripts, voices and files that cannot be used; the signal's reason when aborted. Nothing is left then.
 */
export async function renderClip(script: ClipScript, options: ClipOptions): Promise<ClipFacts> {
  const { out, overwrite = false, onProgress = () => {}, signal = new AbortController().signal } = options;
  signal.throwIfAborted();
  if (!overwrite && existsSync(out)) {
    throw new HeraldError('refused', `${out} is there already: choose another name, or say --overwrite`);
  }
  const failing = new AbortController();
  const fail = (error: unknown) => failing.abort(error);
  const stop = AbortSignal.any([signal, failing.signal]);
  const avatar = new OffsetAvatar(options.avatar, options.seed ?? 0, fail);
  const holds = new Holds();
  const mouth = new PatientMouth(options.mouth, holds, fail);
  await mouth.ready();
  stop.throwIfAborted();
  await makeOutFolder(dirname(out));
  const partFile = join(dirname(out), `.${basename(out).slice(0, 100)}.${randomBytes(4).toString('hex')}.part`);
  const room = await CuttingRoom.open(partFile, avatar, options.size, holds);
  const buffers = new PictureBuffers(pictureBytes(avatar, avatar.background), MAX_BACKLOG_PICTURES + BLENDED_BUFFERS);
  const { widthPx, heightPx } = avatar;
  const director = new Director({ ...options, mouth, size: { widthPx, heightPx }, room, holds, signal: stop });
  const { modes } = director;
  let lips: Lips | undefined;
  const clock = new PatientClock(() => holds.settled);
  const playout = new Playout(avatar, clock, room, buffers, () => lips?.onStep(), {
    onActBegan: (act) => modes.began(act),
    onActEnded: (act) => modes.ended(act),
  });
  lips = new Lips(avatar, mouth, playout);
  director.attach(playout, lips);
  const onStop = () => holds.letGo();
  stop.addEventListener('abort', onStop, { once: true });
  try {
    const meter = new ProgressMeter(script, LEAD_IN_MS + LEAD_OUT_MS);
    const report = () => onProgress(meter.at(samplesToMs(room.samples), director.step));
    room.onPicture = () => {
      if (room.broken) fail(room.broken);
      if (room.pictures % PROGRESS_EVERY_PICTURES === 0) report();
    };
    playout.start();
    await director.idle(LEAD_IN_MS);
    await director.perform(script, (step) => meter.begin(step, samplesToMs(room.samples)));
    await director.idle(LEAD_OUT_MS);
    room.end();
    await playout.close();
    stop.throwIfAborted();
    if (playout.figures.mouthMisses > 0) throw new Error(`${playout.figures.mouthMisses} pictures have no lips`);
    const { bytes, durationSamples } = await room.finish(out);
    const durationMs = samplesToMs(durationSamples);
    onProgress({ ...meter.at(durationMs, script.length), fraction: 1 });
    const { pictures, plan } = room;
    const { sentences } = director;
    return { file: out, bytes, pictures, durationMs, widthPx: plan.widthPx, heightPx: plan.heightPx, sentences };
  } catch (error) {
    throw stop.aborted ? stop.reason : error;
  } finally {
    stop.removeEventListener('abort', onStop);
    room.end();
    holds.letGo();
    await playout.close();
    await room.close();
  }
}

export const wholePictures = (ms: number): number =>
  Math.ceil(msToSamples(ms) / SAMPLES_PER_PICTURE) * SAMPLES_PER_PICTURE;
