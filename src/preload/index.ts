import { contextBridge, ipcRenderer } from 'electron';
import { CHANNELS, type HeraldBridge } from './bridge';

/** Runs sandboxed before the page. The page gets two functions and no way to name a channel of its own. */
const bridge: HeraldBridge = {
  info: () => ipcRenderer.invoke(CHANNELS.info),
  openInBrowser: () => ipcRenderer.invoke(CHANNELS.openInBrowser),
};

contextBridge.exposeInMainWorld('herald', bridge);
