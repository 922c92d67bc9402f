import { constants } from 'node:os';

const { EACCES, EBUSY, EINVAL, ENODEV, ENOENT, ENOTTY, ENXIO, EPERM, EPIPE } = constants.errno;

export interface Fault {
  reason: string;
  /** It will not get better by itself. */
  lasting: boolean;
}

const GONE =
  'the device is gone: load the driver again (sudo modprobe v4l2loopback ...); in a container or under systemd, let the device in';
const FORBIDDEN = "Herald's user may not write to the device: sudo usermod -aG video USER, then log in again";
const NO_OUTPUT =
  'the device takes no pictures of this size or at all: is it a v4l2loopback device, and does a program hold it at another size?';

const FAULTS = new Map<number, Fault>([
  [ENOENT, { reason: GONE, lasting: false }],
  [ENODEV, { reason: GONE, lasting: false }],
  [ENXIO, { reason: GONE, lasting: false }],
  [EBUSY, { reason: 'another program writes into the device: end that', lasting: false }],
  [EPIPE, { reason: 'nobody reads the pipe any more', lasting: false }],
  [EACCES, { reason: FORBIDDEN, lasting: true }],
  [EPERM, { reason: FORBIDDEN, lasting: true }],
  [ENOTTY, { reason: NO_OUTPUT, lasting: true }],
  [EINVAL, { reason: NO_OUTPUT, lasting: false }],
]);

/** What FFmpeg's code means to whoever set up the camera. */
export function whyLost(code: number, message: string): Fault {
  return (
    FAULTS.get(-code) ?? {
      reason: message || `the camera cannot be written to (FFmpeg's code ${code})`,
      lasting: false,
    }
  );
}
