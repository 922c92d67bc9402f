import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { claim, findCamera } from './devices';

let sys: string;

beforeEach(() => {
  sys = mkdtempSync(join(tmpdir(), 'herald-sys-'));
});
afterEach(() => rmSync(sys, { recursive: true, force: true }));

/** As the kernel lays it out: the device below its parent, a link to it among its class. */
function plug(name: string, label: string, parent = 'virtual'): void {
  const device = join(sys, 'devices', parent, 'video4linux', name);
  mkdirSync(device, { recursive: true });
  mkdirSync(join(sys, 'class/video4linux'), { recursive: true });
  writeFileSync(join(device, 'name'), `${label}\n`);
  symlinkSync(device, join(sys, 'class/video4linux', name));
}

const find = (wanted: string, platform: NodeJS.Platform = 'linux') =>
  findCamera(wanted, { platform, classDir: join(sys, 'class/video4linux') });

// Links are not everyone's to make on Windows.
describe.skipIf(process.platform === 'win32')('a virtual camera', () => {
  it('is the first one without hardware, or the one that is labelled for Herald', () => {
    plug('video0', 'Built-in camera', 'pci0000:00/usb1/1-1');
    plug('video10', 'OBS Virtual Camera');
    plug('video2', 'Dummy');
    expect(find('auto')).toBe('/dev/video2');
    plug('video11', 'Herald');
    expect(find('auto')).toBe('/dev/video11');
    expect(find('/dev/video10')).toBe('/dev/video10');
    expect(() => find('/dev/video0')).toThrow('/dev/video0 is no virtual camera; there are: /dev/video2 (Dummy)');
  });

  it('shows one session at a time', () => {
    plug('video10', 'Herald');
    plug('video11', 'Herald 2');
    const free = [claim(find('auto')), claim(find('auto'))];
    expect(() => find('/dev/video11')).toThrow('shows another session');
    expect(() => find('auto')).toThrow('modprobe v4l2loopback devices=3');
    free[1]!();
    expect(find('auto')).toBe('/dev/video11');
    free[0]!();
  });

  it('that is not there is told with the command that brings it', () => {
    const command =
      'sudo apt install v4l2loopback-dkms && sudo modprobe v4l2loopback devices=1 exclusive_caps=1 card_label=Herald';
    expect(() => find('auto')).toThrow(command); // no such class at all
    plug('video0', 'Built-in camera', 'pci0000:00/usb1/1-1');
    expect(() => find('auto')).toThrow(
      expect.objectContaining({ kind: 'refused', message: expect.stringContaining(command) }),
    );
  });

  it.each(['win32', 'darwin'] as const)('goes through OBS on %s', (platform) => {
    expect(() => find('auto', platform)).toThrow(/OBS: a browser source .*\/stage\?sessionid=.* Start Virtual Camera/);
  });
});
