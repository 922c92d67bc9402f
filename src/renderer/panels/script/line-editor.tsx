import { NumberInput, Select, Textarea } from '@mantine/core';
import { type FocusEvent, type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { dropDirection, editLine, useScript } from '../../store/script';
import { MAX_PAUSE_S } from '../../store/script-files';
import { MAX_LINE_CHARACTERS, type ScriptLine } from '../../store/script-lines';
import { useStudio } from '../../store/studio';
import { useModeName } from './directions';
import classes from './script.module.css';

/** A line being written, in its place: its words, and below them what else it does. Leaving it keeps the change. */
export function LineEditor({ line, place }: { line: ScriptLine; place: number }) {
  const { t } = useTranslation('script');
  const [text, setText] = useState(line.text);
  const box = useRef<HTMLFieldSetElement>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    const element = field.current;
    element?.focus();
    element?.setSelectionRange(element.value.length, element.value.length);
  }, []);

  /** The button that opened the editor has the focus again, so that the keyboard goes on where it was. */
  const close = (keep: boolean) => {
    if (keep && text !== line.text) editLine(line.id, { text });
    useScript.setState({ editing: null });
    requestAnimationFrame(() => document.querySelector<HTMLElement>(`[data-edit="${line.id}"]`)?.focus());
  };
  const onBlur = (event: FocusEvent) => {
    const to = event.relatedTarget;
    // Within the editor, or in a list of choices that it opened; nowhere: the page lost the focus.
    if (to === null || box.current?.contains(to) || to.closest('[role=listbox]')) return;
    if (text !== line.text) editLine(line.id, { text });
    if (useScript.getState().editing === line.id) useScript.setState({ editing: null });
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'Escape' && !event.defaultPrevented) {
      // Not the presenter is stopped here, but the writing.
      event.preventDefault();
      event.stopPropagation();
      close(false);
    }
    if (event.key === 'Enter' && !event.shiftKey && event.target === field.current) {
      event.preventDefault();
      close(true);
    }
  };
  return (
    <fieldset
      ref={box}
      className={classes.editor}
      aria-label={t('script.optionsOf', { line: place })}
      onBlur={onBlur}
      onKeyDown={onKey}
    >
      <Textarea
        ref={field}
        autosize
        minRows={1}
        maxRows={10}
        value={text}
        maxLength={MAX_LINE_CHARACTERS}
        aria-label={t('script.line', { line: place })}
        title={t('script.editKeys')}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <div className={classes.options}>
        <PauseField line={line} />
        <ModeField line={line} />
        <VoiceField line={line} />
      </div>
    </fieldset>
  );
}

function PauseField({ line }: { line: ScriptLine }) {
  const { t } = useTranslation('script');
  return (
    <NumberInput
      size="xs"
      label={t('script.pause')}
      placeholder={t('script.pauseNone')}
      suffix={` ${t('script.seconds', { seconds: '' }).trim()}`}
      min={0}
      max={MAX_PAUSE_S}
      step={0.5}
      decimalScale={1}
      value={line.pauseMs === undefined ? '' : line.pauseMs / 1_000}
      onChange={(value) => {
        const pauseMs = Math.round(Number(value) * 1_000);
        if (pauseMs > 0) editLine(line.id, { pauseMs });
        else dropDirection(line.id, 'pauseMs');
      }}
    />
  );
}

function ModeField({ line }: { line: ScriptLine }) {
  const { t } = useTranslation('script');
  const name = useModeName();
  const performances = useStudio((s) => s.session?.performances);
  const modes = new Set([0, 1, ...(performances ?? []).map(({ audiotype }) => audiotype)]);
  if (line.audiotype !== undefined) modes.add(line.audiotype);
  return (
    <Select
      size="xs"
      label={t('script.mode')}
      placeholder={t('script.modeKeep')}
      clearable
      data={[...modes].map((audiotype) => ({ value: String(audiotype), label: name(audiotype) }))}
      value={line.audiotype === undefined ? null : String(line.audiotype)}
      onChange={(value) => {
        if (value === null) dropDirection(line.id, 'audiotype');
        else editLine(line.id, { audiotype: Number(value) });
      }}
    />
  );
}

function VoiceField({ line }: { line: ScriptLine }) {
  const { t } = useTranslation('script');
  const voices = useStudio((s) => s.voices?.voices) ?? [];
  const known = new Map(voices.map(({ id, name }) => [id, name]));
  if (line.voice !== undefined && !known.has(line.voice)) known.set(line.voice, line.voice);
  return (
    <Select
      size="xs"
      label={t('script.voice')}
      placeholder={t('script.voiceUsual')}
      clearable
      searchable
      limit={60}
      data={[...known].map(([value, label]) => ({ value, label }))}
      value={line.voice ?? null}
      onChange={(value) => {
        if (value === null) dropDirection(line.id, 'voice');
        else editLine(line.id, { voice: value });
      }}
    />
  );
}
