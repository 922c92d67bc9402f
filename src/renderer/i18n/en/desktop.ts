/** What only the desktop app has, and the guide of the first start. */
export const desktop = {
  'desktop.hotkeys': 'Keys that work everywhere',
  'desktop.hotkeysHelp':
    'Also while another program is in front. Press the keys in the field; Backspace switches one off.',
  'desktop.hotkey.interrupt': 'Interrupt',
  'desktop.hotkey.record': 'Start and stop recording',
  'desktop.hotkey.nextLine': 'Next line of the script',
  'desktop.hotkeyOff': 'Off',
  'desktop.hotkeyTaken': 'Another program uses these keys: choose others.',
  'desktop.hotkeyBare': 'Add Ctrl, Alt or another modifier, or use F1 to F24.',
  'desktop.feedOnTop': 'Clean feed stays on top',
  'desktop.feedOnTopHelp': 'The window of the clean feed lies above the windows of other programs.',
  'desktop.notify': 'Notifications',
  'desktop.notifyHelp': 'Tell when an export or a clip is finished while another program is in front.',
  'desktop.closeToTray': 'Keep running in the tray',
  'desktop.closeToTrayHelp':
    'Closing the window leaves the server running; its icon in the tray opens the window again.',
  'desktop.safeStorage': 'Keys and tokens are kept by the system’s safe storage.',
  'desktop.noSafeStorage':
    'This system offers no safe storage: keys are kept in settings.json, which only your user can read.',
  'desktop.failed': 'That could not be changed',
  'desktop.openFeed': 'Open the clean feed in a window',

  'guide.title': 'Welcome to Herald',
  'guide.lead': 'Everything works right away. Three things you may want to choose first:',
  'guide.presenter': 'Presenter',
  'guide.presenterHelp': 'Who stands on the stage. More can be brought in later.',
  'guide.voice': 'Voice',
  'guide.voiceAuto': 'The best that can be had (uses Microsoft’s service when online)',
  'guide.voiceOffline': 'Only on this computer',
  'guide.voiceHelp': 'Sentences are only sent away with the first choice.',
  'guide.key': 'Key for chat (optional)',
  'guide.keyHelp':
    'A DashScope key lets the presenter answer questions. Other services and local models are in the settings.',
  'guide.start': 'Start',
  'guide.skip': 'Skip',
  'guide.failed': 'That was not saved',
} as const;
