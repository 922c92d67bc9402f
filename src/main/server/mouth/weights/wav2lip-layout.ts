/** One convolution with its batch norm and ReLU, as the public Wav2Lip code lays them out. */
export interface Layer {
  transposed: boolean;
  kernel: number;
  /** Rows, columns. */
  stride: readonly [number, number];
  pad: number;
  outputPad: number;
  /** The input is added before the ReLU. */
  residual: boolean;
}

export type Variant = '96' | '256' | '384';

/**
 * A Wav2Lip network. The face runs down `encoder`, each block's output is kept, and `decoder` runs up from the audio, joined
 * after each block with the kept output of the same size. Widths (channels) are in the checkpoint itself.
 */
export interface Layout {
  variant: Variant;
  faceSizePx: number;
  audio: readonly Layer[];
  encoder: readonly (readonly Layer[])[];
  decoder: readonly (readonly Layer[])[];
  /** 384 weighs what comes from below by where the face features are strong. */
  spatialAttention: boolean;
}

const conv = (kernel: number, stride: number | readonly [number, number] = 1, pad = 0): Layer => ({
  transposed: false,
  kernel,
  stride: typeof stride === 'number' ? [stride, stride] : stride,
  pad,
  outputPad: 0,
  residual: false,
});

const same: Layer = conv(3, 1, 1);
const residual: Layer = { ...same, residual: true };
const down = conv(3, 2, 1);
/** Doubles rows and columns. */
const up: Layer = { ...conv(3, 2, 1), transposed: true, outputPad: 1 };
/** From a single point to `kernel` rows and columns, or `kernel - 1` more than there were. */
const unfold = (kernel: number): Layer => ({ ...conv(kernel), transposed: true });
const times = (count: number, layer: Layer): Layer[] => new Array<Layer>(count).fill(layer);

/** The 16 mel frames of 80 bands, down to one point. */
const AUDIO: Layer[] = [
  ...[same, residual, residual],
  ...[conv(3, [3, 1], 1), residual, residual],
  ...[conv(3, 3, 1), residual, residual],
  ...[conv(3, [3, 2], 1), residual],
  ...[conv(3), conv(1)],
];

const AUDIO_384: Layer[] = [...AUDIO.slice(0, 11), residual, same, residual, residual, conv(3), conv(1)];

export const LAYOUTS: Readonly<Record<Variant, Layout>> = {
  '96': {
    variant: '96',
    faceSizePx: 96,
    audio: AUDIO,
    encoder: [
      [conv(7, 1, 3)],
      [down, ...times(2, residual)],
      [down, ...times(3, residual)],
      [down, ...times(2, residual)],
      [down, ...times(2, residual)],
      [down, residual],
      [conv(3), conv(1)],
    ],
    decoder: [[conv(1)], [unfold(3), residual], ...new Array<Layer[]>(5).fill([up, residual, residual])],
    spatialAttention: false,
  },
  '256': {
    variant: '256',
    faceSizePx: 256,
    audio: AUDIO,
    encoder: [
      [conv(7, 1, 3)],
      [down, ...times(2, residual)],
      [down, ...times(3, residual)],
      [down, ...times(2, residual)],
      [down, ...times(2, residual)],
      [down, residual],
      [down, residual],
      [conv(4), conv(1)],
    ],
    decoder: [
      [conv(1)],
      [unfold(4), residual],
      [up, residual],
      ...new Array<Layer[]>(5).fill([up, residual, residual]),
    ],
    spatialAttention: false,
  },
  '384': {
    variant: '384',
    faceSizePx: 384,
    audio: AUDIO_384,
    encoder: [
      [conv(7, 1, 3), ...times(3, residual)],
      ...new Array<Layer[]>(6).fill([down, ...times(3, residual)]),
      [conv(3), conv(1), conv(1)],
    ],
    decoder: [[conv(1)], [unfold(3), residual], ...new Array<Layer[]>(6).fill([up, residual, residual])],
    spatialAttention: true,
  },
};

/** Rows (or columns, or both when square) of a layer's output. */
export function outputSize(layer: Layer, size: number, axis: 0 | 1): number {
  const { kernel, pad, outputPad, transposed } = layer;
  const stride = layer.stride[axis];
  return transposed
    ? (size - 1) * stride - 2 * pad + kernel + outputPad
    : Math.floor((size + 2 * pad - kernel) / stride) + 1;
}

/** Where a layer's tensors are: `PREFIX.0` is the convolution, `PREFIX.1` the batch norm. */
export const audioPrefix = (layer: number) => `audio_encoder.${layer}.conv_block`;
export const encoderPrefix = (block: number, layer: number) => `face_encoder_blocks.${block}.${layer}.conv_block`;
export const decoderPrefix = (block: number, layer: number) => `face_decoder_blocks.${block}.${layer}.conv_block`;
export const OUTPUT_PREFIX = 'output_block.0.conv_block';
/** The last 1x1 convolution, without batch norm. */
export const OUTPUT_CONV = 'output_block.1';
export const ATTENTION_WEIGHT = 'sam.sa.conv1.weight';
