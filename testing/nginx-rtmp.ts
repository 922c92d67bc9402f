import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const PROGRAMS = ['/usr/sbin/nginx', '/usr/local/sbin/nginx', '/usr/bin/nginx'];
const MODULES = ['/usr/lib/nginx/modules/ngx_rtmp_module.so', '/usr/lib64/nginx/modules/ngx_rtmp_module.so'];

/** nginx with its RTMP module (Debian: nginx, libnginx-mod-rtmp) on a port of this machine, in one process that can be killed. */
export class NginxRtmp {
  private child: ChildProcess | undefined;

  private constructor(
    private readonly program: string,
    private readonly config: string,
    private readonly dir: string,
    private readonly port: number,
  ) {}

  /** Why there can be none here, or undefined. */
  static missing(): string | undefined {
    if (PROGRAMS.some(existsSync) && MODULES.some(existsSync)) return undefined;
    return 'nginx and its RTMP module are not installed (Debian: apt-get install nginx libnginx-mod-rtmp)';
  }

  /** @param dir for its configuration and logs */
  static create(dir: string, port: number): NginxRtmp {
    const config = join(dir, 'nginx.conf');
    const lines = [
      `load_module ${MODULES.find(existsSync)};`,
      `daemon off; master_process off; pid ${join(dir, 'nginx.pid')}; error_log ${join(dir, 'nginx.log')} warn;`,
      'events { worker_connections 64; }',
      `rtmp { server { listen 127.0.0.1:${port}; application live { live on; } } }`,
    ];
    writeFileSync(config, lines.join('\n'));
    return new NginxRtmp(PROGRAMS.find(existsSync)!, config, dir, port);
  }

  url(key: string): string {
    return `rtmp://127.0.0.1:${this.port}/live/${key}`;
  }

  /** Resolves once it listens. */
  async start(): Promise<void> {
    this.child = spawn(this.program, ['-c', this.config, '-p', this.dir], { stdio: 'ignore' });
    for (let i = 0; i < 100; i++, await sleep(50)) if (await this.listens()) return;
    throw new Error(`nginx does not listen on port ${this.port}; see ${join(this.dir, 'nginx.log')}`);
  }

  async kill(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (!child || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }

  private listens(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = createConnection(this.port, '127.0.0.1');
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
  }
}
