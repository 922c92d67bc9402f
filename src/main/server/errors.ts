/**
 * Why a request could not be served. The HTTP layer maps the kind to a status (API.md); the message goes to people and
 * says what to do next.
 */
export type HeraldErrorKind =
  | 'malformed' // 400
  | 'unauthorised' // 401
  | 'forbidden' // 403
  | 'not-found' // 404
  | 'too-large' // 413
  | 'too-many' // 429
  | 'limit' // 503 with Retry-After
  | 'refused'; // HTTP 200, code -1: a documented application failure (unknown session, provider failure)

export class HeraldError extends Error {
  override readonly name = 'HeraldError';
  constructor(
    readonly kind: HeraldErrorKind,
    message: string,
    readonly retryAfterS?: number,
  ) {
    super(message);
  }
}
