/**
 * ITU-R BT.709, limited range, both ways. Herald's pictures carry these tags, and using one matrix throughout is what makes
 * "the network changed nothing" mean "the picture is untouched".
 */
export const KR = 0.2126;
export const KB = 0.0722;
export const KG = 1 - KR - KB;

/** Luma code values per unit of R'G'B' in [0, 1], and the black level. */
export const LUMA_RANGE = 219;
export const LUMA_BLACK = 16;
export const CHROMA_RANGE = 224;
export const CHROMA_ZERO = 128;

/** Per chroma code value: what it adds to R', G' and B' in [0, 1]. */
export const V_TO_R = (2 * (1 - KR)) / CHROMA_RANGE;
export const U_TO_B = (2 * (1 - KB)) / CHROMA_RANGE;
export const U_TO_G = (-2 * (1 - KB) * KB) / KG / CHROMA_RANGE;
export const V_TO_G = (-2 * (1 - KR) * KR) / KG / CHROMA_RANGE;

/** Per unit of (B' - Y') and (R' - Y'): chroma code values. */
export const B_TO_U = CHROMA_RANGE / (2 * (1 - KB));
export const R_TO_V = CHROMA_RANGE / (2 * (1 - KR));
