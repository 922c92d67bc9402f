import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RTCPeerConnection, RTCRtpCodecParameters, useNACK, useOPUS, usePLI } from 'werift';

export interface ReceivedPacket {
  sequenceNumber: number;
  timestamp: number;
  payload: Buffer;
}

/** One stream that somebody published. */
export interface Publication {
  /** Of the HTTP session, from 1. */
  id: number;
  offer: string;
  video: ReceivedPacket[];
  audio: ReceivedPacket[];
  /** SSRC of the video, for feedback. */
  deleted: boolean;
  pc: RTCPeerConnection;
}

export interface SeenRequest {
  method: string;
  path: string;
  authorization: string | undefined;
  contentType: string | undefined;
  body: string;
}

export interface WhipServerOptions {
  /** Anything else is refused with 401. */
  token?: string;
  codec?: 'H264' | 'VP8';
  /** `Link` headers of the 201. */
  links?: string[];
  /** `Location` of the 201; `{id}` is filled in. */
  location?: string;
  /** Answers a request in its own way; true when it did. */
  intercept?: (seen: SeenRequest, response: ServerResponse) => boolean;
  /** The answer's SDP as it is sent. */
  rewrite?: (sdp: string) => string;
  port?: number;
}

/**
 * A WHIP server (RFC 9725) for tests: werift takes the stream, and every packet and request can be looked at. A path that ends in
 * /rtc/v1/publish/ speaks SRS's JSON.
 */
export class WhipServer {
  readonly publications: Publication[] = [];
  readonly requests: SeenRequest[] = [];
  private readonly http: Server;

  private constructor(readonly options: WhipServerOptions) {
    this.http = createServer((request, response) => {
      this.serve(request, response).catch((error: unknown) => {
        response.writeHead(500, { 'content-type': 'text/plain' }).end(String(error));
      });
    });
  }

  static async start(options: WhipServerOptions = {}): Promise<WhipServer> {
    const server = new WhipServer(options);
    await new Promise<void>((resolve, reject) => {
      server.http.once('error', reject);
      server.http.listen(options.port ?? 0, '127.0.0.1', resolve);
    });
    return server;
  }

  get port(): number {
    return (this.http.address() as AddressInfo).port;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get last(): Publication | undefined {
    return this.publications.at(-1);
  }

  /** Asks the publisher of the last stream for a keyframe (PLI). */
  async requestKeyframe(): Promise<void> {
    const receiver = this.last!.pc.getReceivers().find((one) => one.kind === 'video')!;
    await receiver.sendRtcpPLI(receiver.tracks[0]!.ssrc!);
  }

  async close(): Promise<void> {
    await Promise.all(this.publications.map(({ pc }) => pc.close()));
    this.http.closeAllConnections();
    await new Promise((resolve) => this.http.close(resolve));
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const seen: SeenRequest = {
      method: request.method ?? '',
      path: request.url ?? '',
      authorization: request.headers.authorization,
      contentType: request.headers['content-type'],
      body: Buffer.concat(chunks).toString('utf8'),
    };
    this.requests.push(seen);
    const { token, intercept } = this.options;
    if (intercept?.(seen, response)) return;
    if (token !== undefined && seen.authorization !== `Bearer ${token}`) {
      response.writeHead(401, { 'content-type': 'application/problem+json', 'www-authenticate': 'Bearer' });
      response.end(JSON.stringify({ detail: 'no such token' }));
      return;
    }
    if (seen.method === 'DELETE') return void this.remove(seen, response);
    if (seen.method !== 'POST') return void response.writeHead(405).end();
    if (/\/rtc\/v1\/publish\/?$/.test(seen.path.split('?')[0]!)) return this.publishToSrs(seen, response);
    if (seen.contentType !== 'application/sdp') return void response.writeHead(415).end();
    const { id, answer } = await this.take(seen.body);
    response.writeHead(201, {
      'content-type': 'application/sdp',
      location: (this.options.location ?? '/resource/{id}').replace('{id}', String(id)),
      ...(this.options.links && { link: this.options.links }),
    });
    response.end(answer);
  }

  private async publishToSrs(seen: SeenRequest, response: ServerResponse): Promise<void> {
    const { streamurl, sdp, api } = JSON.parse(seen.body) as { streamurl?: string; sdp?: string; api?: string };
    response.writeHead(200, { 'content-type': 'application/json' });
    if (!sdp || !api || !streamurl?.startsWith('webrtc://')) return void response.end(JSON.stringify({ code: 400 }));
    const { id, answer } = await this.take(sdp);
    response.end(JSON.stringify({ code: 0, server: 'vid-test', sdp: answer, sessionid: `s${id}` }));
  }

  private async take(offer: string): Promise<{ id: number; answer: string }> {
    const pc = new RTCPeerConnection({
      codecs: {
        audio: [useOPUS()],
        video: [
          new RTCRtpCodecParameters({
            mimeType: `video/${this.options.codec ?? 'H264'}`,
            clockRate: 90_000,
            rtcpFeedback: [useNACK(), usePLI()],
          }),
          new RTCRtpCodecParameters({ mimeType: 'video/rtx', clockRate: 90_000 }),
        ],
      },
      iceServers: [],
      iceUseIpv6: false,
      iceAdditionalHostAddresses: ['127.0.0.1'],
      bundlePolicy: 'max-bundle',
    });
    const publication: Publication = {
      id: this.publications.length + 1,
      offer,
      video: [],
      audio: [],
      deleted: false,
      pc,
    };
    this.publications.push(publication);
    pc.onTrack.subscribe((track) => {
      const packets = track.kind === 'video' ? publication.video : publication.audio;
      track.onReceiveRtp.subscribe(({ header, payload }) => {
        packets.push({ sequenceNumber: header.sequenceNumber, timestamp: header.timestamp, payload });
      });
    });
    await pc.setRemoteDescription({ type: 'offer', sdp: offer });
    for (const transceiver of pc.getTransceivers()) transceiver.setDirection('recvonly');
    await pc.setLocalDescription(await pc.createAnswer());
    const { sdp } = pc.localDescription!;
    return { id: publication.id, answer: this.options.rewrite?.(sdp) ?? sdp };
  }

  private remove(seen: SeenRequest, response: ServerResponse): void {
    const id = Number(/(\d+)$/.exec(seen.path)?.[1]);
    const publication = this.publications.find((one) => one.id === id);
    if (publication) publication.deleted = true;
    response.writeHead(publication ? 200 : 404).end();
  }
}
