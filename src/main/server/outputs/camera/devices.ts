import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { CAMERA_INSTALL, CAMERA_LABEL, CAMERA_MODPROBE } from '../../../../shared/camera-driver';
import { HeraldError } from '../../errors';

/** Where cameras are looked for. */
export interface Surroundings {
  platform: NodeJS.Platform;
  /** One link for each video device (sysfs(5)). */
  classDir: string;
}

export interface LoopbackDevice {
  /** '/dev/video10' */
  path: string;
  /** Its `card_label`: what programs show as the name of the camera. */
  label: string;
}

const HERE: Surroundings = { platform: process.platform, classDir: '/sys/class/video4linux' };

const INSTALL =
  `Debian, Ubuntu: ${CAMERA_INSTALL} ` +
  '(Fedora with RPM Fusion: sudo dnf install akmod-v4l2loopback, Arch: sudo pacman -S v4l2loopback-dkms, then the same modprobe)';

/** By device, the sessions' cameras of this process: a device shows one picture. */
const taken = new Set<string>();

/** Keeps others of this process off the device until the returned function is called. */
export function claim(path: string): () => void {
  taken.add(path);
  return () => void taken.delete(path);
}

/**
 * The device that pictures go to.
 * @param wanted 'auto' for the first free one, one that is labelled Herald before others; or '/dev/video10'
 * @throws HeraldError 'refused' with the command that installs the driver, or what to do instead
 */
export function findCamera(wanted: string, { platform, classDir }: Surroundings = HERE): string {
  if (platform !== 'linux') {
    throw new HeraldError(
      'refused',
      `Herald writes into virtual cameras on Linux only. With OBS: a browser source with the clean feed, ` +
        'http://localhost:8010/stage?sessionid=NUMBER (your port, if you set --listenport), then Start Virtual Camera',
    );
  }
  const devices = loopbackDevices(classDir);
  if (devices.length === 0) {
    throw new HeraldError('refused', `There is no virtual camera on this machine. ${INSTALL}`);
  }
  const listed = devices.map(({ path, label }) => `${path} (${label})`).join(', ');
  if (wanted !== 'auto') {
    if (!devices.some(({ path }) => path === wanted)) {
      throw new HeraldError('refused', `device: ${wanted} is no virtual camera; there are: ${listed}`);
    }
    if (taken.has(wanted)) {
      throw new HeraldError(
        'refused',
        `device: ${wanted} shows another session, or this one already: remove that output`,
      );
    }
    return wanted;
  }
  const free = devices.filter(({ path }) => !taken.has(path));
  const chosen = free.find(({ label }) => label.startsWith(CAMERA_LABEL)) ?? free[0];
  if (chosen) return chosen.path;
  throw new HeraldError(
    'refused',
    `Every virtual camera shows a session already: ${listed}. Remove one of those outputs, or load the driver with more: ` +
      `sudo modprobe -r v4l2loopback && ${CAMERA_MODPROBE.replace('devices=1', `devices=${devices.length + 1}`)}`,
  );
}

/**
 * Devices without hardware behind them, lowest number first. v4l2loopback gives its devices no parent, so that sysfs keeps them in
 * devices/virtual; cameras stand below the bus that they are plugged into.
 */
export function loopbackDevices(classDir: string): LoopbackDevice[] {
  let names: string[];
  try {
    names = readdirSync(classDir);
  } catch {
    return []; // The kernel has no video devices at all.
  }
  return names
    .filter((name) => /^video\d+$/.test(name))
    .sort((a, b) => Number(a.slice(5)) - Number(b.slice(5)))
    .flatMap((name) => {
      try {
        if (!realpathSync(join(classDir, name)).includes('/devices/virtual/video4linux/')) return [];
        return [{ path: `/dev/${name}`, label: readFileSync(join(classDir, name, 'name'), 'utf8').trim() }];
      } catch {
        return []; // Unplugged while we looked.
      }
    });
}
