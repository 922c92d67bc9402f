import type { Promised } from './invariants';

export const WINDOW_S = 10;

/** What a soak promises. `missingPictures` is the tolerance of one 10 s window (250 pictures). */
export const soakPromises = (missingPictures: number) =>
  ({
    'server alive': { says: 'the server ended by itself', limit: 0, unit: 'times' },
    'sessions freed': { says: 'a session was still listed after its viewer had gone', limit: 15, unit: 's' },
    'sessions kept': { says: 'connected actors whose session was not listed', limit: 0, unit: 'sessions' },
    'first picture': { says: 'from the answer to an offer to the first whole picture', limit: 15_000, unit: 'ms' },
    'pictures whole': {
      says: `pictures missing by RTP timestamps in ${WINDOW_S} s of a session`,
      limit: missingPictures,
      unit: 'pictures',
    },
    'sound whole': {
      says: `frames of 20 ms missing by RTP timestamps in ${WINDOW_S} s of a session`,
      limit: 2 * missingPictures,
      unit: 'frames',
    },
    'media flows': { says: 'time without a picture while connected', limit: 5_000, unit: 'ms' },
    'timestamps go up': { says: 'RTP timestamps that went back', limit: 0, unit: 'times' },
    'timestamps on grid': { says: 'RTP steps that are no multiple of a picture or a frame', limit: 0, unit: 'times' },
    'sound and picture together': {
      says: 'video behind audio by sender reports and arrival, median of 2 s',
      limit: 60,
      unit: 'ms',
    },
    'reports agree': { says: 'two sender reports of a stream map its clock differently', limit: 2, unit: 'ms' },
    'media keeps time': {
      says: 'fastest packets of 10 s against those of the first 10 s, by the machine clock',
      limit: 100,
      unit: 'ms',
    },
    'events in order': { says: 'events of /sse that should not have come as they did', limit: 0, unit: 'events' },
    'replies are proper': { says: 'HTTP replies of 5xx other than 503', limit: 0, unit: 'replies' },
    'native objects freed': {
      says: 'native objects more than at the first calm, of any kind',
      limit: 0,
      unit: 'objects',
    },
    'descriptors freed': { says: 'open descriptors more than at the first calm', limit: 6, unit: 'descriptors' },
    'processes freed': {
      says: 'child processes of one kind, beyond what may stay, at a calm',
      limit: 0,
      unit: 'processes',
    },
    'threads freed': {
      says: 'threads more than at the first calm, without those of processes begun since',
      limit: 4,
      unit: 'threads',
    },
    'recordings kept': { says: 'acknowledged recordings that were not listed', limit: 0, unit: 'recordings' },
    'recordings playable': { says: 'decoding errors or streams apart in a recording', limit: 0, unit: 'faults' },
    'memory level': { says: 'RSS slope of server and children after the warm-up', limit: 1, unit: 'MB/h' },
  }) satisfies Record<string, Promised>;

export type SoakPromise = keyof ReturnType<typeof soakPromises>;
