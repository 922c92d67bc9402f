import { contextBridge, type IpcRendererEvent, ipcRenderer } from 'electron';
import { CHANNELS, type HeraldBridge, MESSAGES } from './bridge';

/** Runs sandboxed before the page. The page gets a few functions and no way to name a channel of its own. */
const bridge: HeraldBridge = {
  info: () => ipcRenderer.invoke(CHANNELS.info),
  openInBrowser: () => ipcRenderer.invoke(CHANNELS.openInBrowser),
  revealRecording: (fileName) => ipcRenderer.invoke(CHANNELS.revealRecording, fileName),
  openFeed: (sessionId) => ipcRenderer.invoke(CHANNELS.openFeed, sessionId),
  restartServer: () => ipcRenderer.invoke(CHANNELS.restartServer),
  desktop: () => ipcRenderer.invoke(CHANNELS.desktop),
  changeDesktop: (changes) => ipcRenderer.invoke(CHANNELS.changeDesktop, changes),
  onCommand: (listener) => listen(MESSAGES.command, listener),
  onFile: (listener) => listen(MESSAGES.file, listener),
};

/** The event itself stays here: it would hand `ipcRenderer` to the page. */
function listen<T>(channel: string, listener: (value: T) => void): () => void {
  const relay = (_event: IpcRendererEvent, value: T) => listener(value);
  ipcRenderer.on(channel, relay);
  return () => ipcRenderer.removeListener(channel, relay);
}

contextBridge.exposeInMainWorld('herald', bridge);
