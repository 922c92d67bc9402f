/** Orders that a list of recordings can be had in. In a file of its own: the page needs no schemas. */
export const RECORDING_SORTS = ['newest', 'oldest', 'longest', 'largest', 'title'] as const;
export type RecordingSort = (typeof RECORDING_SORTS)[number];
