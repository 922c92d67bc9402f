/** Below this, int8 is told from float32 by eye. */
export const LEAST_PSNR_DB = 34;
