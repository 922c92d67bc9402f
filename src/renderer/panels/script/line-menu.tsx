import { Menu } from '@mantine/core';
import { ArrowDown, ArrowUp, Ellipsis, ListStart, Pencil, Play, Trash2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { moveLine, removeLine, useScript } from '../../store/script';
import { speakFrom, speakLine } from '../../store/script-actions';
import type { ScriptLine } from '../../store/script-lines';
import { useStudio } from '../../store/studio';

interface Props {
  line: ScriptLine;
  place: number;
  last: boolean;
  /** It is being spoken, or is about to be. */
  busy: boolean;
}

/** Everything that can be done with a line, for hands that cannot hover or drag. */
export function LineMenu({ line, place, last, busy }: Props) {
  const { t } = useTranslation('script');
  const connected = useStudio((s) => s.connection.phase === 'connected');
  return (
    <Menu position="bottom-end" returnFocus>
      <Menu.Target>
        <button type="button" aria-label={t('script.more', { line: place })}>
          <Ellipsis size={16} aria-hidden="true" />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<Play size={15} />} disabled={!connected} onClick={() => speakLine(line.id)}>
          {t('script.speakThis')}
        </Menu.Item>
        <Menu.Item leftSection={<ListStart size={15} />} disabled={!connected} onClick={() => speakFrom(line.id)}>
          {t('script.fromHere')}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<Pencil size={15} />} onClick={() => useScript.setState({ editing: line.id })}>
          {t('script.options')}
        </Menu.Item>
        <Menu.Item
          leftSection={<ArrowUp size={15} />}
          disabled={place === 1}
          onClick={() => moveLine(line.id, place - 2)}
        >
          {t('script.moveUp')}
        </Menu.Item>
        <Menu.Item leftSection={<ArrowDown size={15} />} disabled={last} onClick={() => moveLine(line.id, place)}>
          {t('script.moveDown')}
        </Menu.Item>
        <Menu.Item leftSection={<Trash2 size={15} />} color="red" disabled={busy} onClick={() => removeLine(line.id)}>
          {t('script.remove')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
