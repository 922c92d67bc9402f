import { LAYOUTS, type Layer, type Variant } from '../src/main/server/mouth/weights/wav2lip-layout';
import type { SavedTensor } from './torch-checkpoint';
import { uniformFloats } from './wav2lip-fixtures';

/** Output channels of the published networks, block by block; what enters a block follows from what the blocks before give. */
const WIDTHS = {
  '96': { encoder: [16, 32, 64, 128, 256, 512, 512], decoder: [512, 512, 512, 384, 256, 128, 64], audio: 512 },
  '256': {
    encoder: [16, 32, 64, 128, 256, 512, 512, 512],
    decoder: [512, 512, 512, 512, 384, 256, 128, 64],
    audio: 512,
  },
  '384': {
    encoder: [16, 32, 64, 128, 256, 512, 1024, 1024],
    decoder: [1024, 1024, 1024, 768, 512, 256, 128, 64],
    audio: 1024,
  },
} as const;

/**
 * The tensors of a Wav2Lip network with a fraction of its channels: the same graph, converted and run in a moment.
 * @param divisor of every width
 */
export function thinWav2Lip(variant: Variant, divisor: number): SavedTensor[] {
  const layout = LAYOUTS[variant];
  const widths = WIDTHS[variant];
  const thin = (channels: number) => Math.max(2, Math.round(channels / divisor));
  const tensors: SavedTensor[] = [];
  let seed = 1;
  const add = (name: string, shape: number[], scale: number, center = 0) => {
    const own = seed++;
    const count = shape.reduce((a, b) => a * b, 1);
    tensors.push({ name: `module.${name}`, shape, data: () => uniformFloats(own, scale, center, count) });
  };
  const block = (prefix: string, { kernel, transposed, stride }: Layer, from: number, to: number) => {
    const fanIn = (from * kernel * kernel) / (transposed ? stride[0] * stride[1] : 1);
    add(`${prefix}.0.weight`, [transposed ? from : to, transposed ? to : from, kernel, kernel], Math.sqrt(3 / fanIn));
    add(`${prefix}.0.bias`, [to], 0.1);
    add(`${prefix}.1.weight`, [to], 0.4, 1);
    add(`${prefix}.1.bias`, [to], 0.2);
    add(`${prefix}.1.running_mean`, [to], 0.1);
    add(`${prefix}.1.running_var`, [to], 0.3, 0.7);
    const batches = BigInt(250_000 + seed);
    tensors.push({
      name: `module.${prefix}.1.num_batches_tracked`,
      shape: [],
      data: () => BigInt64Array.of(batches),
    });
  };
  if (layout.spatialAttention) add('sam.sa.conv1.weight', [1, 2, 7, 7], 0.05);
  let from = 6;
  layout.encoder.forEach((layers, b) => {
    const to = thin(widths.encoder[b]!);
    for (const [i, layer] of layers.entries()) {
      block(`face_encoder_blocks.${b}.${i}.conv_block`, layer, from, to);
      from = to;
    }
  });
  from = 1;
  let doublings = 32;
  layout.audio.forEach((layer, i) => {
    if (!layer.residual && i > 0 && layer.kernel > 1) doublings *= 2;
    const to = thin(Math.min(doublings, widths.audio));
    block(`audio_encoder.${i}.conv_block`, layer, from, to);
    from = to;
  });
  layout.decoder.forEach((layers, b) => {
    const to = thin(widths.decoder[b]!);
    for (const [i, layer] of layers.entries()) {
      block(`face_decoder_blocks.${b}.${i}.conv_block`, layer, from, to);
      from = to;
    }
    from += thin(widths.encoder[layout.encoder.length - 1 - b]!);
  });
  const last = thin(32);
  block('output_block.0.conv_block', { ...layout.audio[0]! }, from, last);
  add('output_block.1.weight', [3, last, 1, 1], 1 / Math.sqrt(last));
  add('output_block.1.bias', [3], 0.3);
  return tensors;
}
