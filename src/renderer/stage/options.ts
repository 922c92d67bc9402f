/** What the address of the clean feed asks for: `/stage?sessionid=123456&bg=chroma&fit=cover&muted=1`. */
export interface StageOptions {
  /** The session to watch; null opens one of its own. */
  sessionId: string | null;
  /** Who is to appear in a session of its own; null is whom the server prefers. */
  avatar: string | null;
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
    ground: groundOf(query.get('bg')),
    fit: query.get('fit') === 'cover' ? 'cover' : 'contain',
    muted: /^(1|true|on|yes|)$/i.test(query.get('muted') ?? 'off'),
  };
}

/** Anything that is not a colour of this form is see-through: a typo must not put a stripe on air. */
function groundOf(bg: string | null): string {
  if (bg === 'chroma') return CHROMA_GREEN;
  // In an address `#` begins the fragment, so it is usually left out.
  const hex = /^#?([\da-f]{6}|[\da-f]{3})$/i.exec(bg ?? '')?.[1];
  return hex ? `#${hex}` : 'transparent';
}
