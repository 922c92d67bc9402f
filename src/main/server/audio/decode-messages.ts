/** What the decoder process and the server say to each other. A process has one upload at a time; `id` tells old news from new. */

export type ToDecoder =
  /** A part of the upload; the first one (`at` 0) begins it. */
  | { type: 'bytes'; id: number; at: number; totalBytes: number; data: Uint8Array }
  /** All parts are there: look at it. Answered by `opened` or `failed`. */
  | { type: 'open'; id: number; maxMinutes: number }
  /** So many samples (48 kHz) more may be sent. The first of these begins the reading. */
  | { type: 'more'; id: number; samples: number }
  /** Answered by `closed`, after which another upload may begin. */
  | { type: 'close'; id: number };

export type FromDecoder =
  | { type: 'opened'; id: number; durationMs: number; truncated: boolean }
  /** Mono, 48 kHz. */
  | { type: 'pcm'; id: number; samples: Float32Array }
  | { type: 'end'; id: number; truncated: boolean }
  /** `refused`: the file is at fault, and the message is a sentence for people. */
  | { type: 'failed'; id: number; message: string; refused: boolean }
  | { type: 'closed'; id: number }
  /** Where the system does not let the server see it (anything but Linux). */
  | { type: 'memory'; rssBytes: number };
