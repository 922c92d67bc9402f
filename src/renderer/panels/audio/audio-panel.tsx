import { useEffect } from 'react';
import { useAudio } from '../../store/audio';
import { learnRecents } from '../../store/audio-actions';
import classes from './audio.module.css';
import { AudioEmpty } from './audio-empty';
import { AudioFileView } from './audio-file-view';
import { Capture } from './capture';
import { OpenProblem } from './problems';
import { Recents } from './recents';
import { Sources } from './sources';

/** Recordings that the presenter speaks: opened, listened to, trimmed, or made here with the microphone. */
export default function AudioPanel() {
  const file = useAudio((s) => s.file);
  const opening = useAudio((s) => s.opening);
  const capturing = useAudio((s) => s.capture !== 'off');
  useEffect(() => void learnRecents(), []);
  return (
    <div className={classes.panel}>
      {capturing ? <Capture /> : file ? <AudioFileView key={file.id} file={file} /> : <AudioEmpty opening={opening} />}
      <OpenProblem />
      {!capturing && (file || opening) && <Sources opening={opening} />}
      <Recents />
    </div>
  );
}
