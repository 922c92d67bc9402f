import { Button, Checkbox, FileButton, Textarea } from '@mantine/core';
import { FileText } from 'lucide-react';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Segmented } from '../../components/segmented';
import { wordsOrScript } from '../../rtc/clips';
import { addClip } from '../../store/library-actions';
import { usePreferences } from '../../store/preferences';
import { useStudio } from '../../store/studio';
import { voiceInUse } from '../../store/voices';
import classes from './clips.module.css';
import { Fault } from './media-parts';

const SIZES = { whole: undefined, square: '720x720', portrait: '720x1280' } as const;
type Shape = keyof typeof SIZES;
const SHAPES = Object.keys(SIZES) as Shape[];
/** A script of that size takes an hour to say. */
const MAX_FILE_BYTES = 200_000;

/** Words in, a clip out: with the presenter on stage and the voice that is chosen. */
export function ClipMaker() {
  const { t } = useTranslation('library');
  const [words, setWords] = useState('');
  const [shape, setShape] = useState<Shape>('whole');
  const [transparent, setTransparent] = useState(false);
  const [asking, setAsking] = useState(false);
  const [problem, setProblem] = useState<string>();
  const field = useRef<HTMLTextAreaElement>(null);
  const voices = useStudio((s) => s.voices);
  const onStage = useStudio((s) => s.session?.avatar);
  const { voice: chosen, avatar: preferred } = usePreferences();
  const avatars = useStudio((s) => s.avatars);
  const avatar = onStage ?? preferred;
  const shown = avatars?.avatars.find(({ id }) => id === (avatar ?? avatars.default));
  // Until the list is there nothing is known to speak against it; the server has the last word.
  const canBeTransparent = shown?.matte ?? true;

  const make = async () => {
    if (words.trim() === '' || asking) return;
    setAsking(true);
    setProblem(undefined);
    const voice = voiceInUse(voices, chosen)?.id;
    const size = SIZES[shape];
    const wish = {
      ...wordsOrScript(words),
      ...(avatar && { avatar }),
      ...(voice && { voice }),
      ...(size && { size }),
      ...(transparent && canBeTransparent && { background: 'transparent' }),
    };
    const refused = await addClip(wish);
    setAsking(false);
    if (refused === null) setWords('');
    else setProblem(refused);
  };

  const read = async (file: File | null) => {
    if (!file) return;
    const text = file.size <= MAX_FILE_BYTES ? await file.text().catch(() => undefined) : undefined;
    setProblem(text === undefined ? t('clips.unreadable', { name: file.name }) : undefined);
    if (text === undefined) return;
    setWords(text.replace(/^\ufeff/, ''));
    field.current?.focus();
  };

  return (
    <form
      className={classes.maker}
      onSubmit={(e) => {
        e.preventDefault();
        void make();
      }}
    >
      <Textarea
        ref={field}
        autosize
        minRows={4}
        maxRows={12}
        value={words}
        aria-label={t('clips.words')}
        description={t('clips.script')}
        inputWrapperOrder={['input', 'description']}
        placeholder={t('clips.placeholder')}
        onChange={(e) => setWords(e.target.value)}
        onKeyDown={(e) => {
          if (e.key !== 'Enter' || !(e.ctrlKey || e.metaKey)) return;
          e.preventDefault();
          void make();
        }}
      />
      <Checkbox
        label={t('clips.transparent')}
        description={t(canBeTransparent ? 'clips.transparentHint' : 'clips.transparentNot')}
        checked={transparent && canBeTransparent}
        disabled={!canBeTransparent}
        onChange={(e) => setTransparent(e.currentTarget.checked)}
      />
      <Fault words={problem} />
      <div className={classes.choices}>
        <Segmented<Shape>
          label={t('clips.shape')}
          name="shape"
          value={shape}
          disabled={false}
          options={SHAPES.map((value) => ({
            value,
            label: t(`clips.shape.${value}`),
            hint: t(`clips.shapeHint.${value}`),
          }))}
          onChange={setShape}
        />
        <FileButton accept=".txt,.md,text/plain" onChange={(file) => void read(file)}>
          {(button) => (
            <Button {...button} variant="default" leftSection={<FileText size={16} aria-hidden="true" />}>
              {t('clips.open')}
            </Button>
          )}
        </FileButton>
        <Button type="submit" className={classes.make} disabled={asking || words.trim() === ''}>
          {t(asking ? 'clips.making' : 'clips.make')}
        </Button>
      </div>
    </form>
  );
}
