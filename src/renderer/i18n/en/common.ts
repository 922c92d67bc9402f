/** What more than one panel says: actions, states, messages. */
export const common = {
  'action.connect': 'Connect',
  'action.disconnect': 'Disconnect',
  'action.retryNow': 'Try now',
  'action.dismiss': 'Dismiss',
  'action.close': 'Close',
  'action.cancel': 'Cancel',
  'action.openInBrowser': 'Open in browser',

  'status.offline': 'Not connected',
  'status.connecting': 'Connecting',
  'status.connected': 'Ready',
  'status.thinking': 'Thinking',
  'status.speaking': 'Speaking',
  'status.reconnecting': 'Reconnecting',
  'status.queued': 'Waiting for a place',
  'status.refused': 'Access needed',

  'tab.list': 'What stands beside the stage',
  'tab.chat': 'Chat',
  'tab.script': 'Script',
  'tab.audio': 'Audio',

  'theme.auto': 'Theme: like the system',
  'theme.light': 'Theme: light',
  'theme.dark': 'Theme: dark',

  'language.switch': '中文',
  'language.switchLabel': 'Switch to Chinese',

  'error.say': 'That was not said',
  'error.interrupt': 'Could not interrupt',
  'error.mode': 'Could not change the mode',
  'error.perform': 'That performance cannot be shown',
  'error.avatar': 'That presenter cannot appear; the usual one is here instead',
  'error.audio': 'That file could not be played',
  'error.audioUnknown': 'Try another file: WAV, MP3, M4A, OGG, FLAC, WebM or MP4.',
  'error.oneFile': 'One file at a time: the first one is on its way.',
  'error.part': 'The presenter had a problem ({{part}})',
  'error.network': 'The server does not answer. Check that Herald is running; this page reconnects by itself.',
  'error.notConnected': 'Connect first, then try again.',
  'error.http': 'The server answered {{status}}.',
  'error.media':
    'The picture did not arrive. Check that a firewall lets UDP through between this device and the server.',
  'error.webrtc': 'This browser has no WebRTC. Open the page in a current Chrome, Edge, Firefox or Safari.',
} as const;
