// What a mouth coefficient means in blend shapes. Shared by the page (renders) and read by models/recipe (names, order).
//
// A coefficient of 1 is the strongest *natural* shape, not the rig's maximum: `AE_AA` above .65 gapes, and the
// `MPB_*` shapes above .65 fold the lips away to a line.

/** Order is the order of the network's coefficient vector. */
export const COEFFICIENTS = ['AA', 'AO', 'E', 'OO', 'UW', 'MPB', 'FV', 'S', 'SH', 'TD'];

/** Coefficient -> [skin shape, weight at 1]. The skin mesh calls a shape `h_expressions.<name>_h`. */
const SKIN = {
  AA: [['AE_AA', 0.56]],
  AO: [['AO_a', 0.6]],
  E: [['Ax_E', 0.8]],
  OO: [['UH_OO', 0.8]],
  UW: [['UW_U', 0.95]],
  MPB: [
    ['MPB_Up', 0.47],
    ['MPB_Down', 0.47],
  ],
  // FV and S alone hardly read on camera: the upper lip shows the teeth for F, the lips draw apart for S.
  FV: [
    ['FV', 1],
    ['RlipUp', 0.18],
    ['LlipUp', 0.18],
  ],
  S: [
    ['S', 0.9],
    ['H_EST', 0.3],
  ],
  SH: [['SH_CH', 0.9]],
  TD: [['TD_I', 0.75]],
};

/** Coefficient -> shape of the lower teeth and tongue, `h_teeth.t_<name>_h`. They must follow the jaw. */
const TEETH = {
  AA: [['AE_AA', 0.56]],
  AO: [['AO_a', 0.6]],
  E: [['Ax_E', 0.8]],
  OO: [['UH_OO', 0.8]],
  UW: [['UW_U', 0.95]],
  MPB: [['MPB', 0.5]],
  FV: [['FV', 1]],
  S: [
    ['S', 0.9],
    ['H_EST', 0.3],
  ],
  SH: [['SH_CH', 0.9]],
  TD: [['TD_I', 0.75]],
};

/** Rounded and pressed lips cannot keep a full smile: how much of it each coefficient takes away. */
const SMILE_RELIEF = { UW: 0.8, OO: 0.6, AO: 0.6, SH: 0.5, MPB: 0.35, FV: 0.3 };

/** Blend-shape weights of a face: `{ 'h_expressions.X_h': weight, 'h_teeth.t_X_h': weight }`. */
export function faceShapes({ mouth, blink = 0, smile = 0, brow = 0, squint = 0 }) {
  const weights = {};
  const add = (name, weight) => {
    weights[name] = (weights[name] ?? 0) + weight;
  };
  let smileLeft = smile;
  COEFFICIENTS.forEach((name, i) => {
    const c = mouth?.[i] ?? 0;
    if (c === 0) return;
    for (const [shape, weight] of SKIN[name]) add(`h_expressions.${shape}_h`, weight * c);
    for (const [shape, weight] of TEETH[name]) add(`h_teeth.t_${shape}_h`, weight * c);
    smileLeft *= 1 - Math.min(1, c) * (SMILE_RELIEF[name] ?? 0);
  });
  for (const side of ['R', 'L']) {
    add(`h_expressions.${side}smileClose_h`, smileLeft);
    add(`h_expressions.${side}eyeClose_h`, blink);
    // A closing lid and a raised lower lid would cross: the squint gives way to the blink.
    add(`h_expressions.${side}squint_h`, squint * (1 - blink));
    add(`h_expressions.${side}browUp_h`, brow);
  }
  return weights;
}
