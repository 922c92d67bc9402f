/** What FFmpeg does not tell about an upload, read from its first and last bytes. */

const latin1 = (bytes: Uint8Array, start: number, end: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1', Math.max(0, start), end);

/** m3u, hls, pls, ffconcat and their like are text that names other files. The demuxer refuses them too; this says why. */
export function isPlaylist(bytes: Uint8Array): boolean {
  const start = latin1(bytes, 0, 256)
    .replace(/^\u00ef\u00bb\u00bf/, '')
    .trimStart();
  return /^(#EXTM3U|ffconcat|\[playlist\]|file\s+\S|<\?xml|<MPD|<smil|<asx|v=0\s)/i.test(start);
}

/** Whether an mp3 begins with a Xing, Info or VBRI frame, which holds its length; without it FFmpeg guesses. */
export function mp3CountsItsFrames(bytes: Uint8Array): boolean {
  let start = 0;
  if (latin1(bytes, 0, 3) === 'ID3' && bytes.length > 10) {
    // ID3v2: a size of four 7-bit bytes, without the header of 10.
    start = 10 + ((bytes[6]! & 127) << 21) + ((bytes[7]! & 127) << 14) + ((bytes[8]! & 127) << 7) + (bytes[9]! & 127);
  }
  return /Xing|Info|VBRI/.test(latin1(bytes, start, start + 1_024));
}

/** An mp4 keeps its index (`moov`) behind the sound unless made for streaming; cut off, nothing can be read. */
export function mp4LacksIndex(bytes: Uint8Array): boolean {
  return (
    latin1(bytes, 4, 8) === 'ftyp' && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf('moov') < 0
  );
}

/** An ogg marks its last page as the last, so one without that mark, or with half a page, was cut off. */
export function oggBreaksOff(bytes: Uint8Array): boolean {
  if (latin1(bytes, 0, 4) !== 'OggS') return false;
  // A page is at most 65,307 bytes (RFC 3533).
  const from = Math.max(0, bytes.length - 65_307);
  const page = from + latin1(bytes, from, bytes.length).lastIndexOf('OggS');
  const segments = bytes[page + 26];
  if (page < from || segments === undefined) return true;
  let end = page + 27 + segments;
  for (let i = 0; i < segments; i++) end += bytes[page + 27 + i] ?? 0;
  const last = (bytes[page + 5]! & 4) !== 0;
  return !last || end > bytes.length;
}

/** A wav whose header promises more bytes than there are. Sizes of 0 and near 4 GiB mean "not known" (a pipe). */
export function wavBreaksOff(bytes: Uint8Array): boolean {
  if (latin1(bytes, 0, 4) !== 'RIFF' || latin1(bytes, 8, 12) !== 'WAVE') return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 12, chunks = 0; at + 8 <= bytes.length && chunks < 100; chunks++) {
    const size = view.getUint32(at + 4, true);
    if (latin1(bytes, at, at + 4) === 'data') return size < 0xffff_0000 && at + 8 + size > bytes.length;
    at += 8 + size + (size & 1);
  }
  return false;
}
