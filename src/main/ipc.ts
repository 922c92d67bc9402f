import { type IpcMainInvokeEvent, ipcMain } from 'electron';
import { z } from 'zod';
import { CHANNELS, type DesktopInfo, type DesktopState, type PreferenceChanges } from '../preload/bridge';
import { preferenceChanges } from './preferences';

/** What the page may ask of the shell. */
export interface PageRequests {
  info(): DesktopInfo;
  openInBrowser(): void;
  revealRecording(fileName: string): Promise<boolean>;
  openFeed(sessionId: number | null): void;
  restartServer(): Promise<void>;
  desktop(): DesktopState;
  changeDesktop(changes: PreferenceChanges): DesktopState;
}

const nothing = z.tuple([]);
/** The arguments of every channel. The page is ours, but what reaches the main process is checked like any caller's. */
const ARGUMENTS = {
  info: nothing,
  openInBrowser: nothing,
  revealRecording: z.tuple([z.string().min(1).max(255)]),
  openFeed: z.tuple([z.int().min(0).max(999_999_999).nullable()]),
  restartServer: nothing,
  desktop: nothing,
  changeDesktop: z.tuple([preferenceChanges]),
} satisfies Record<keyof PageRequests, z.ZodType<unknown[]>>;

/** Answers our own page, in its main frame, and nobody else. @param home the page's origin, as it is now */
export function answerPage(home: () => string | undefined, requests: PageRequests): void {
  for (const name of Object.keys(ARGUMENTS) as (keyof PageRequests)[]) {
    ipcMain.handle(CHANNELS[name], (event: IpcMainInvokeEvent, ...given: unknown[]) => {
      const { senderFrame } = event;
      if (!senderFrame || senderFrame.origin !== home() || senderFrame.parent)
        throw new Error('Only the studio page may call this');
      const args = ARGUMENTS[name].safeParse(given);
      if (!args.success) throw new Error(`${name}: ${args.error.issues[0]?.message ?? 'not what it takes'}`);
      return (requests[name] as (...args: unknown[]) => unknown)(...args.data);
    });
  }
}
