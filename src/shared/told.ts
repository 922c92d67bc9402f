import { z } from 'zod';

/**
 * What the server tells people most, by key. Its English is here and nowhere else: `say` fills it in. Replies and events carry the
 * English sentence, as they always did, and beside it the key with its values, so that a page can say the same in its own language.
 * `{{name}}` stands for one word, `{{name...}}` for any text.
 */
export const SENTENCES = {
  // A language model: what happened, and what to do.
  'llm.none': 'no language model is configured',
  'llm.keyRefused': 'it refused the key (401)',
  'llm.keyWanted': 'it wants a key (401)',
  'llm.noCredit': 'its account has no credit left ({{status}})',
  'llm.filtered': 'its content filter refused the question ({{status}})',
  'llm.accessRefused': 'it refused access {{why...}}',
  'llm.busy': 'it has too many requests (429)',
  'llm.busyFor': 'it has too many requests (429) and asks for {{seconds}} s',
  'llm.broke': 'it failed {{why...}}',
  'llm.tooLong': 'the conversation is too long for it {{why...}}',
  'llm.requestRefused': 'it refused the request {{why...}}',
  'llm.gaveUp': 'it gave up: {{why...}}',
  'llm.nobody': 'nothing answers at {{origin}}',
  'llm.noName': 'the name {{host}} was not found',
  'llm.noAnswer': '{{origin}} did not answer in time',
  'llm.lost': 'the connection to {{host}} was lost',
  'llm.late': 'it did not begin to answer within {{seconds}} s',
  'llm.silent': 'it fell silent in mid-answer, for {{seconds}} s',
  'llm.do.checkKey': 'Check the key in {{variable}}.',
  'llm.do.setKey': 'Set {{variable}}.',
  'llm.do.topUp': 'Top the account up, or choose another service with --llm_preset.',
  'llm.do.reword': 'Ask in other words.',
  'llm.do.checkAccess': 'Check that the key in {{variable}} may use this model.',
  'llm.do.askAgain': 'Ask again in a moment.',
  'llm.do.askAgainIn': 'Ask again in {{seconds}} s.',
  'llm.do.shorten': 'Lower --llm_history_tokens.',
  'llm.do.checkModel': 'Check --llm_model and --llm_extra_body.',
  'llm.do.otherModel': 'Ask again; if that keeps happening, choose another model with --llm_model.',
  'llm.do.start': 'Start it, or correct --llm_base_url.',
  'llm.do.checkName': 'Check the internet connection and --llm_base_url.',
  'llm.do.checkNetwork': 'Check the network and --llm_base_url.',
  'llm.do.again': 'Ask again.',
  'llm.do.moreTime': 'Ask again, or allow it more time with --llm_first_token_s (a large model may still be loading).',
  'llm.do.morePatience': 'Ask again, or allow it more time with --llm_next_token_s.',
  'llm.do.configure':
    'chat needs a language model, and {{host}} needs a key: set {{variable}}{{preset...}}, or use a model on this machine with --llm_preset ollama (lmstudio and vllm too), or any OpenAI-compatible service with --llm_base_url and OPENAI_API_KEY',

  // A voice: what happened, and what to do.
  'voice.moved': '{{address}} sent us elsewhere ({{status}})',
  'voice.keyRefused': '{{address}} refused our key ({{why...}})',
  'voice.keyWanted': '{{address}} wants a key ({{why...}})',
  'voice.noCredit': '{{address}} has no credit left for us ({{why...}})',
  'voice.busy': '{{address}} is asked too often ({{why...}})',
  'voice.notOffered': '{{address}} does not offer what was asked ({{why...}})',
  'voice.broke': '{{address}} failed ({{why...}})',
  'voice.requestRefused': '{{address}} turned the request down ({{why...}})',
  'voice.refused': '{{address}} refused the connection',
  'voice.reset': '{{address}} closed the connection without an answer',
  'voice.noName': '{{address}} is a host that cannot be found',
  'voice.unreachable': '{{address}} cannot be reached from here',
  'voice.notReached': '{{address}} could not be reached ({{why...}})',
  'voice.noSound': '{{address}} sent no sound',
  'voice.late': 'no sound came within {{seconds}} s',
  'voice.stalled': 'it stopped sending for {{seconds}} s',
  'voice.cutShort': '{{why...}}; the rest of this sentence is lost',
  'voice.notLocal': 'The voice engine is "{{tts}}". Set it to "auto" or "local", so that voices of this machine speak.',
  'voice.noSherpa':
    'sherpa-onnx, which runs the voices of this machine, is not installed ({{name}}). Run npm install in the folder of Herald; there may be none for this system.',
  'voice.do.address': 'Correct --TTS_SERVER.',
  'voice.do.moved': 'Put the address that it leads to in --TTS_SERVER.',
  'voice.do.key': 'Put the right key in {{names...}}.',
  'voice.do.topUp': 'Top up the account.',
  'voice.do.wait': 'Wait a moment, or raise its limit.',
  'voice.do.settings': 'Correct the voice settings.',
  'voice.do.start': 'Start the server or correct --TTS_SERVER.',
  'voice.do.log': "Look at the voice server's own log.",
  'voice.do.moreTime': 'Check that the voice server is not overloaded, or allow it more time with --tts_deadline_s.',
  'edge.clock': 'the service refused this computer (403): its clock is {{minutes}} minutes {{way}}',
  'edge.refused': 'the service refused this computer (403)',
  'edge.webPage': 'a web page came back instead of the service ({{status}})',
  'edge.noName': '{{host}} cannot be found: there is no internet connection or no name server',
  'edge.nameServer': '{{host}} cannot be looked up: the name server does not answer',
  'edge.cut': 'the connection to {{host}} was cut while it was being made',
  'edge.noAnswer': '{{host}} does not answer',
  'edge.noInternet': '{{host}} is out of reach: there is no way to the internet',
  'edge.late': '{{host}} did not answer within {{seconds}} s',
  'edge.do.clock': 'Set the clock, best by turning automatic time on, or choose another voice with --tts.',
  'edge.do.internet': 'Check the internet connection, or choose another voice with --tts.',
  'edge.do.later': 'Try again later, or choose another voice with --tts.',

  // Sound that is to be spoken.
  'upload.empty': 'The file is empty (0 bytes).',
  'upload.playlist': 'This is a playlist, not audio. Send the audio file itself.',
  'upload.damaged': 'The file is damaged: none of its sound can be decoded.',
  'upload.noTrack': 'The file has no sound track.',
  'upload.noIndex': 'The mp4 file is incomplete: its index is missing, so it cannot be played.',
  'upload.notAudio':
    'This is not audio that can be played. Send a wav, mp3, m4a, ogg, opus, flac, webm, aac or mp4 file.',
  'upload.tooLong': 'The audio is longer than the limit of {{minutes}} minutes. Send a shorter piece.',
  'upload.tooLarge': 'the file is larger than {{megabytes}} MB (--max_upload_mb)',
  'upload.tooMany': 'too many uploads at once: try again in a moment',

  // Recordings and the disk.
  'record.noRoom':
    'not recorded: the disk has {{free}} MB left and {{keep}} MB must stay free (--record_min_free_mb): delete recordings, or choose another disk with --data',
  'record.ranOut':
    'the recording was ended because the disk has {{free}} MB left and {{keep}} MB must stay free (--record_min_free_mb): delete recordings, or choose another disk with --data',
  'record.full': '{{begun...}}the disk is full: delete recordings, or choose another disk with --data',
  'record.noPermission':
    '{{begun...}}the recordings folder cannot be written to: change its permissions, or choose another one with --data',
  'record.running': 'already recording {{file...}}: send end_record first',
  'record.starting': 'a recording is already being started',
  'record.none': 'nothing is being recorded: send start_record first',
  'record.noMore': 'nothing is being recorded any more: {{why...}}',
  'record.tooSoon': 'the recording was ended before its first picture came: there is nothing to keep',
  'record.noPicture': 'not recorded: the session has no picture yet; start again once its viewer is connected',
  'record.nowhere': 'this server keeps no recordings',
  'record.slowDisk': 'the disk is too slow to record on; choose another one with --data',
  'record.removed': '{{file...}} was removed while it was written; do not tidy up there',
  'record.longest': 'the longest recording is {{minutes}} minutes (--record_max_minutes)',
  'export.noFfmpeg':
    'exports need ffmpeg and there is none on this machine: run npm run fetch-ffmpeg, or install it (apt install ffmpeg, brew install ffmpeg, winget install ffmpeg), or name one with --ffmpeg_path',

  // Imports of avatars and weights.
  'import.noRoom':
    'there is no room for it: it takes {{needed}} MB, {{free}} MB are free and {{keep}} MB stay so. Delete something, or choose another disk with --data.',
  'import.full': 'the disk is full: delete something, or choose another disk with --data',
  'import.noPermission': "Herald's data folder cannot be written to: change its permissions",
  'import.noAvatar':
    'no LiveTalking avatar was found in it: that is a folder with full_imgs, face_imgs and coords.pkl (LiveTalking keeps them in data/avatars)',
  'import.twoAvatars':
    'there are two avatars in it, in {{one...}} and in {{other...}}: bring them in one after another',
  'import.brokenAvatar': '{{file...}} {{what...}}. Copy it again, or generate the avatar again in LiveTalking.',
  'import.notWeights': '{{file...}} is no file of weights: they end in {{endings...}}',
  'import.tooMany': '{{count}} imports are being worked on: wait until one of them is done',
  'import.slowGraph':
    'its fast graph differs from the whole one by {{difference}}, more than {{tolerance}}: the whole one is used, which takes more of the CPU',
  'weights.empty': '{{file...}} is empty. Copy or download it again.',
  'weights.pointer': '{{file...}} is only a Git LFS pointer. Fetch the file itself with git lfs pull.',
  'weights.webPage': '{{file...}} is a web page, not weights. Download the file itself.',
  'weights.cut': '{{file...}} ends in the middle: it is cut off. Copy or download it again.',
  'weights.notTorch': '{{file...}} is no PyTorch checkpoint: it starts like neither kind of .pth file.',
  'weights.syncNet':
    '{{file...}} is the SyncNet that judges lips, not the network that draws them: choose wav2lip.pth.',

  // Clips that are made, but not quite as they were meant.
  'clip.breaksOff': '{{file...}} breaks off; what is there is spoken',
  'clip.otherVoice': '{{voice}} speaks instead: {{why...}}',
  'clip.noMatte': 'performance {{audiotype}} ({{name...}}) has no matte: it is shown before its own background',

  // Sessions.
  'session.full': 'max session reached ({{places}})',
  'session.serverEnds': 'the server is ending and takes no new sessions: try again',
  'session.gone': 'Session not found: {{id}}. Use the sessionid that /offer answered with',
  'session.noText': 'text is empty: there is nothing to speak',

  // A setting's value; `notes` are its unit and default.
  'setting.number': 'must be a number{{notes...}}',
  'setting.whole': 'must be a whole number{{notes...}}',
  'setting.flag': 'must be true or false{{notes...}}',
  'setting.atMost': 'must be at most {{most}}{{notes...}}',
  'setting.atMostLong': 'must be at most {{most}} characters{{notes...}}',
  'setting.atLeast': 'must be at least {{least}}{{notes...}}',
  'setting.empty': 'must not be empty{{notes...}}',
  'setting.oneOf': 'must be one of {{choices...}}',
  'setting.plain':
    '{{name}} stands in settings.json in plain text, readable by this user only: this system offers no safe storage for it',

  // Why lips are made by one thing and not by another.
  'mouth.everywhere': 'it runs everywhere',
  'mouth.works': 'it works',
  'mouth.asked': '--provider {{provider}} was asked for',
  'mouth.slower': 'slower than {{provider}}',
  'mouth.notBuilt': 'not in this build of ONNX Runtime',
  'mouth.fatal': 'it ended the inference process ({{why...}})',
  'mouth.cpuDoes': 'not tried: the CPU needs only {{ms}} ms a picture',
  'mouth.onRequest': 'not tried: ask for it with --provider {{provider}}',
  'mouth.madeReady': 'it is being made ready',
  'mouth.noFaceGraph': 'the model came as ONNX, with no separate face graph',
  'mouth.fastDiffers': 'its fast graphs differ too much from the whole one ({{difference}}, allowed {{tolerance}})',

  // How the server is.
  'health.mouthReplaced': 'mouth: its process died and is being replaced; lips rest meanwhile',
  'health.mouthRests': 'mouth: lips rest. {{why...}}',
  'health.modelLoads': 'mouth: {{model}} is not in use yet: it is being made ready',
  'health.modelUnusable': 'mouth: {{model}} cannot be used: {{why...}}',
  'health.voice': 'voice {{engine}}: {{why...}}',
  'health.disk': 'disk: {{free}} MB free, recordings need {{needed}} (--record_min_free_mb)',
  'health.late': 'event loop: {{late}} ms late (p99), so pictures are too: fewer sessions, or a faster machine',
  'health.ending': 'the server is ending: no new sessions',
} as const;

export type SentenceKey = keyof typeof SENTENCES;

type Placeholders<S extends string> = S extends `${string}{{${infer Name}}}${infer Rest}`
  ? (Name extends `${infer Bare}...` ? Bare : Name) | Placeholders<Rest>
  : never;
type Values<K extends SentenceKey> = Record<Placeholders<(typeof SENTENCES)[K]>, string | number>;
type Given<K extends SentenceKey> = keyof Values<K> extends never ? [] : [values: Values<K>];

/** The English sentence. */
export function say<K extends SentenceKey>(key: K, ...[values]: Given<K>): string {
  return SENTENCES[key].replace(PLACEHOLDER, (_, name: string) => String((values as Record<string, unknown>)[name]));
}

const PLACEHOLDER = /\{\{(\w+)(?:\.\.\.)?\}\}/g;

/** A sentence of `SENTENCES`, and what fills it. */
export const told = z
  .object({ key: z.string(), values: z.record(z.string(), z.string()).optional() })
  .describe('The same by key, for clients that say it in another language; absent where there is none');
export type Told = z.infer<typeof told>;

const PATTERNS = (Object.entries(SENTENCES) as [SentenceKey, string][])
  .map(([key, english]) => ({ key, pattern: patternOf(english), literal: english.replace(PLACEHOLDER, '').length }))
  // Of two that fit, the one that says more by itself.
  .sort((a, b) => b.literal - a.literal);

function patternOf(english: string): RegExp {
  const parts = english.split(/(\{\{\w+(?:\.\.\.)?\}\})/).map((part) => {
    const [, name, any] = /^\{\{(\w+)(\.\.\.)?\}\}$/.exec(part) ?? [];
    return name === undefined ? part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&') : `(?<${name}>${any ? '[^]*?' : '\\S+?'})`;
  });
  return new RegExp(`^${parts.join('')}$`);
}

/**
 * Which sentence this is. Looked up where messages leave the server: on the way there they are errors that pass through child
 * processes, job queues and other errors, all of which keep the text. Undefined for what has no key.
 */
export function toldOf(english: string): Told | undefined {
  for (const { key, pattern } of PATTERNS) {
    const found = pattern.exec(english);
    if (found) return { key, ...(found.groups && { values: { ...found.groups } }) };
  }
  return undefined;
}

/** Of each in a list, in its order; null for what has no key. */
export const toldOfAll = (english: readonly string[]): (Told | null)[] => english.map((one) => toldOf(one) ?? null);

/** `{ told }`, to be spread beside the English; nothing where it has no key. */
export function alsoTold(english: string | undefined): { told?: Told } {
  const found = english === undefined ? undefined : toldOf(english);
  return found ? { told: found } : {};
}
