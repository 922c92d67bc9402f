import { basename, dirname } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { appRoot } from '../entries';
import { HeraldError } from '../errors';
import { toSrt, toVtt } from '../recordings/subtitles';

export interface MediaFile {
  /** Whoever names it has made sure that it may be sent. */
  path: string;
  contentType: string;
  /** Downloads are named by it. */
  title: string;
}

const GONE = 'the file was deleted a moment ago';

/** Routes that send files. Range requests, validators and HEAD are the plugin's trade; which file is sent is ours to say. */
export async function withFiles(app: FastifyInstance, addRoutes: (scope: FastifyInstance) => void): Promise<void> {
  await app.register(async (scope) => {
    // Found, and deleted before it was opened: to whoever asks that is the same as never having been there.
    scope.setErrorHandler((error: NodeJS.ErrnoException) => {
      throw error.code === 'ENOENT' ? new HeraldError('not-found', GONE) : error;
    });
    await scope.register(fastifyStatic, { root: appRoot, serve: false, cacheControl: false });
    addRoutes(scope);
  });
}

export function sendMedia(reply: FastifyReply, { path, contentType, title }: MediaFile): FastifyReply {
  const ending = path.slice(path.lastIndexOf('.'));
  reply.headers({
    // Its bytes may change once, when the index moves to the front; the validator tells.
    'cache-control': 'no-cache',
    'content-disposition': disposition(`${title}${ending}`),
  });
  reply.type(contentType);
  return reply.sendFile(basename(path), dirname(path));
}

/**
 * For the handler of what is not found: the plugin calls it when a file is gone by the time it looks, and then the reply has that
 * file's headers. Takes them back.
 * @returns what to say; undefined where no file was to be sent
 */
export function mediaGone(reply: FastifyReply): string | undefined {
  if (!reply.hasHeader('content-disposition')) return undefined;
  reply.removeHeader('content-disposition');
  reply.removeHeader('cache-control');
  return GONE;
}

/** Endings of the two subtitle formats, how they are called on the wire, and what writes them. */
export const SUBTITLE_FORMATS = [
  ['srt', 'application/x-subrip; charset=utf-8', toSrt],
  ['vtt', 'text/vtt; charset=utf-8', toVtt],
] as const;

/** RFC 6266: shown in place, saved under its title; RFC 8187 for what ASCII lacks. */
function disposition(name: string): string {
  const safe = name.replace(/[/\\:*?"<>|\p{Cc}]/gu, '_');
  const ascii = safe.replace(/[^\x20-\x7e]/g, '_');
  const extended = encodeURIComponent(safe.toWellFormed()).replace(
    /['()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `inline; filename="${ascii}"; filename*=UTF-8''${extended}`;
}
