import type { Target, Task } from './snippets';

type Writers = Partial<Record<Task, (target: Target) => string>>;

const TOKEN = `const token = 'YOUR-TOKEN';\n`;
const token = (target: Target): string => (target.token ? TOKEN : '');
const authorization = (target: Target): string => (target.token ? ", Authorization: 'Bearer ' + token" : '');

const stringOf = (value: string | number | boolean): string =>
  typeof value === 'string' ? `'${value.replaceAll("'", "\\'")}'` : String(value);

const json = (target: Target, path: string, body: Record<string, string | number | boolean>): string => {
  const fields = Object.entries(body).map(([key, value]) => `${key}: ${stringOf(value)}`);
  return `${token(target)}const reply = await fetch('${target.origin}${path}', {
  method: 'POST',
  headers: { 'Content-Type': 'application/json'${authorization(target)} },
  body: JSON.stringify({ ${fields.join(', ')} }),
});
console.log(await reply.json());`;
};

/** For pages, and where nothing of a page is used, for Node and others. */
export const javascript: Writers = {
  talk: (target) => json(target, '/human', { sessionid: target.sessionId, type: 'echo', text: 'Hello, here I am.' }),
  chat: (target) => json(target, '/human', { sessionid: target.sessionId, type: 'chat', text: 'Who are you?' }),
  interrupt: (target) => json(target, '/interrupt_talk', { sessionid: target.sessionId }),
  audio: (target) => `${token(target)}const sound = await (await fetch('speech.wav')).blob();
const form = new FormData();
form.append('sessionid', '${target.sessionId}');
form.append('file', sound, 'speech.wav');
const reply = await fetch('${target.origin}/humanaudio', {
  method: 'POST',${target.token ? "\n  headers: { Authorization: 'Bearer ' + token }," : ''}
  body: form,
});
console.log(await reply.json());`,
  // Headers cannot be set on an EventSource: there the token is in the address.
  events: (target) => {
    const url = `'${target.origin}/sse?sessionid=${target.sessionId}${target.token ? "&token=' + token" : "'"}`;
    return `${token(target)}const events = new EventSource(${url});
events.onmessage = ({ data }) => console.log(JSON.parse(data));`;
  },
  watch: (target) => `${token(target)}const video = document.querySelector('video');
const pc = new RTCPeerConnection();
pc.addTransceiver('video', { direction: 'recvonly' });
pc.addTransceiver('audio', { direction: 'recvonly' });
const stream = new MediaStream();
pc.ontrack = ({ track }) => {
  stream.addTrack(track);
  video.srcObject = stream;
};
await pc.setLocalDescription();
// The offer is sent once, with all its candidates.
while (pc.iceGatheringState !== 'complete') {
  await new Promise((next) => pc.addEventListener('icegatheringstatechange', next, { once: true }));
}
const reply = await fetch('${target.origin}/whep/${target.sessionId}', {
  method: 'POST',
  headers: { 'Content-Type': 'application/sdp'${authorization(target)} },
  body: pc.localDescription.sdp,
});
await pc.setRemoteDescription({ type: 'answer', sdp: await reply.text() });
await video.play();`,
};
