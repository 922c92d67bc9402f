import { CsvError } from '../../shared/csv';
import { connection } from '../rtc/connection';
import { ApiError, request } from '../rtc/http';
import { interrupt, onInterrupt, setMode } from './actions';
import { addLine, lineAccepted, lineFailed } from './lines';
import { usePreferences } from './preferences';
import { dismissNotice, takeImport, tellScript, useScript } from './script';
import { decodeText, exportText, importScript, NoTextColumnError } from './script-files';
import { MAX_SCRIPT_LINES, type ScriptLine } from './script-lines';
import { type Effect, type Input, isRunning, type RunLine, step } from './script-run';
import { apply, nextId, useStudio } from './studio';
import { speechWish } from './voices';
import { hasMoreToSay } from './words';

/** Connects the machine that speaks a script (script-run.ts) with the server, and the script with files. */

/** How often the server is asked whether it still speaks: an event that was lost on the way must not hold a script up. */
const ASK_MS = 1_000;
/** Larger than any script; what is larger was picked by mistake. */
const MAX_FILE_BYTES = 8_000_000;

const runLine = ({ id, text, pauseMs, audiotype }: ScriptLine): RunLine => ({
  id,
  pauseMs,
  changesMode: audiotype !== undefined,
  speakable: hasMoreToSay(text, 0),
});

function send(input: Input): void {
  const { run, lines } = useScript.getState();
  const next = step(run, input, lines.map(runLine));
  if (next.run !== run) useScript.setState({ run: next.run });
  for (const effect of next.effects) perform(effect);
  watch();
}

function perform(effect: Effect): void {
  switch (effect.type) {
    case 'say':
      say(effect);
      break;
    case 'interrupt':
      silence();
      break;
    case 'wait':
      setTimeout(() => send({ type: 'waited', ticket: effect.ticket }), effect.durationMs);
  }
}

/** Requests go out one after the other, so that lines reach the server in their order. */
let queue: Promise<unknown> = Promise.resolve();
let onTheirWay = 0;

function say({ ticket, lineId, interrupt: cutsOff }: Extract<Effect, { type: 'say' }>): void {
  onTheirWay++;
  queue = queue
    .then(() => ask(ticket, lineId, cutsOff))
    .finally(() => {
      onTheirWay--;
    });
}

/** Silent at once, and once more where a line was on its way when it was said. */
function silence(): void {
  void interrupt();
  if (onTheirWay > 0) queue = queue.then(() => interrupt());
}

async function ask(ticket: number, lineId: number, cutsOff: boolean): Promise<void> {
  const { run, lines } = useScript.getState();
  // Stopped while it waited for its turn.
  if (!run.asked.some((asked) => asked.ticket === ticket)) return;
  const line = lines.find(({ id }) => id === lineId);
  const sessionid = useStudio.getState().connection.sessionId;
  if (!line || sessionid === null) {
    send({ type: 'refused', ticket, detail: '' });
    return;
  }
  const { voice, speed } = usePreferences.getState();
  const wish = { ...speechWish(useStudio.getState().voices, voice, speed), ...(line.voice && { voice: line.voice }) };
  const said = nextId();
  try {
    if (line.audiotype !== undefined) await setMode(line.audiotype);
    apply(addLine, { id: said, kind: 'echo', text: line.text }, performance.now());
    const { turn } = await request<{ turn?: unknown }>('POST', '/human', {
      body: { sessionid, type: 'echo', text: line.text, interrupt: cutsOff, tts: wish },
    });
    const number = typeof turn === 'number' ? turn : null;
    apply(lineAccepted, said, number);
    send({ type: 'accepted', ticket, turn: number });
  } catch (error) {
    const detail = error instanceof ApiError ? error.message : String(error);
    apply(lineFailed, said, detail);
    send({ type: 'refused', ticket, detail });
  }
}

let asking: ReturnType<typeof setInterval> | undefined;

function watch(): void {
  const running = useScript.getState().run.asked.length > 0;
  if (running && asking === undefined) asking = setInterval(() => void askWhetherSilent(), ASK_MS);
  if (!running && asking !== undefined) {
    clearInterval(asking);
    asking = undefined;
  }
}

async function askWhetherSilent(): Promise<void> {
  const sessionid = useStudio.getState().connection.sessionId;
  const { asked, lastTicket } = useScript.getState().run;
  if (sessionid === null || asked.some(({ state }) => state === 'sending')) return;
  const reply = await request<{ data: unknown }>('POST', '/is_speaking', { body: { sessionid } }).catch(() => null);
  // What was asked for meanwhile is not what the answer is about.
  if (reply?.data === false && useScript.getState().run.lastTicket === lastTicket) send({ type: 'silent' });
}

connection.onSessionEvent((event) => send({ type: 'event', event }));
onInterrupt(() => {
  const { run } = useScript.getState();
  if (!isRunning(run)) return;
  // The server is being told already.
  useScript.setState({ run: step(run, { type: 'stop' }, []).run });
  if (onTheirWay > 0) queue = queue.then(() => interrupt());
  watch();
});
useStudio.subscribe(({ connection: now }, { connection: before }) => {
  if (before.phase === 'connected' && now.phase !== 'connected') send({ type: 'lost' });
});

function speak(lineId: number, goesOn: boolean): void {
  dismissNotice();
  send({ type: 'speak', lineId, goesOn });
}

export const speakLine = (lineId: number): void => speak(lineId, false);
export const speakFrom = (lineId: number): void => speak(lineId, true);
export function speakAll(): void {
  const first = useScript.getState().lines[0];
  if (first) speakFrom(first.id);
}
/** The line after the one where the script stands, at once; goes on from there where it was going on. */
export const nextLine = (): void => send({ type: 'next' });
export const repeatLine = (): void => send({ type: 'repeat' });
export const stopScript = (): void => send({ type: 'stop' });
/** All lines count as unsaid again. */
export const resetScript = (): void => send({ type: 'reset' });

/** Reads a text, subtitle or table file into the script. What stays out, and why, is said in the panel. */
export async function importFile(file: File): Promise<void> {
  if (file.size > MAX_FILE_BYTES) {
    tellScript('unreadable', { name: file.name });
    return;
  }
  try {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const text = decodeText(bytes, usePreferences.getState().language === 'zh');
    if (text.includes('\0')) tellScript('unreadable', { name: file.name });
    else takeImport(file.name, importScript(file.name, text, MAX_SCRIPT_LINES - useScript.getState().lines.length));
  } catch (error) {
    if (error instanceof NoTextColumnError) tellScript('noText', { name: file.name });
    else if (error instanceof CsvError) tellScript('quote', { name: file.name, line: error.line });
    else tellScript('unreadable', { name: file.name });
  }
}

/** The script as a text file, for other hands and for the clip maker. */
export function exportFile(fallbackName: string): void {
  const { title, lines } = useScript.getState();
  const url = URL.createObjectURL(new Blob([exportText(lines)], { type: 'text/plain;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `${(title || fallbackName).replace(/[\\/:*?"<>|]/g, '_')}.txt`;
  link.click();
  // The download has begun by the next task; the name is not needed any more.
  setTimeout(() => URL.revokeObjectURL(url), 0);
}
