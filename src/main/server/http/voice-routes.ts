import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { voicesReply } from '../../../shared/protocol';
import { ProviderError } from '../provider-error';
import type { Tts } from '../tts/tts';
import { whileClientWaits } from './lifetime';
import { failing } from './replies';

const LIST_LIMIT_MS = 5_000;

const failures = failing();

/** Voices to choose from, and how the engines behind them are. */
export function voiceRoutes(
  app: FastifyInstance,
  { tts, limitMs = LIST_LIMIT_MS }: { tts?: Tts; limitMs?: number },
): void {
  if (!tts) return;
  app.withTypeProvider<ZodTypeProvider>().get(
    '/api/voices',
    {
      schema: {
        summary: 'Voices to choose from, and the state of the voice engines',
        tags: ['admin'],
        response: { 200: voicesReply, ...failures },
      },
    },
    async (_request, reply) => {
      const listing = await listOf(tts, (work) => whileClientWaits(reply, limitMs, work));
      // Asked last: the listing itself may have shown something.
      const engines = tts.status?.() ?? [{ engine: tts.name, state: 'unknown' as const }];
      return { code: 0 as const, data: { engine: tts.name, engines, ...listing } };
    },
  );
}

type Within = <T>(work: (signal: AbortSignal) => Promise<T>) => Promise<T>;

/** A list that cannot be had is no failure of this route: the page still shows the engines, and why. */
async function listOf(tts: Tts, within: Within) {
  try {
    const voices = await within(async (signal) => (await tts.voices?.(signal)) ?? []);
    return voices.length > 0 ? { voices } : { voices, problem: `${tts.name} cannot tell which voices it has.` };
  } catch (error) {
    return { voices: [], problem: problemOf(error, tts.name) };
  }
}

function problemOf(error: unknown, engine: string): string {
  if (error instanceof ProviderError) return `${error.reason}. ${error.remedy}`;
  return `${engine} did not list its voices: ${error instanceof Error ? error.message : String(error)}`;
}
