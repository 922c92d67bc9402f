import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import WaveSurfer from 'wavesurfer.js';
import RegionsPlugin, { type Region } from 'wavesurfer.js/plugins/regions';
import { type OpenFile, useAudio } from '../../store/audio';
import { setPart } from '../../store/audio-actions';
import { edgeByKey, formatTime, MIN_PART_MS, moveEdge, type Part } from '../../store/audio-trim';
import classes from './audio.module.css';

const HEIGHT_PX = 104;

/** Wide enough to be caught. */
const HANDLE = { width: '8px', border: '0', borderRadius: '4px', background: 'var(--accent)' };

/** The waveform, with a handle at each end of the part. It draws the peaks that it is given: the file is not read again. */
export function Waveform({ file, media }: { file: OpenFile; media: HTMLAudioElement }) {
  const { t, i18n } = useTranslation('audio');
  const scheme = useComputedColorScheme();
  const box = useRef<HTMLElement>(null);
  const wave = useRef<WaveSurfer>(null);
  const region = useRef<Region>(null);
  const { id, url, peaks, durationMs, part } = file;

  // biome-ignore lint/correctness/useExhaustiveDependencies: the part has an effect of its own, words and colours as well.
  useEffect(() => {
    const container = box.current;
    if (!container || !peaks || durationMs === null || !part) return;
    const regions = RegionsPlugin.create();
    const shown = WaveSurfer.create({
      container,
      media,
      url,
      peaks: [peaks],
      duration: durationMs / 1_000,
      height: HEIGHT_PX,
      barWidth: 2,
      barGap: 1,
      barRadius: 2,
      normalize: true,
      cursorWidth: 2,
      hideScrollbar: true,
      plugins: [regions],
      ...colours(container),
    });
    wave.current = shown;
    shown.on('ready', () => {
      region.current = regions.addRegion({
        start: part.fromMs / 1_000,
        end: part.toMs / 1_000,
        minLength: MIN_PART_MS / 1_000,
        drag: true,
        resize: true,
        color: 'color-mix(in srgb, var(--accent) 16%, transparent)',
      });
      const take = ({ start, end }: Region) => setPart({ fromMs: start * 1_000, toMs: end * 1_000 });
      regions.on('region-update', take);
      regions.on('region-updated', take);
      name(region.current, part, durationMs, t('audio.from'), t('audio.to'), t('audio.edgeKeys'));
    });
    return () => {
      region.current = null;
      wave.current = null;
      shown.destroy();
    };
  }, [id, media]);

  useEffect(() => {
    if (box.current && scheme) wave.current?.setOptions(colours(box.current));
  }, [scheme]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a change of the language changes the words.
  useEffect(() => {
    const now = region.current;
    if (!now || !part || durationMs === null) return;
    const [start, end] = [part.fromMs / 1_000, part.toMs / 1_000];
    if (Math.abs(now.start - start) > 1e-4 || Math.abs(now.end - end) > 1e-4) now.setOptions({ start, end });
    name(now, part, durationMs, t('audio.from'), t('audio.to'), t('audio.edgeKeys'));
  }, [part, durationMs, i18n.language]);

  return <section ref={box} className={classes.wave} aria-label={t('audio.wave', { name: file.name })} />;
}

/** Canvas knows no CSS variables. */
function colours(element: Element) {
  const style = getComputedStyle(element);
  const of = (name: string) => style.getPropertyValue(name).trim();
  return { waveColor: of('--wave'), progressColor: of('--wave-played'), cursorColor: of('--wave-cursor') };
}

/** The handles are sliders for the keyboard and for those who listen to the page. */
function name(region: Region, part: Part, durationMs: number, from: string, to: string, keys: string): void {
  for (const edge of ['from', 'to'] as const) {
    const handle = region.element?.querySelector<HTMLElement>(
      `[part~="region-handle-${edge === 'from' ? 'left' : 'right'}"]`,
    );
    if (!handle) continue;
    const atMs = edge === 'from' ? part.fromMs : part.toMs;
    handle.tabIndex = 0;
    Object.assign(handle.style, HANDLE, edge === 'from' ? { left: '0' } : { right: '0' });
    handle.title = keys;
    const attributes = {
      role: 'slider',
      'aria-label': edge === 'from' ? from : to,
      'aria-valuemin': '0',
      'aria-valuemax': (durationMs / 1_000).toFixed(2),
      'aria-valuenow': (atMs / 1_000).toFixed(2),
      'aria-valuetext': formatTime(atMs),
    };
    for (const [key, value] of Object.entries(attributes)) handle.setAttribute(key, value);
    handle.onkeydown = (event) => moveByKey(event, edge);
  }
}

function moveByKey(event: KeyboardEvent, edge: 'from' | 'to'): void {
  const { file } = useAudio.getState();
  if (!file?.part || file.durationMs === null || event.ctrlKey || event.metaKey) return;
  const atMs = edge === 'from' ? file.part.fromMs : file.part.toMs;
  const toMs = edgeByKey(event.key, event.shiftKey, event.altKey, atMs, file.durationMs);
  if (toMs === undefined) return;
  event.preventDefault();
  setPart(moveEdge(file.part, edge, toMs, file.durationMs));
}
