import { type KeyboardEvent, useEffect, useState } from 'react';
import { Icon } from '../../components/icon';
import { Segmented } from '../../components/segmented';
import { useTranslate } from '../../i18n/use-translate';
import { tell } from '../../store/actions';
import { type Manner, otherManner, usePreferences } from '../../store/preferences';
import { useStudio } from '../../store/studio';
import { learnModel } from '../../store/voice-actions';
import { AudioFile } from './audio-file';
import { VoicePicker } from './voice-picker';

/** Where words and audio files go in: words to be said, or to be answered. */
export function Compose() {
  const t = useTranslate();
  const [text, setText] = useState('');
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
    setText('');
    // What was refused comes back, unless something new has been typed meanwhile.
    if (!(await tell(how, words))) setText((now) => now || words);
  };
  const onKey = (event: KeyboardEvent<HTMLTextAreaElement>) => {
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
        <VoicePicker />
      </div>
      <textarea
        rows={2}
        value={text}
        // biome-ignore lint/a11y/noAutofocus: typing is what this page is for; phones keep their keyboard closed.
        autoFocus={!matchMedia('(pointer: coarse)').matches}
        aria-label={t(chat ? 'compose.labelChat' : 'compose.label')}
        aria-describedby="compose-keys"
        placeholder={t(chat ? 'compose.placeholderChat' : 'compose.placeholder')}
        onChange={(e) => setText(e.target.value)}
        onKeyDown={onKey}
      />
      <div className="compose-row">
        <AudioFile connected={connected} />
        <button
          type="submit"
          className="primary-button send"
          title={t(chat ? 'compose.keysChat' : 'compose.keys')}
          disabled={!connected || text.trim() === ''}
        >
          <Icon name="send" size={18} />
          {t(chat ? 'compose.sendChat' : 'compose.send')}
        </button>
      </div>
      <p id="compose-keys" className="visually-hidden">
        {t(chat ? 'compose.keysChat' : 'compose.keys')}
      </p>
    </form>
  );
}
