/** Small words that tell where a phrase begins, of the languages that voices are most asked for. */
const words = (...lines: string[]) => new Set(lines.join(' ').split(' '));

/** A clause begins before these: the best place to breathe. */
const CLAUSE_WORDS = words(
  'and but because which that when while where who so or if although though since unless until whereas then than',
  'und aber weil dass wenn oder denn während sodass',
  'et mais parce que qui quand ou car lorsque donc',
  'y pero porque cuando o mientras aunque',
  'e ma perché che quando mas quando enquanto',
  'и но потому что который когда или если',
  '但 但是 不过 可是 然而 因为 因此 所以 而 而且 并 并且 如果 或 或者 以及 还有 然后 虽然 同时 从而 比如 例如 那么 和 与',
);

/** A phrase begins before these; second best. */
const PHRASE_WORDS = words(
  'with in on for from at by about into onto after before during without within through throughout between among under over',
  'above below behind beside besides beyond across along around against near inside outside toward towards upon via despite',
  'except per to as',
  'mit für von auf bei nach über durch ohne zwischen',
  'avec dans pour sur par sans entre chez',
  'con en para por sobre entre sin desde',
  'с для на в из без между',
  '在 从 对 把 被 向 为 用 由 通过 关于 根据',
);

/** The predicate begins at these, so before them the subject ends; they lean on the word after them. */
const VERBS = words(
  'is are was were has have had can could will would shall should may might must does do did',
  'ist sind war waren hat haben kann wird werden muss est sont était peut doit es son era puede debe são pode é',
);

/** A noun phrase begins at these, which lean on their noun. */
const DETERMINERS = words(
  'a an the this these those my your his her its our their some any no every each all both',
  'der die das den dem des ein eine einen einem einer kein keine mein dein sein ihr zum zur im am',
  'le la les un une des du au aux mon ma mes ce cette ces son sa ses leur el los las una unos unas del al mi tu su sus',
  'il lo gli uno di della os um uma do da dos das не это мой твой его её',
);

/** These lean on the word after them too. */
const LEANING = words(
  "be been am i'm not very more most such just only also of too i you he she we they it there what how mr mrs ms dr",
  'zu nicht ich ne pas plus je il elle nous no muy más se não de',
  '的 地 得 一 个 这 那 这个 那个 一个 是 不 没 很 最 更 非常 太 再 又 都 会 能 可以 要 想 我 你 他 她 它 我们 你们 他们 第 每 各 几 多 让 使 给 将',
);
/** These lean on the word before them. */
const TRAILING = words('of du del 的 地 得 了 着 过 们 吗 呢 吧 啊 个 上 下 里 中 内 外 等 之 性 化 时 时候');
/** A clause ends after these. */
const CLAUSE_ENDS = words('时候 之后 以后 之前 以前 的话 时');

/** How natural it is to breathe before a word, with something said before it: 1 (between any two words) to 5. */
export function breathBefore(word: string): number {
  if (CLAUSE_WORDS.has(word)) return 5;
  if (PHRASE_WORDS.has(word)) return 4;
  if (VERBS.has(word)) return 3;
  return DETERMINERS.has(word) ? 2 : 1;
}

const LEANERS = [LEANING, DETERMINERS, VERBS, PHRASE_WORDS, CLAUSE_WORDS];
export const leansOnNext = (word: string): boolean => LEANERS.some((words) => words.has(word)) || /.是$/.test(word);
export const leansOnPrevious = (word: string): boolean => TRAILING.has(word);
export const endsClause = (word: string): boolean => CLAUSE_ENDS.has(word);
