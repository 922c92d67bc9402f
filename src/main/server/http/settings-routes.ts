import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import {
  type SettingProblem,
  settingsPatch,
  settingsPatchReply,
  settingsRefusal,
  settingsReply,
} from '../../../shared/settings-protocol';
import { alsoTold, toldOfAll } from '../../../shared/told';
import type { LiveSettings } from '../config/live';
import { HeraldError } from '../errors';
import { isOwnPageOrHolder } from './caller';
import { failing } from './replies';

const failures = failing();

/** What the settings panel shows and changes. */
export function settingsRoutes(app: FastifyInstance, settings: LiveSettings | undefined): void {
  if (!settings) return;
  const routes = app.withTypeProvider<ZodTypeProvider>();
  routes.get(
    '/api/settings',
    {
      schema: {
        summary: 'Every setting: value, default, help, where it comes from, when a change takes effect',
        description: 'Secrets are told only as set or not.',
        tags: ['admin'],
        response: { 200: settingsReply, ...failures },
      },
    },
    async () => ({ code: 0 as const, data: { settings: settings.describe() } }),
  );
  routes.patch(
    '/api/settings',
    {
      schema: {
        summary: 'Change settings',
        description:
          'One key per setting, null for its default. All are checked first; one that is wrong changes nothing. Served to this ' +
          'machine (its own page, or programs without an Origin) and to callers with the token.',
        tags: ['admin'],
        body: settingsPatch,
        response: { 200: settingsPatchReply, ...failures, 400: settingsRefusal },
      },
    },
    async (request, reply) => {
      assertMayChange(request);
      const result = await settings.change(request.body);
      if ('problems' in result) {
        const msg = result.problems.map(({ name, msg }) => `${name}: ${msg}`).join('; ');
        return reply.code(400).send({ code: -1 as const, msg, problems: result.problems.map(withTold) });
      }
      return {
        code: 0 as const,
        data: { settings: settings.describe(), ...result, toldWarnings: toldOfAll(result.warnings) },
      };
    },
  );
}

const withTold = (problem: SettingProblem): SettingProblem => ({ ...problem, ...alsoTold(problem.msg) });

function assertMayChange(request: FastifyRequest): void {
  if (isOwnPageOrHolder(request)) return;
  throw new HeraldError(
    'unauthorised',
    'Settings are changed from this machine, or with the token: send the header "Authorization: Bearer TOKEN". ' +
      "The token stands in Herald's panel and in its log at start.",
  );
}
