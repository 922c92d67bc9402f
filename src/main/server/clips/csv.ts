import { CsvError, parseCsv as parse } from '../../../shared/csv';
import { HeraldError } from '../errors';

/**
 * A table of clips as the server reads it.
 * @throws HeraldError('malformed') for a quote that never ends, naming its line
 */
export function parseCsv(text: string): Record<string, string>[] {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof CsvError) throw new HeraldError('malformed', error.message);
    throw error;
  }
}
