import { alsoTold, type Told, toldOf } from '../../shared/told';

/** The outside services that a turn depends on. */
export type ProviderPart = 'llm' | 'voice';

export interface ProviderFault {
  part: ProviderPart;
  /** Who failed, as people know it: `gpt-sovits`, `qwen-plus at dashscope.aliyuncs.com`. */
  provider: string;
  /** What happened, as a clause without a full stop: `the server at http://... refused the connection`. Never holds a key. */
  reason: string;
  /** What to do next, as a sentence. */
  remedy: string;
  /**
   * Whether asking again at once may help and can do no harm (nothing has been heard yet, and the fault was not one of the
   * request itself): refused connections, resets, 5xx. Never for 4xx, and never after a deadline has been used up.
   */
  retrySafe?: boolean;
  /** The service works and turned down this one request (an unknown voice, text that it will not say): the next may do well. */
  ofRequest?: boolean;
  /** What the service asked for in Retry-After. */
  retryAfterMs?: number;
  cause?: unknown;
}

/** A language model or a voice service failed. The event stream, the page and the log show its three parts. */
export class ProviderError extends Error {
  override readonly name = 'ProviderError';
  readonly part: ProviderPart;
  readonly provider: string;
  readonly reason: string;
  readonly remedy: string;
  readonly retrySafe: boolean;
  readonly ofRequest: boolean;
  readonly retryAfterMs: number | undefined;

  constructor({
    part,
    provider,
    reason,
    remedy,
    retrySafe = false,
    ofRequest = false,
    retryAfterMs,
    cause,
  }: ProviderFault) {
    super(`${provider}: ${reason}. ${remedy}`, { cause });
    this.part = part;
    this.provider = provider;
    this.reason = reason;
    this.remedy = remedy;
    this.retrySafe = retrySafe;
    this.ofRequest = ofRequest;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Its reason and its remedy by key, for clients that say them in another language. */
export function toldOfFault({ reason, remedy }: Pick<ProviderFault, 'reason' | 'remedy'>): {
  told?: Told;
  toldRemedy?: Told;
} {
  const toldRemedy = toldOf(remedy);
  return { ...alsoTold(reason), ...(toldRemedy && { toldRemedy }) };
}
