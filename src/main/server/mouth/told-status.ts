import { alsoTold, type Told } from '../../../shared/told';
import type { MouthStatus } from './mouth';

type WithTold<T> = T & { told?: Told };

/** The mouth as `/api/health` shows it: its reasons by key, too. */
export interface ToldMouthStatus extends Omit<MouthStatus, 'providers' | 'instead'> {
  providers?: WithTold<NonNullable<MouthStatus['providers']>[number]>[];
  toldModeReason?: Told;
  instead?: WithTold<NonNullable<MouthStatus['instead']>>;
}

export function toldStatus({ providers, instead, ...status }: MouthStatus): ToldMouthStatus {
  const { told: toldModeReason } = alsoTold(status.modeReason);
  return {
    ...status,
    ...(providers && { providers: providers.map((trial) => ({ ...trial, ...alsoTold(trial.reason) })) }),
    ...(toldModeReason && { toldModeReason }),
    ...(instead && { instead: { ...instead, ...alsoTold(instead.why) } }),
  };
}
