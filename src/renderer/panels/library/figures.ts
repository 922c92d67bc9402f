import { useMemo } from 'react';
import { formatDuration } from '../../components/format';
import { htmlLanguage, type Language } from '../../i18n/language';
import { usePreferences } from '../../store/preferences';

export interface Figures {
  /** Decimal units, as file managers and disks count: 12.3 MB. */
  bytes(count: number): string;
  /** Day and time of an ISO 8601 date. */
  when(iso: string): string;
  /** Time alone. */
  time(iso: string): string;
  /** 12:34. */
  length(ms: number): string;
}

/** The reader's own kind of the page's language: British dates for who reads British English. */
export const localeOf = (language: Language, wanted: readonly string[]): string =>
  wanted.find((tag) => tag.toLowerCase().split('-')[0] === language) ?? htmlLanguage[language];

const UNITS = [
  { unit: 'gigabyte', bytes: 1e9, digits: 2 },
  { unit: 'megabyte', bytes: 1e6, digits: 1 },
  { unit: 'kilobyte', bytes: 1e3, digits: 0 },
] as const;

export function figuresIn(locale: string): Figures {
  const sizes = UNITS.map(({ unit, bytes, digits }) => {
    const style = { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: digits } as const;
    return { bytes, format: new Intl.NumberFormat(locale, style) };
  });
  const dates = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });
  const times = new Intl.DateTimeFormat(locale, { timeStyle: 'short' });
  return {
    bytes: (count) => {
      const { bytes, format } = sizes.find((size) => count >= size.bytes) ?? sizes.at(-1)!;
      // A file of a few bytes is not nothing.
      return format.format(count === 0 ? 0 : Math.max(count / bytes, bytes === 1e3 ? 1 : 0));
    },
    when: (iso) => dates.format(new Date(iso)),
    time: (iso) => times.format(new Date(iso)),
    length: formatDuration,
  };
}

export function useFigures(): Figures {
  const language = usePreferences((s) => s.language);
  return useMemo(() => figuresIn(localeOf(language, navigator.languages)), [language]);
}
