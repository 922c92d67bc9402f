import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** What Janus received of a stream and forwarded as plain RTP. */
export interface Arrived {
  pictures: number;
  sounds: number;
  firstNal: number | undefined;
  /** RTP timestamp steps between pictures, and how often each was seen. */
  steps: Map<number, number>;
}

interface Stream {
  session: number;
  handle: number;
}

interface JanusReply {
  janus: string;
  data?: { id: number };
  jsep?: { sdp: string };
  plugindata?: { data: { id?: number; error?: string } };
}

const PROGRAM = '/usr/bin/janus';
/** Its plugins lie in the folder of the machine's architecture. */
const HOME = readdirSync('/usr/lib')
  .map((name) => join('/usr/lib', name, 'janus'))
  .find((folder) => existsSync(join(folder, 'plugins')));
const ROOM = 1234;
const MARKER = 0x80;
const UNUSED_PLUGINS =
  'audiobridge duktape echotest lua nosip recordplay sip streaming textroom videocall voicemail'.split(' ');
const UNUSED_TRANSPORTS = ['mqtt', 'nanomsg', 'pfunix', 'rabbitmq', 'websockets'];

/**
 * Janus (Debian's package) as a WHIP server: its VideoRoom takes the stream, and a small front of ours translates WHIP to its HTTP
 * API, as its authors' own bridge does.
 */
export class JanusWhip {
  readonly requests: string[] = [];
  readonly arrived: Arrived = { pictures: 0, sounds: 0, firstNal: undefined, steps: new Map() };
  private readonly streams = new Map<string, Stream>();
  private readonly front: Server;
  private janus: ChildProcess | undefined;
  private lastTimestamp: number | undefined;
  private readonly video: Socket = createSocket('udp4', (packet) => this.picture(packet));
  private readonly audio: Socket = createSocket('udp4', () => this.arrived.sounds++);
  private closed = false;

  private constructor(
    private readonly dir: string,
    private readonly token: string,
    private readonly janusPort: number,
  ) {
    this.front = createServer((request, response) => {
      this.serve(request, response).catch((error: unknown) => {
        if (!response.headersSent) response.writeHead(503, { 'content-type': 'text/plain' });
        response.end(String(error));
      });
    });
  }

  /** Why there can be none here, or undefined. */
  static missing(): string | undefined {
    if (existsSync(PROGRAM) && HOME) return undefined;
    return 'Janus is not installed (Debian: apt-get install janus)';
  }

  /** @param janusPort of its own HTTP API, on loopback */
  static async start(dir: string, { token, janusPort }: { token: string; janusPort: number }): Promise<JanusWhip> {
    const server = new JanusWhip(dir, token, janusPort);
    server.configure();
    await Promise.all(
      [server.video, server.audio].map((socket) => new Promise<void>((done) => socket.bind(0, '127.0.0.1', done))),
    );
    await new Promise<void>((done) => server.front.listen(0, '127.0.0.1', done));
    await server.startJanus();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.front.address() as AddressInfo).port}/whip/endpoint`;
  }

  async startJanus(): Promise<void> {
    this.janus = spawn(PROGRAM, ['-F', this.dir, '-C', join(this.dir, 'janus.jcfg')], { stdio: 'ignore' });
    for (let i = 0; i < 200; i++, await sleep(50)) {
      if (
        await fetch(`${this.api}/info`).then(
          (reply) => reply.ok,
          () => false,
        )
      )
        return;
    }
    throw new Error('Janus did not start within 10 s');
  }

  /** As a crash does: nobody is told. */
  async kill(): Promise<void> {
    const { janus } = this;
    if (!janus || janus.exitCode !== null) return;
    const exited = new Promise((done) => janus.once('exit', done));
    janus.kill('SIGKILL');
    await exited;
    this.streams.clear();
  }

  forget(): void {
    Object.assign(this.arrived, { pictures: 0, sounds: 0, firstNal: undefined, steps: new Map() });
    this.lastTimestamp = undefined;
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.kill();
    this.front.closeAllConnections();
    await new Promise((done) => this.front.close(done));
    this.video.close();
    this.audio.close();
  }

  private get api(): string {
    return `http://127.0.0.1:${this.janusPort}/janus`;
  }

  private configure(): void {
    const list = (names: string[]) => names.map((name) => `libjanus_${name}.so`).join(',');
    const write = (name: string, text: string) => writeFileSync(join(this.dir, `${name}.jcfg`), text);
    write(
      'janus',
      `general: { configs_folder = "${this.dir}"; plugins_folder = "${HOME}/plugins"; transports_folder = "${HOME}/transports"; events_folder = "${this.dir}/none"; loggers_folder = "${this.dir}/none" }
nat: { ice_lite = true }
plugins: { disable = "${list(UNUSED_PLUGINS)}" }
transports: { disable = "${list(UNUSED_TRANSPORTS)}" }
`,
    );
    const http = `http = true; ip = "127.0.0.1"; port = ${this.janusPort}; https = false`;
    write(
      'janus.transport.http',
      `general: { json = "compact"; base_path = "/janus"; ${http} }\nadmin: { admin_http = false }\n`,
    );
    const room = 'publishers = 4; bitrate = 4000000; videocodec = "h264"; audiocodec = "opus"';
    write('janus.plugin.videoroom', `general: {}\nroom-${ROOM}: { description = "WHIP"; ${room} }\n`);
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let offer = '';
    for await (const chunk of request) offer += chunk;
    this.requests.push(`${request.method} ${request.url}`);
    if (request.headers.authorization !== `Bearer ${this.token}`) return void response.writeHead(403).end();
    if (request.method === 'DELETE') {
      const id = request.url?.split('/').pop() ?? '';
      const stream = this.streams.get(id);
      this.streams.delete(id);
      if (stream) await this.call(`/${stream.session}`, { janus: 'destroy' });
      return void response.writeHead(stream ? 200 : 404).end();
    }
    if (request.method !== 'POST') return void response.writeHead(405).end();
    const { id, answer } = await this.publish(offer);
    response.writeHead(201, { 'content-type': 'application/sdp', location: `/whip/resource/${id}` }).end(answer);
  }

  private async publish(offer: string): Promise<{ id: string; answer: string }> {
    const session = (await this.call('', { janus: 'create' })).data!.id;
    const handle = (await this.call(`/${session}`, { janus: 'attach', plugin: 'janus.plugin.videoroom' })).data!.id;
    const body = { request: 'joinandconfigure', room: ROOM, ptype: 'publisher', display: 'herald' };
    await this.call(`/${session}/${handle}`, { janus: 'message', body, jsep: { type: 'offer', sdp: offer } });
    let publisher: number | undefined;
    let answer: string | undefined;
    while (answer === undefined) {
      const event = (await (await fetch(`${this.api}/${session}?maxev=1`)).json()) as JanusReply;
      const { error, id } = event.plugindata?.data ?? {};
      if (error ?? event.janus === 'error') throw new Error(`Janus: ${error ?? 'the session ended'}`);
      publisher ??= id;
      answer = event.jsep?.sdp;
    }
    const ports = {
      audio_port: (this.audio.address() as AddressInfo).port,
      video_port: (this.video.address() as AddressInfo).port,
    };
    const forward = { request: 'rtp_forward', room: ROOM, publisher_id: publisher, host: '127.0.0.1', ...ports };
    await this.call(`/${session}/${handle}`, { janus: 'message', body: forward });
    const id = randomUUID();
    this.streams.set(id, { session, handle });
    void this.keepAlive(id, session);
    return { id, answer };
  }

  /** A session that nobody polls is ended after a minute. */
  private async keepAlive(id: string, session: number): Promise<void> {
    while (!this.closed && this.streams.has(id)) {
      await fetch(`${this.api}/${session}?maxev=5`).catch(() => sleep(200));
    }
  }

  private async call(path: string, body: object): Promise<JanusReply> {
    const reply = await fetch(`${this.api}${path}`, {
      method: 'POST',
      body: JSON.stringify({ transaction: randomUUID(), ...body }),
    });
    return (await reply.json()) as JanusReply;
  }

  private picture(packet: Buffer): void {
    this.arrived.firstNal ??= packet[12]! & 0x1f;
    if ((packet[1]! & MARKER) === 0) return;
    this.arrived.pictures++;
    const timestamp = packet.readUInt32BE(4);
    if (this.lastTimestamp !== undefined) {
      const step = (timestamp - this.lastTimestamp) >>> 0;
      this.arrived.steps.set(step, (this.arrived.steps.get(step) ?? 0) + 1);
    }
    this.lastTimestamp = timestamp;
  }
}
