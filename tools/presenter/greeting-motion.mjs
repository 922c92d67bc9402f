// A greeting of seven seconds: a nod, a smile, and a sway to a short melody (melody.mjs keeps its time). It rides on the idle
// loop and ends where the loop begins, so the picture that stands afterwards is its next one.
import { IDLE, idlePose } from './idle-motion.mjs';

export const GREETING = { fps: 25, pictures: 175 };

/** 0 -> 1 -> 0 between two times in seconds, soft at both ends. */
function swell(t, from, to) {
  if (t <= from || t >= to) return 0;
  return 0.5 - 0.5 * Math.cos((2 * Math.PI * (t - from)) / (to - from));
}

/** 0 before `from`, 1 in between, 0 after `to`; `ease` seconds to come and go. */
function hold(t, from, to, ease) {
  const ramp = (x) => {
    const c = Math.min(1, Math.max(0, x));
    return c * c * (3 - 2 * c);
  };
  return ramp((t - from) / ease) * ramp((to - t) / ease);
}

/** [from, to, depth in radians] of the nods. */
const NODS = [
  [0.45, 1.15, 0.1],
  [1.1, 1.7, 0.055],
  [5.75, 6.45, 0.06],
];
/** The lids close for an instant as the head goes down. */
const BLINKS = [0.72, 4.08, 6.02];
/** Sways to the melody's bars, left and right. */
const SWAY = { from: 1.9, to: 5.6, secondsPerSway: 1.8, roll: 0.045, yaw: 0.05 };

/** Pose of picture `i` of the greeting, in the terms of `idlePose`. */
export function greetingPose(i) {
  const t = i / GREETING.fps;
  const idle = idlePose(IDLE.pictures - GREETING.pictures + i);
  const nod = NODS.reduce((sum, [from, to, depth]) => sum + depth * swell(t, from, to), 0);
  const swaying = hold(t, SWAY.from, SWAY.to, 0.5);
  const phase = (2 * Math.PI * (t - SWAY.from)) / SWAY.secondsPerSway;
  const glad = hold(t, 0.25, 6.75, 0.55);
  const blink = BLINKS.reduce((lid, at) => Math.max(lid, swell(t, at - 0.12, at + 0.16)), 0);
  return {
    ...idle,
    head: [
      idle.head[0] + nod,
      idle.head[1] + SWAY.yaw * swaying * Math.sin(phase / 2),
      idle.head[2] + SWAY.roll * swaying * Math.sin(phase),
    ],
    sway: idle.sway + 0.012 * swaying * Math.sin(phase),
    gaze: idle.gaze.map((angle) => angle * (1 - glad)), // to whom it greets
    blink: Math.max(idle.blink * (1 - glad), blink),
    smile: idle.smile + 0.42 * glad,
    squint: idle.squint + 0.16 * glad,
    brow: idle.brow + 0.4 * swell(t, 0.2, 1.5) + 0.25 * swell(t, 5.5, 6.7),
  };
}
