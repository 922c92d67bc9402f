import { spokenCharacter } from './characters';

/** Tags that people know; anything else in angle brackets ("git commit <message>", "x<y") is text. */
const INLINE_TAGS = new Set(
  (
    'a abbr b bdi bdo big button cite code data del dfn em font i img input ins kbd label mark meter q s samp small ' +
    'span strike strong sub sup time tt u var wbr'
  ).split(' '),
);
/** Tags at which a line, and so a sentence, ends. */
const BLOCK_TAGS = new Set(
  (
    'article aside blockquote body br center dd details div dl dt figcaption figure footer form h1 h2 h3 h4 h5 h6 ' +
    'head header hr html li main nav ol p pre section summary table tbody td tfoot th thead tr ul'
  ).split(' '),
);

export type TagKind = 'inline' | 'block';

export const tagKind = (name: string): TagKind | undefined => {
  const lower = name.toLowerCase();
  if (INLINE_TAGS.has(lower)) return 'inline';
  return BLOCK_TAGS.has(lower) ? 'block' : undefined;
};

const ENTITIES: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  ensp: ' ',
  emsp: ' ',
  thinsp: ' ',
  shy: '',
  zwj: '',
  zwnj: '',
  ndash: '–',
  mdash: '—',
  hellip: '…',
  lsquo: '‘',
  rsquo: '’',
  ldquo: '“',
  rdquo: '”',
  laquo: '«',
  raquo: '»',
  bull: '•',
  middot: '·',
  copy: '©',
  reg: '®',
  trade: '™',
  deg: '°',
  times: '×',
  divide: '÷',
  minus: '−',
  plusmn: '±',
  frac12: '½',
  le: '≤',
  ge: '≥',
  ne: '≠',
  asymp: '≈',
  rarr: '→',
  larr: '←',
  cent: '¢',
  pound: '£',
  yen: '¥',
  euro: '€',
  sect: '§',
  iexcl: '¡',
  iquest: '¿',
  auml: 'ä',
  ouml: 'ö',
  uuml: 'ü',
  szlig: 'ß',
  eacute: 'é',
  egrave: 'è',
  agrave: 'à',
  ccedil: 'ç',
  ntilde: 'ñ',
};

/**
 * The character that `&name;`, `&#8212;` or `&#x2014;` stands for, as a voice gets it (an emoji is a gap).
 *
 * @param name what stands between "&" and ";"
 * @returns undefined for a name that is not known
 */
export function decodeEntity(name: string): string | undefined {
  if (!name.startsWith('#')) return ENTITIES[name];
  const codePoint = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number.parseInt(name.slice(1), 10);
  if (!(codePoint <= 0x10ffff)) return undefined;
  const spoken = spokenCharacter(String.fromCodePoint(codePoint), '');
  return spoken === '\n' ? ' ' : spoken;
}
