/** A quotation mark is never closed; everything behind it would be one field. */
export class CsvError extends Error {
  override readonly name = 'CsvError';
  /** @param line where it opens, from 1 */
  constructor(readonly line: number) {
    super(`line ${line}: the quotation mark is never closed`);
  }
}

/**
 * RFC 4180: fields in quotes may hold commas, line ends and doubled quotes. The first line names the columns. A semicolon or tab
 * separates where the header has no comma, as spreadsheets of many countries write it.
 * @throws CsvError for a quote that never ends
 */
export function parseCsv(text: string): Record<string, string>[] {
  const [header = [], ...rows] = records(text.replace(/^\uFEFF/, ''));
  const names = header.map((name) => name.trim().toLowerCase());
  return rows.map((row) => Object.fromEntries(names.map((name, i) => [name, (row[i] ?? '').trim()])));
}

function records(text: string): string[][] {
  const separator = separatorOf(text);
  const all: string[][] = [];
  let row: string[] = [];
  let field = '';
  let quoted = false;
  let line = 1;
  let openedAt = 0;
  const endField = () => {
    row.push(field);
    field = '';
  };
  const endRow = () => {
    endField();
    if (row.some((value) => value.trim() !== '')) all.push(row);
    row = [];
  };
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (c === '\n') line++;
    if (quoted) {
      if (c !== '"') field += c;
      else if (text[i + 1] === '"') field += text[++i]!;
      else quoted = false;
    } else if (c === '"' && field.trim() === '') {
      field = '';
      quoted = true;
      openedAt = line;
    } else if (c === separator) endField();
    else if (c === '\n') endRow();
    else if (c !== '\r') field += c;
  }
  if (quoted) throw new CsvError(openedAt);
  endRow();
  return all;
}

function separatorOf(text: string): string {
  const header = text.slice(0, text.search(/\r?\n|$/));
  return [',', ';', '\t'].find((candidate) => header.includes(candidate)) ?? ',';
}
