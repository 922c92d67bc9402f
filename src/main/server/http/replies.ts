import { failureReply } from '../../../shared/protocol';

export const OK = { code: 0, msg: 'ok' } as const;

/** What any route may answer with when it is not served: no token, a foreign host, too often, our own fault. */
type Usual = 401 | 403 | 429 | 500;

/** The failures that a route documents: the usual ones, and these. */
export function failing<More extends number = never>(...more: More[]): Record<Usual | More, typeof failureReply> {
  return Object.fromEntries([401, 403, 429, 500, ...more].map((status) => [status, failureReply])) as Record<
    Usual | More,
    typeof failureReply
  >;
}
