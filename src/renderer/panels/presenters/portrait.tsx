import { useState } from 'react';
import { Icon } from '../../components/icon';
import { portraitUrl } from '../../rtc/studio-api';

/** A presenter's picture, and a drawn head where there is none. Its frame belongs to the place that it stands in. */
export function Portrait({ id, iconPx }: { id: string | null; iconPx: number }) {
  const [missing, setMissing] = useState<string | null>(null);
  if (id === null || missing === id) return <Icon name="person" size={iconPx} />;
  return <img src={portraitUrl(id)} alt="" loading="lazy" onError={() => setMissing(id)} />;
}
