// node --import tsx bench/parts/whep-viewers.ts ENDPOINT COUNT: so many werift viewers by WHEP, in a process of their own. Prints
// "watching" once all have pictures, then on every line of standard input what they have received; ends with its input.
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { RtpViewer } from '../../testing/viewer';

const [endpoint = '', count = '1'] = process.argv.slice(2);
const viewers: RtpViewer[] = [];

for (let i = 0; i < Number(count); i++) {
  const { viewer, sdp } = await RtpViewer.offer();
  const reply = await fetch(endpoint, { method: 'POST', headers: { 'content-type': 'application/sdp' }, body: sdp });
  const answer = await reply.text();
  if (reply.status !== 201) throw new Error(`${reply.status} ${answer}`);
  await viewer.accept(answer);
  viewers.push(viewer);
}
while (viewers.some(({ video }) => video.packets.length === 0)) await sleep(50);
console.log('watching');

for await (const _ of createInterface({ input: process.stdin })) {
  // Pictures end with a marker; what was counted is let go, so that the process stays small.
  const pictures = viewers.map(({ video, audio }) => {
    audio.packets.length = 0;
    return video.packets.splice(0).filter(({ marker }) => marker).length;
  });
  console.log(JSON.stringify({ fewest: Math.min(...pictures), most: Math.max(...pictures) }));
}
await Promise.all(viewers.map((viewer) => viewer.close()));
process.exit(0);
