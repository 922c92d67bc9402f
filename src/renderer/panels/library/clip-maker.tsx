import { useState } from 'react';
import { Segmented } from '../components/segmented';
import { useTranslate } from '../i18n/use-translate';
import { wordsOrScript } from '../rtc/clips';
import { addClip } from '../store/library-actions';
import { usePreferences } from '../store/preferences';
import { useStudio } from '../store/studio';
import { voiceInUse } from '../store/voices';
import { Fault } from './media-parts';

const SIZES = { whole: undefined, square: '720x720', portrait: '720x1280' } as const;
type Shape = keyof typeof SIZES;
const SHAPES = Object.keys(SIZES) as Shape[];

/** Words in, a clip out: with the presenter on stage and the voice that is chosen. */
export function ClipMaker() {
  const t = useTranslate();
  const [words, setWords] = useState('');
  const [shape, setShape] = useState<Shape>('whole');
  const [asking, setAsking] = useState(false);
  const [problem, setProblem] = useState<string>();
  const voices = useStudio((s) => s.voices);
  const onStage = useStudio((s) => s.session?.avatar);
  const { voice: chosen, avatar: preferred } = usePreferences();

  const make = async () => {
    if (words.trim() === '' || asking) return;
    setAsking(true);
    setProblem(undefined);
    const avatar = onStage ?? preferred;
    const voice = voiceInUse(voices, chosen)?.id;
    const size = SIZES[shape];
    const wish = { ...wordsOrScript(words), ...(avatar && { avatar }), ...(voice && { voice }), ...(size && { size }) };
    const refused = await addClip(wish);
    setAsking(false);
    if (refused === null) setWords('');
    else setProblem(refused);
  };

  return (
    <form
      className="clip-maker"
      onSubmit={(e) => {
        e.preventDefault();
        void make();
      }}
    >
      <textarea
        rows={4}
        value={words}
        aria-label={t('clips.words')}
        aria-describedby="clip-script"
        placeholder={t('clips.placeholder')}
        onChange={(e) => setWords(e.target.value)}
        onKeyDown={(e) => {
          if (e.key !== 'Enter' || !(e.ctrlKey || e.metaKey)) return;
          e.preventDefault();
          void make();
        }}
      />
      <p id="clip-script" className="clip-hint">
        {t('clips.script')}
      </p>
      <Fault words={problem} />
      <div className="compose-row">
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
        <button type="submit" className="primary-button clip-make" disabled={asking || words.trim() === ''}>
          {t(asking ? 'clips.making' : 'clips.make')}
        </button>
      </div>
    </form>
  );
}
