import { connect } from 'node:net';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { app, form, ID, logged, servedAnew, sessions } from '../../../../testing/http-app';

servedAnew();

describe('over a socket', () => {
  let url: string;
  beforeEach(async () => {
    url = await app.listen({ port: 0, host: '127.0.0.1' });
  });

  const eventually = (check: () => void) => vi.waitFor(check, { timeout: 5_000 });

  async function openEvents(id = ID) {
    const controller = new AbortController();
    const response = await fetch(`${url}/sse?sessionid=${id}`, { signal: controller.signal });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    return { response, reader, abort: () => controller.abort() };
  }

  it('streams events, ends with the session and unsubscribes', async () => {
    const session = sessions.add(ID);
    const { response, reader } = await openEvents();
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    await eventually(() => expect(session.listeners.size).toBe(1));
    session.emit({ status: 'start', text: '你好', turn: 1 });
    session.emit({ status: 'closed', reason: 'test' });
    let text = '';
    for (let part = await reader.read(); !part.done; part = await reader.read()) text += part.value;
    expect(text).toContain('data: {"status":"start","text":"你好","turn":1}\n\n');
    expect(text).toContain('data: {"status":"closed","reason":"test"}\n\n');
    expect(session.listeners.size).toBe(0);
  });

  it('unsubscribes a client that leaves', async () => {
    const session = sessions.add(ID);
    const { abort } = await openEvents();
    await eventually(() => expect(session.listeners.size).toBe(1));
    abort();
    await eventually(() => expect(session.listeners.size).toBe(0));
  });

  it('drops a client that does not read', async () => {
    const session = sessions.add(ID);
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.pause();
    socket.on('error', () => {});
    socket.write(`GET /sse?sessionid=${ID} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    await eventually(() => expect(session.listeners.size).toBe(1));
    // Enough to fill the kernel's buffers as well.
    for (let i = 0; i < 400 && session.listeners.size > 0; i++) {
      session.emit({ status: 'start', text: 'x'.repeat(64 * 1024), turn: i });
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(session.listeners.size).toBe(0);
    expect(logged).toContain('dropped an /sse client');
    socket.destroy();
  });

  it('ends event streams when the server closes', async () => {
    const session = sessions.add(ID);
    const { reader } = await openEvents();
    await eventually(() => expect(session.listeners.size).toBe(1));
    const startedMs = performance.now();
    await Promise.all([
      app.close(),
      reader.closed.catch(() => {}),
      (async () => {
        while (!(await reader.read()).done);
      })().catch(() => {}),
    ]);
    expect(performance.now() - startedMs).toBeLessThan(1_900);
    expect(session.listeners.size).toBe(0);
  });

  it('aborts offers and audio of clients that leave', async () => {
    const signals: AbortSignal[] = [];
    sessions.offerWith = ({ signal }) => {
      signals.push(signal);
      return new Promise(() => {});
    };
    sessions.add(ID).playAudioWith = (_bytes, signal) => {
      signals.push(signal);
      return new Promise(() => {});
    };
    const controller = new AbortController();
    const offer = fetch(`${url}/offer`, {
      method: 'POST',
      body: JSON.stringify({ sdp: 'v=0', type: 'offer' }),
      signal: controller.signal,
    });
    const { body, type } = form(
      { name: 'sessionid', value: String(ID) },
      { name: 'file', value: 'x', fileName: 'a.wav' },
    );
    const audio = fetch(`${url}/humanaudio`, {
      method: 'POST',
      body: new Uint8Array(body),
      headers: { 'content-type': type },
      signal: controller.signal,
    });
    await eventually(() => expect(signals).toHaveLength(2));
    expect(signals.every((signal) => !signal.aborted)).toBe(true);
    controller.abort();
    await expect(offer).rejects.toThrow();
    await expect(audio).rejects.toThrow();
    await eventually(() => expect(signals.every((signal) => signal.aborted)).toBe(true));
  });

  it('does not abort what was answered', async () => {
    let kept: AbortSignal | undefined;
    sessions.offerWith = async ({ signal }) => {
      kept = signal;
      return { sdp: 'v=0 answer', sessionId: ID };
    };
    const reply = await fetch(`${url}/offer`, { method: 'POST', body: JSON.stringify({ sdp: 'v=0', type: 'offer' }) });
    expect(await reply.json()).toMatchObject({ sessionid: ID });
    await app.close();
    expect(kept!.aborted).toBe(false);
  });

  it('answers 413 to clients that send everything first', async () => {
    const reply = await fetch(`${url}/offer`, {
      method: 'POST',
      body: JSON.stringify({ sdp: 'x'.repeat(8_000_000), type: 'offer' }),
    });
    expect([reply.status, await reply.json()]).toMatchObject([413, { code: -1 }]);
  });

  it('answers what is not HTTP in JSON', async () => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    let answer = '';
    socket.on('data', (data) => (answer += data));
    socket.write('HELLO\r\n\r\n');
    await new Promise((resolve) => socket.on('close', resolve));
    expect(answer).toMatch(/^HTTP\/1\.1 400 .*\{"code":-1,"msg":".*"\}$/s);
  });
});
