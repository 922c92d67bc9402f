import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Answers as pactl does ("list short" is index, name, module, ..., tab-separated), and writes down what it was asked. */
const PACTL = `#!/bin/sh
cd "$(dirname "$0")/.."
echo "$*" >> calls
if [ -e refuses ]; then echo 'Connection failure: Connection refused' >&2; exit 1; fi
case "$1" in
  list) if [ -e "$3" ]; then cat "$3"; fi ;;
  load-module)
    case "$(cat knows-no 2>/dev/null)/$*" in ?*/*norewinds*) echo 'Failure: Module initialization failed' >&2; exit 1 ;; esac
    echo x >> loaded; echo $((535 + $(wc -l < loaded))) ;;
  unload-module) ;;
  *) exit 1 ;;
esac
`;

const PACAT = `#!/bin/sh
cd "$(dirname "$0")/.."
echo "pacat $*" >> calls
if [ -e unplugged ]; then echo 'Stream error: No such entity' >&2; exit 1; fi
echo 'Stream successfully created.' >&2
if [ -e stalls ]; then rm stalls; exec sleep 600; fi
exec cat > sound
`;

/** Stands in for PulseAudio's pactl and pacat while it runs: they come first on the PATH and record what they get. */
export class FakeSoundServer {
  private readonly dir = mkdtempSync(join(tmpdir(), 'herald sound '));
  private readonly path = process.env.PATH;

  constructor() {
    const bin = join(this.dir, 'bin');
    mkdirSync(bin);
    for (const [name, script] of Object.entries({ pactl: PACTL, pacat: PACAT })) {
      writeFileSync(join(bin, name), script);
      chmodSync(join(bin, name), 0o755);
    }
    process.env.PATH = `${bin}:${this.path}`;
  }

  /** A machine without these programs, or any others. */
  uninstall(): void {
    process.env.PATH = join(this.dir, 'nothing');
  }

  /** As if nothing listened at the server's socket. */
  refuse(): void {
    writeFileSync(join(this.dir, 'refuses'), '');
  }

  /** PulseAudio before 16. */
  beOld(): void {
    writeFileSync(join(this.dir, 'knows-no'), 'norewinds');
  }

  /** The next player takes nothing. */
  stallOnce(): void {
    writeFileSync(join(this.dir, 'stalls'), '');
  }

  /** There is no such sink for players any more. */
  unplug(): void {
    writeFileSync(join(this.dir, 'unplugged'), '');
  }

  /** What is there already, left by somebody else. */
  has(kind: 'sinks' | 'sources', name: string): void {
    writeFileSync(join(this.dir, kind), `1\talsa_output\tm\ts16le\tIDLE\n7\t${name}\tm\ts16le\tIDLE\n`);
  }

  get calls(): string[] {
    const file = join(this.dir, 'calls');
    return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
  }

  /** What was played so far. */
  get sound(): Float32Array {
    const file = join(this.dir, 'sound');
    const bytes = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
    return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + (bytes.length & ~3)));
  }

  close(): void {
    process.env.PATH = this.path;
    rmSync(this.dir, { recursive: true, force: true });
  }
}
