import { useScript } from '../../store/script';
import { AddLine } from './add-line';
import classes from './script.module.css';
import { ScriptEmpty } from './script-empty';
import { ScriptHeader } from './script-header';
import { ScriptList } from './script-list';
import { ScriptNotices } from './script-notices';
import { Transport } from './transport';
import { useScriptKeys } from './use-script-keys';

/** The teleprompter: what is to be said, line by line, and the keys that let it be said. */
export default function ScriptPanel() {
  useScriptKeys();
  const empty = useScript((s) => s.lines.length === 0);
  return (
    <div className={classes.panel}>
      <ScriptHeader />
      {empty ? <ScriptEmpty /> : <ScriptList />}
      <ScriptNotices />
      <AddLine />
      <Transport />
    </div>
  );
}
