import { refreshModels } from '../../store/mouth-models';
import { changeSettings } from '../settings/settings-store';

/** Lets another model move the lips. A refusal stands with the setting; the model takes over when it has loaded. */
export async function chooseModel(id: string): Promise<void> {
  await changeSettings({ model: id });
  await refreshModels();
}
