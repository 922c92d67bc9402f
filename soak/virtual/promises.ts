import type { Promised } from '../invariants';

/** What days of playout promise. Pictures and frames may be missing only where the machine stood still for more than a second. */
export const VIRTUAL_PROMISES = {
  'both clocks': { says: 'end of the sound sent against end of the pictures sent', limit: 40, unit: 'ms' },
  'media and machine': {
    says: 'what is on air against the machine clock, where it does not stand still',
    limit: 1_040,
    unit: 'ms',
  },
  'nothing lost': { says: 'samples sent and skipped against the time that passed', limit: 40, unit: 'ms' },
  'pictures whole': { says: 'pictures missing beyond what was skipped', limit: 0, unit: 'pictures' },
  'sound whole': { says: 'frames missing beyond what was skipped', limit: 0, unit: 'frames' },
  'timestamps go up': { says: 'RTP timestamps that went back (as 32 bits count)', limit: 0, unit: 'times' },
  'timestamps on grid': { says: 'RTP steps that are no multiple of a picture or a frame', limit: 0, unit: 'times' },
  'sound and picture together': { says: 'video against audio by sender reports, median of 2 s', limit: 40, unit: 'ms' },
  'speech seen as heard': {
    says: 'first moving mouth of a run of speech against its first sound',
    limit: 80,
    unit: 'ms',
  },
  'reports agree': { says: 'two sender reports of a stream map its clock differently', limit: 0.01, unit: 'ms' },
  'reports tell the time': {
    says: 'NTP time of a report against the media clock, beyond a picture',
    limit: 0,
    unit: 'ms',
  },
  'media keeps time': { says: 'fastest packets of 10 s against the first', limit: 40, unit: 'ms' },
  'events in order': { says: 'events that should not have come as they did', limit: 0, unit: 'events' },
  'queues bounded': { says: 'slots queued', limit: 100, unit: 'slots' },
  'queues empty': { says: 'turns, slots and mouths left when nobody speaks', limit: 0, unit: 'things' },
  'memory level': { says: 'heap after a collection, the last day against the first', limit: 2, unit: 'MB' },
} satisfies Record<string, Promised>;
