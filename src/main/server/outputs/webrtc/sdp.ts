/** One `m=` section of a session description; its first line is the `m=` line itself. */
export interface Section {
  kind: string;
  lines: string[];
}

export interface Description {
  head: string;
  sections: Section[];
}

export const MAX_SDP_CHARS = 200_000;
const TRANSPORT = /^a=(ice-ufrag|ice-pwd|ice-options|fingerprint|setup|candidate|end-of-candidates)\b/;

export function parseDescription(sdp: string): Description {
  const [head = '', ...rest] = sdp.trim().split(/\r?\n(?=m=)/);
  return { head: head.trim(), sections: rest.map(parseSection) };
}

export function writeDescription({ head, sections }: Description): string {
  return `${[head, ...sections.flatMap((section) => section.lines)].join('\r\n').replace(/\r?\n/g, '\r\n')}\r\n`;
}

/**
 * Copies the first bundled section's transport lines to the others. werift 0.24.4 keeps the ICE credentials of the last bundled
 * section while the other side uses the first one's (RFC 8843 section 9.2); aiortc sends different ones per section and never
 * connects.
 */
export function shareBundledTransport({ head, sections }: Description): void {
  const bundled = /^a=group:BUNDLE (.*)$/m.exec(head)?.[1]?.trim().split(/\s+/) ?? [];
  const first = sections.find((section) => midOf(section) === bundled[0]);
  if (!first) return;
  const transport = first.lines.filter((line) => TRANSPORT.test(line));
  for (const section of sections) {
    if (section === first || !bundled.includes(midOf(section))) continue;
    section.lines = [...section.lines.filter((line) => !TRANSPORT.test(line)), ...transport];
  }
}

/** Names (lower case) and format parameters of a video section's payload types, in the order of its rtpmap lines. */
export function payloadTypes(section: Section): { names: Map<string, string>; formats: Map<string, string> } {
  const names = new Map<string, string>();
  const formats = new Map<string, string>();
  for (const line of section.lines) {
    const map = /^a=rtpmap:(\d+) ([^/\s]+)\//.exec(line);
    if (map) names.set(map[1]!, map[2]!.toLowerCase());
    const fmtp = /^a=fmtp:(\d+) (.*)$/.exec(line);
    if (fmtp) formats.set(fmtp[1]!, fmtp[2]!.toLowerCase());
  }
  return { names, formats };
}

function parseSection(text: string): Section {
  const lines = text.trim().split(/\r?\n/);
  return { kind: /^m=(\S+)/.exec(lines[0] ?? '')?.[1] ?? '', lines };
}

const midOf = (section: Section) =>
  section.lines
    .find((line) => line.startsWith('a=mid:'))
    ?.slice(6)
    .trim() ?? '';
