import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { avatarName, avatarsReply, closeReply, failureReply } from '../../../shared/protocol';
import type { AvatarLibrary } from '../avatar/library';
import type { PerformanceStills } from '../avatar/performance-still';
import type { AvatarRemoval } from '../avatar/removal';
import { HeraldError } from '../errors';
import { withFiles } from './media';
import { failing, OK } from './replies';

export interface AvatarRouteDependencies {
  avatars: Pick<AvatarLibrary, 'list' | 'folderOf'>;
  /** Who appears where an offer names nobody. */
  defaultAvatar: string;
  /** Pictures of what they can put on, and of those who brought no portrait; without it none is shown. */
  stills?: Pick<PerformanceStills, 'still' | 'portrait'>;
  /** Without it none can be deleted. */
  removal?: Pick<AvatarRemoval, 'remove' | 'isRemovable'>;
}

const failures = failing();

/** Who can appear on stage. Nothing is decoded for it: opening an avatar may still show that its pictures are broken. */
export async function avatarRoutes(app: FastifyInstance, options?: AvatarRouteDependencies): Promise<void> {
  if (!options) return;
  const { avatars, defaultAvatar, stills, removal } = options;
  await withFiles(app, (scope) => {
    const routes = scope.withTypeProvider<ZodTypeProvider>();
    routes.get(
      '/api/avatars',
      {
        schema: {
          summary: 'Avatars to choose from, and folders that are not in order',
          tags: ['admin'],
          response: { 200: avatarsReply, ...failures },
        },
      },
      async () => {
        const listing = await avatars.list();
        const summaries = listing.avatars.map(({ id, kind, name, widthPx, heightPx, thumbnailFile, key }) => ({
          id,
          kind,
          name,
          widthPx,
          heightPx,
          thumbnail: thumbnailFile !== undefined || (stills !== undefined && kind === 'livetalking'),
          matte: key !== undefined,
          removable: removal?.isRemovable(id) ?? false,
        }));
        return {
          code: 0 as const,
          data: { avatars: summaries, problems: listing.problems, default: defaultAvatar },
        };
      },
    );
    routes.get(
      '/api/avatars/:id/thumbnail',
      {
        schema: {
          summary: "A presenter's portrait",
          tags: ['admin'],
          params: z.object({ id: avatarName }),
          response: { ...failures, 404: failureReply },
        },
      },
      async ({ params: { id } }, reply) => {
        const known = (await avatars.list()).avatars.find((avatar) => avatar.id === id);
        const file = known?.thumbnailFile;
        if (file !== undefined) {
          reply.header('cache-control', 'private, max-age=3600');
          return (reply as unknown as FastifyReply).sendFile(basename(file), dirname(file));
        }
        const folder = known?.kind === 'livetalking' ? avatars.folderOf(id) : undefined;
        const jpeg = folder && (await stills?.portrait(folder, (await stat(folder)).ctimeMs));
        if (!jpeg) throw new HeraldError('not-found', `avatar "${id}" has no portrait`);
        // Another one may have its name tomorrow.
        reply.header('cache-control', 'private, no-cache').type('image/jpeg');
        return (reply as unknown as FastifyReply).send(jpeg);
      },
    );
    routes.delete(
      '/api/avatars/:id',
      {
        schema: {
          summary: 'Delete an imported avatar',
          tags: ['admin'],
          params: z.object({ id: avatarName }),
          response: { 200: closeReply, ...failures, 404: failureReply },
        },
      },
      async ({ params: { id } }) => {
        if (!removal) throw new HeraldError('refused', `${id} stays: this server deletes no avatars`);
        await removal.remove(id);
        return OK;
      },
    );
    routes.get(
      '/api/performances/:audiotype/thumbnail',
      {
        schema: {
          summary: 'The first picture of a performance',
          tags: ['admin'],
          params: z.object({ audiotype: z.coerce.number().int().min(1).max(1_000_000) }),
          querystring: z.object({
            avatar: avatarName.optional().describe('Who performs it; default: who appears by default'),
          }),
          response: { ...failures, 404: failureReply },
        },
      },
      async ({ params: { audiotype }, query: { avatar = defaultAvatar } }, reply) => {
        const jpeg = await stills?.still(avatar, audiotype);
        if (!jpeg) throw new HeraldError('not-found', `avatar "${avatar}" has no performance ${audiotype}`);
        reply.header('cache-control', 'private, max-age=600').type('image/jpeg');
        return (reply as unknown as FastifyReply).send(jpeg);
      },
    );
  });
}
