import { Compose } from './compose';
import { Said } from './said';

/** The conversation, and the field where the next line of it is written. */
export default function ChatPanel() {
  return (
    <div className="talk">
      <Said />
      <Compose />
    </div>
  );
}
