// The presenter at rest: one seamless cycle of breathing, small head movement, blinks and glances.
// Pure functions, so that the training renders of the mouth network see exactly the poses of the shipped loop.

const TURN = 2 * Math.PI;

export const IDLE = { fps: 25, pictures: 225 };

/** Picture indices at which a blink is fully closed; irregular on purpose. Picture 0 has open eyes. */
const BLINKS = [38, 121, 187];
/** [picture, yaw, pitch] of gaze shifts in radians; eyes jump, they do not drift. Some ride on a blink, as people's do. */
const GLANCES = [
  [0, 0, 0],
  [39, 0.022, -0.008],
  [66, -0.012, 0.004],
  [120, 0, 0],
  [150, -0.026, -0.006],
  [188, 0.004, 0.006],
  [214, 0, 0],
];

/** Sum of loop-periodic harmonics: [cycles per loop, amplitude, phase]. */
const wave = (turn, parts) => parts.reduce((sum, [k, a, p]) => sum + a * Math.sin(k * turn + p), 0);

function blinkAt(i, n) {
  let lid = 0;
  for (const centre of BLINKS) {
    for (const d of [i - centre, i - centre - n, i - centre + n]) {
      // The lid falls in about 100 ms and rises in about 200 ms.
      if (d <= 0) lid = Math.max(lid, 1 + d / 3);
      else lid = Math.max(lid, 1 - (d - 0.4) / 5);
    }
  }
  const x = Math.min(1, Math.max(0, lid));
  return x * x * (3 - 2 * x);
}

function glanceAt(i) {
  let previous = GLANCES[0];
  let current = GLANCES[0];
  for (const g of GLANCES) {
    if (g[0] > i) break;
    previous = current;
    current = g;
  }
  const f = Math.min(1, (i - current[0] + 1) / 2);
  return [1, 2].map((axis) => previous[axis] + (current[axis] - previous[axis]) * f);
}

/** Pose of picture `i`; any real number is allowed and the cycle repeats. Angles in radians: [pitch, yaw, roll]. */
export function idlePose(i, n = IDLE.pictures) {
  const at = ((i % n) + n) % n;
  const turn = (TURN * at) / n;
  const breath = 0.5 - 0.5 * Math.cos(2 * turn + 0.35 * Math.sin(2 * turn)) + 0.04 * Math.sin(3 * turn + 1);
  const head = [
    wave(turn, [
      [1, 0.008, 0.6],
      [3, 0.009, 2.1],
      [5, 0.005, 4.0],
      [8, 0.0018, 1.0],
    ]) -
      0.006 * breath,
    wave(turn, [
      [1, 0.03, 2.6],
      [2, 0.016, 0.4],
      [5, 0.006, 1.9],
      [7, 0.003, 5.2],
    ]),
    wave(turn, [
      [1, 0.011, 4.1],
      [2, 0.008, 1.2],
      [3, 0.005, 3.3],
    ]),
  ];
  const [gazeYaw, gazePitch] = glanceAt(at);
  return {
    head,
    breath,
    sway: wave(turn, [
      [1, 0.004, 1.1],
      [2, 0.0025, 5.0],
    ]),
    gaze: [gazePitch, gazeYaw],
    blink: blinkAt(at, n),
    smile:
      0.3 +
      wave(turn, [
        [1, 0.03, 0.9],
        [3, 0.02, 2.0],
      ]),
    squint: 0.14 + wave(turn, [[1, 0.03, 0.9]]),
    brow: Math.max(
      0,
      0.1 +
        wave(turn, [
          [1, 0.05, 3.9],
          [4, 0.035, 1.7],
        ]),
    ),
  };
}
