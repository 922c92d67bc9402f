import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';

type Words = { key: 'server.unit.s' | 'server.unit.min' | 'server.unit.h' | 'server.unit.d'; values: object };

/** The two largest units, as people say it: 12 s, 5 min, 3 h 20 min, 2 d 4 h. */
export function spokenDuration(seconds: number): Words {
  const s = Math.max(0, Math.floor(seconds));
  const [d, h, min] = [Math.floor(s / 86_400), Math.floor(s / 3_600) % 24, Math.floor(s / 60) % 60];
  if (d > 0) return { key: 'server.unit.d', values: { d, h } };
  if (h > 0) return { key: 'server.unit.h', values: { h, min } };
  return min > 0 ? { key: 'server.unit.min', values: { n: min } } : { key: 'server.unit.s', values: { n: s } };
}

export function useDuration(): (seconds: number) => string {
  const { t } = useTranslation('server');
  return useCallback(
    (seconds) => {
      const { key, values } = spokenDuration(seconds);
      return (t as (key: string, values: object) => string)(key, values);
    },
    [t],
  );
}
