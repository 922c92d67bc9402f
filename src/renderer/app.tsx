import { DropOverlay } from './components/drop-overlay';
import { Toasts } from './components/toasts';
import { useShortcuts } from './components/use-shortcuts';
import { Compose } from './panels/compose';
import { FiguresPanel } from './panels/figures';
import { LibrarySheet } from './panels/library-sheet';
import { Said } from './panels/said';
import { Stage } from './panels/stage';
import { TopBar } from './panels/top-bar';

export function App() {
  useShortcuts();
  return (
    <div className="app">
      <TopBar />
      <Stage />
      <aside className="side">
        <div className="talk">
          <Said />
          <Compose />
        </div>
        <FiguresPanel />
      </aside>
      <LibrarySheet />
      <Toasts />
      <DropOverlay />
    </div>
  );
}
