import { listVoices, modelName } from '../rtc/http';
import { useStudio } from './studio';

/** What the server offers. Asked quietly: a page that speaks without knowing it loses a choice, nothing more. */

let asking: Promise<void> | null = null;

/** One request at a time; who asks meanwhile gets its answer. */
export function refreshVoices(): Promise<void> {
  asking ??= listVoices()
    .then(
      (voices) => useStudio.setState({ voices }),
      () => undefined,
    )
    .finally(() => (asking = null));
  return asking;
}

export async function learnModel(): Promise<void> {
  const model = await modelName().catch(() => null);
  useStudio.setState({ model });
}
