// The one framing that the shipped pictures, the training crops and the network's face box agree on.

/** Side of the shipped picture. */
export const FRAME_PX = 720;

/** [x, y, side] of the face in the shipped picture: fixed for the loop, and low enough for the dropped chin. */
export const FACE_BOX = [182, 292, 352];
