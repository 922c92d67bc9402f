import { Film } from 'lucide-react';
import { useEffect, useState } from 'react';
import { thumbnailUrl } from '../../rtc/recordings';

const TRIES = 3;
const PAUSE_MS = 2_000;

/** A recording's first picture. The server makes few at a time and asks the rest to come again. */
export function Thumbnail({ id }: { id: string }) {
  const [tries, setTries] = useState(0);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    if (!failed || tries >= TRIES - 1) return;
    const timer = setTimeout(() => {
      setTries(tries + 1);
      setFailed(false);
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [failed, tries]);
  if (failed) return <Film size={24} aria-hidden="true" />;
  return <img src={thumbnailUrl(id)} alt="" loading="lazy" onError={() => setFailed(true)} />;
}
