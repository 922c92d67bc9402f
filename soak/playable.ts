// node --import tsx soak/playable.ts FILE: decodes all of a recording and prints what it is like, as JSON.
import { fileURLToPath } from 'node:url';
import { mediaFacts } from '../testing/media-facts';

export interface Playable {
  /** Why it cannot be played. */
  problem?: string;
  endMs: number;
  /** Where sound and picture begin and end, picture minus sound. */
  apartAtStartMs: number;
  apartAtEndMs: number;
  decodeErrors: number;
  pictures: number;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(JSON.stringify(await look(process.argv[2] ?? '')));

async function look(file: string): Promise<Playable> {
  try {
    const { video, audio } = await mediaFacts(file);
    return {
      endMs: Math.round(Math.max(video.endS, audio.endS) * 1_000),
      apartAtStartMs: Math.round((video.startS - audio.startS) * 1_000),
      apartAtEndMs: Math.round((video.endS - audio.endS) * 1_000),
      decodeErrors: video.decodeErrors + audio.decodeErrors,
      pictures: video.pictures.length,
    };
  } catch (error) {
    const problem = (error as Error).message;
    return { problem, endMs: 0, apartAtStartMs: 0, apartAtEndMs: 0, decodeErrors: 1, pictures: 0 };
  }
}
