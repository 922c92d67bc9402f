import type { Target, Task } from './snippets';

type Writers = Partial<Record<Task, (target: Target) => string>>;

/** The standard library is enough: nothing needs to be installed, apart from a WebRTC peer to watch. */
const imports = (target: Target, ...modules: string[]): string =>
  [...modules, ...(target.token ? ['os'] : [])]
    .sort()
    .map((name) => `import ${name}`)
    .join('\n');

const headers = (target: Target, type: string): string => {
  const token = target.token ? `, "Authorization": "Bearer " + os.environ["HERALD_TOKEN"]` : '';
  return `{"Content-Type": ${type}${token}}`;
};

const pythonOf = (value: string | number | boolean): string =>
  typeof value === 'boolean' ? (value ? 'True' : 'False') : JSON.stringify(value);

const json = (target: Target, path: string, body: Record<string, string | number | boolean>): string => {
  const fields = Object.entries(body).map(([key, value]) => `    "${key}": ${pythonOf(value)},`);
  return `${imports(target, 'json')}
from urllib.request import Request, urlopen

body = {
${fields.join('\n')}
}
request = Request(
    "${target.origin}${path}",
    data=json.dumps(body).encode(),
    headers=${headers(target, '"application/json"')},
)
print(json.load(urlopen(request)))`;
};

export const python: Writers = {
  talk: (target) => json(target, '/human', { sessionid: target.sessionId, type: 'echo', text: 'Hello, here I am.' }),
  chat: (target) => json(target, '/human', { sessionid: target.sessionId, type: 'chat', text: 'Who are you?' }),
  interrupt: (target) => json(target, '/interrupt_talk', { sessionid: target.sessionId }),
  audio: (target) => `${imports(target, 'json', 'uuid')}
from urllib.request import Request, urlopen

with open("speech.wav", "rb") as file:
    sound = file.read()
mark = uuid.uuid4().hex
form = (
    f'--{mark}\\r\\nContent-Disposition: form-data; name="sessionid"\\r\\n\\r\\n'
    f'${target.sessionId}\\r\\n'
    f'--{mark}\\r\\nContent-Disposition: form-data; name="file"; filename="speech.wav"\\r\\n\\r\\n'
).encode() + sound + f"\\r\\n--{mark}--\\r\\n".encode()
request = Request(
    "${target.origin}/humanaudio",
    data=form,
    headers=${headers(target, 'f"multipart/form-data; boundary={mark}"')},
)
print(json.load(urlopen(request)))`,
  events: (target) => `${imports(target, 'json')}
from urllib.request import Request, urlopen

request = Request(
    "${target.origin}/sse?sessionid=${target.sessionId}",
    headers=${headers(target, '"text/event-stream"').replace('Content-Type', 'Accept')},
)
for line in urlopen(request):
    if line.startswith(b"data:"):
        print(json.loads(line[5:]), flush=True)`,
  watch: (target) => `# pip install aiortc
${imports(target, 'asyncio')}
from urllib.request import Request, urlopen

from aiortc import RTCPeerConnection, RTCSessionDescription


async def watch():
    peer = RTCPeerConnection()
    peer.addTransceiver("video", direction="recvonly")
    peer.addTransceiver("audio", direction="recvonly")
    tracks = asyncio.Queue()
    peer.on("track", tracks.put_nowait)
    await peer.setLocalDescription(await peer.createOffer())
    request = Request(
        "${target.origin}/whep/${target.sessionId}",
        data=peer.localDescription.sdp.encode(),
        headers=${headers(target, '"application/sdp"')},
    )
    reply = await asyncio.to_thread(urlopen, request)
    answer = RTCSessionDescription(reply.read().decode(), "answer")
    await peer.setRemoteDescription(answer)
    while (track := await tracks.get()).kind != "video":
        pass
    picture = await track.recv()
    print(picture.width, picture.height)
    await peer.close()


asyncio.run(watch())`,
};
