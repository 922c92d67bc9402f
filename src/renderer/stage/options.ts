/** What the address of the clean feed asks for: `/stage?sessionid=123456&bg=chroma&fit=cover&muted=1`, `/stage?avatar=leo&background=00ff00`. */
export interface StageOptions {
  /** The session to watch; null opens one of its own. */
  sessionId: string | null;
  /** Who is to appear in a session of its own; null is whom the server prefers. */
  avatar: string | null;
  /** A colour that the presenter of a session of its own stands before, in place of its wall; null leaves the wall. */
  background: string | null;
  /** A CSS colour behind the picture. */
  ground: string;
  fit: 'contain' | 'cover';
  muted: boolean;
}

/** The green that keyers expect (BBC and OBS presets are within their tolerance of it). */
const CHROMA_GREEN = '#00b140';

export function readOptions(search: string): StageOptions {
  const query = new URLSearchParams(search);
  const sessionId = query.get('sessionid');
  return {
    sessionId: sessionId !== null && /^\d{1,9}$/.test(sessionId) ? sessionId : null,
    avatar: query.get('avatar') || null,
    background: sixDigits(colourOf(query.get('background'))),
    ground: colourOf(query.get('bg') ?? query.get('background')) ?? 'transparent',
    fit: query.get('fit') === 'cover' ? 'cover' : 'contain',
    muted: /^(1|true|on|yes|)$/i.test(query.get('muted') ?? 'off'),
  };
}

/** Anything that is not a colour of this form is none, and so see-through: a typo must not put a stripe on air. */
function colourOf(text: string | null): string | null {
  if (text === 'chroma') return CHROMA_GREEN;
  // In an address `#` begins the fragment, so it is usually left out.
  const hex = /^#?([\da-f]{6}|[\da-f]{3})$/i.exec(text ?? '')?.[1];
  return hex ? `#${hex}` : null;
}

/** `#0f0` as the server wants it: `#00ff00`. */
const sixDigits = (colour: string | null) => colour?.replace(/^#(.)(.)(.)$/, '#$1$1$2$2$3$3') ?? null;
