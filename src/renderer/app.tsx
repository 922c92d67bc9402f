import { DropOverlay } from './components/drop-overlay';
import { KeysSheet } from './components/keys-sheet';
import { useShortcuts } from './components/use-shortcuts';
import { ModelDialog } from './panels/chat/model-picker';
import { LibraryDrawer } from './panels/library/library-drawer';
import { CastDrawer } from './panels/presenters/cast-drawer';
import { ServerDrawer } from './panels/server/server-drawer';
import { SettingsDialog } from './panels/settings/settings-dialog';
import { Side } from './panels/side/side';
import { FiguresPanel } from './panels/stage/figures';
import { Stage } from './panels/stage/stage';
import { TopBar } from './panels/top-bar';

export function App() {
  useShortcuts();
  return (
    <div className="app">
      <TopBar />
      <Stage />
      <aside className="side">
        <Side />
        <FiguresPanel />
      </aside>
      <LibraryDrawer />
      <CastDrawer />
      <ServerDrawer />
      <KeysSheet />
      <ModelDialog />
      <SettingsDialog />
      <DropOverlay />
    </div>
  );
}
