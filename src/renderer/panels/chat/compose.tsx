import { Button } from '@mantine/core';
import { type KeyboardEvent, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { Icon } from '../../components/icon';
import { Segmented } from '../../components/segmented';
import { tell } from '../../store/actions';
import { COMPOSER_ID, editAgain } from '../../store/draft';
import { type Manner, otherManner, usePreferences } from '../../store/preferences';
import { useStudio } from '../../store/studio';
import { learnModel } from '../../store/voice-actions';
import { AudioFile } from './audio-file';
import { ModelPicker } from './model-picker';
import { VoicePicker } from './voice-picker';

/** Where words and audio files go in: words to be said, or to be answered. */
export function Compose() {
  const { t } = useTranslation('chat');
  const text = useStudio((s) => s.draft);
  const manner = usePreferences((s) => s.manner);
  const connected = useStudio((s) => s.connection.phase === 'connected');
  const model = useStudio((s) => s.model);
  const chat = manner === 'chat';
  useEffect(() => {
    if (chat && connected) void learnModel();
  }, [chat, connected]);

  const send = async (how: Manner) => {
    const words = text.trim();
    if (!words || !connected) return;
    useStudio.setState({ draft: '' });
    // What was refused comes back, unless something new has been typed meanwhile.
    if (!(await tell(how, words))) useStudio.setState(({ draft }) => ({ draft: draft || words }));
  };
  const onKey = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.key === 'ArrowUp' && text === '') {
      const last = useStudio.getState().lines.findLast((line) => line.own && line.kind !== 'audio');
      if (last && last.kind !== 'audio') editAgain(last.kind, last.text);
      return;
    }
    // Enter that confirms an input method's candidate must not send.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    void send(event.ctrlKey || event.metaKey ? otherManner(manner) : manner);
  };

  return (
    <form
      className="compose"
      onSubmit={(e) => {
        e.preventDefault();
        void send(manner);
      }}
    >
      <div className="compose-row">
        <Segmented
          label={t('compose.manner')}
          name="manner"
          value={manner}
          disabled={false}
          options={[
            { value: 'echo', label: t('compose.echo'), hint: t('compose.echoHint') },
            {
              value: 'chat',
              label: t('compose.chat'),
              hint: model ? t('compose.chatHintModel', { model }) : t('compose.chatHint'),
            },
          ]}
          onChange={(value) => usePreferences.setState({ manner: value })}
        />
        {chat && <ModelPicker />}
        <VoicePicker />
      </div>
      <textarea
        id={COMPOSER_ID}
        rows={2}
        value={text}
        // biome-ignore lint/a11y/noAutofocus: typing is what this page is for; phones keep their keyboard closed.
        autoFocus={!matchMedia('(pointer: coarse)').matches}
        aria-label={t(chat ? 'compose.labelChat' : 'compose.label')}
        aria-describedby="compose-keys"
        placeholder={t(chat ? 'compose.placeholderChat' : 'compose.placeholder')}
        onChange={(e) => useStudio.setState({ draft: e.target.value })}
        onKeyDown={onKey}
      />
      <div className="compose-row">
        <AudioFile connected={connected} />
        <Button
          type="submit"
          className="send"
          title={t(chat ? 'compose.keysChat' : 'compose.keys')}
          leftSection={<Icon name="send" size={18} />}
          disabled={!connected || text.trim() === ''}
        >
          {t(chat ? 'compose.sendChat' : 'compose.send')}
        </Button>
      </div>
      <p id="compose-keys" className="visually-hidden">
        {t(chat ? 'compose.keysChat' : 'compose.keys')}
      </p>
    </form>
  );
}
