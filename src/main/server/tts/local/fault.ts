import { ProviderError, type ProviderFault } from '../../provider-error';

export const PROVIDER = 'local';

/** A voice of this machine failed: `reason` a clause, `remedy` a sentence (see ProviderFault). */
export const fault = (
  reason: string,
  remedy: string,
  more: Partial<Pick<ProviderFault, 'retrySafe' | 'retryAfterMs' | 'ofRequest' | 'cause'>> = {},
): ProviderError => new ProviderError({ part: 'voice', provider: PROVIDER, reason, remedy, ...more });
