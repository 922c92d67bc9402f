import { say } from '../../../../shared/told';
import type { TorchCheckpoint } from './torch-checkpoint';
import {
  ATTENTION_WEIGHT,
  audioPrefix,
  decoderPrefix,
  encoderPrefix,
  LAYOUTS,
  type Layer,
  type Layout,
  OUTPUT_CONV,
  OUTPUT_PREFIX,
  outputSize,
  type Variant,
} from './wav2lip-layout';

const MEL_BANDS = 80;
const MEL_FRAMES = 16;
/** What PyTorch's BatchNorm2d adds to the variance. */
const BATCH_NORM_EPSILON = 1e-5;

/** A block's output: what is kept of a face, or what the decoder has made so far. */
export interface MapSize {
  channels: number;
  sizePx: number;
}

/** A checkpoint that was found to be a whole Wav2Lip network: every tensor that is used is there and fits its neighbours. */
export interface Wav2Lip {
  layout: Layout;
  /** What PyTorch counts as parameters, of the layers that are used (384 also stores an `audio_refine` that never runs). */
  parameters: number;
  /** Of each encoder block's output, largest first. */
  features: readonly MapSize[];
}

/**
 * Tells 96, 256 and 384 apart by their tensors (the three share one file name) and checks all shapes.
 * @throws HeraldError('refused') that says what the checkpoint is instead, or which tensor does not fit
 */
export function recogniseWav2Lip(checkpoint: TorchCheckpoint): Wav2Lip {
  const layout = LAYOUTS[variantOf(checkpoint)];
  const { encoder, decoder, audio, faceSizePx } = layout;
  const shapes = new ShapeCheck(checkpoint);
  const features: MapSize[] = [];
  let map: MapSize = { channels: 6, sizePx: faceSizePx };
  encoder.forEach((layers, block) => {
    for (const [i, layer] of layers.entries()) map = shapes.layer(encoderPrefix(block, i), layer, map);
    features.push(map);
  });

  let columns = MEL_FRAMES;
  map = { channels: 1, sizePx: MEL_BANDS };
  audio.forEach((layer, i) => {
    columns = outputSize(layer, columns, 1);
    map = shapes.layer(audioPrefix(i), layer, map);
  });
  if (map.sizePx !== 1 || columns !== 1) throw new Error('the audio layers do not end in one point');

  decoder.forEach((layers, block) => {
    for (const [i, layer] of layers.entries()) map = shapes.layer(decoderPrefix(block, i), layer, map);
    const feature = features[features.length - 1 - block]!;
    if (layout.spatialAttention && block === 0) {
      // One point of sound is weighed by a map of the face's deepest features, and so spread over it.
      map = { ...map, sizePx: feature.sizePx };
    }
    if (map.sizePx !== feature.sizePx) throw new Error(`decoder block ${block} does not meet its feature`);
    map = { channels: map.channels + feature.channels, sizePx: map.sizePx };
  });
  map = shapes.layer(OUTPUT_PREFIX, { ...audio[0]!, stride: [1, 1] }, map);
  shapes.exact(`${OUTPUT_CONV}.weight`, [3, map.channels, 1, 1]);
  shapes.exact(`${OUTPUT_CONV}.bias`, [3]);
  if (layout.spatialAttention) shapes.exact(ATTENTION_WEIGHT, [1, 2, 7, 7]);
  shapes.refuseUnused();
  return { layout, parameters: shapes.parameters, features };
}

function variantOf(checkpoint: TorchCheckpoint): Variant {
  const has = (name: string) => checkpoint.tensors.has(name);
  if (!has(`${encoderPrefix(0, 0)}.0.weight`)) {
    if (has('face_encoder.0.conv_block.0.weight') && has('audio_encoder.0.conv_block.0.weight')) {
      throw checkpoint.refuse(say('weights.syncNet', { file: '' }).slice(1, -1));
    }
    throw checkpoint.refuse(
      'is no Wav2Lip checkpoint: it has no face_encoder_blocks. Choose a wav2lip.pth of 96, 256 or 384',
    );
  }
  if (has(ATTENTION_WEIGHT)) return '384';
  return has(`${encoderPrefix(7, 0)}.0.weight`) ? '256' : '96';
}

/** Walks the layers and keeps count of what was met. */
class ShapeCheck {
  parameters = 0;
  private readonly used = new Set<string>();

  constructor(private readonly checkpoint: TorchCheckpoint) {}

  layer(prefix: string, layer: Layer, input: MapSize): MapSize {
    const weight = `${prefix}.0.weight`;
    const { shape } = this.checkpoint.float32Info(weight);
    const channels = shape[layer.transposed ? 1 : 0] ?? 0;
    const [rows, columns] = layer.transposed ? [input.channels, channels] : [channels, input.channels];
    this.exact(weight, [rows, columns, layer.kernel, layer.kernel]);
    if (layer.residual && channels !== input.channels) throw this.misfit(weight, shape, 'as many channels out as in');
    for (const name of ['0.bias', '1.weight', '1.bias', '1.running_mean', '1.running_var']) {
      this.exact(`${prefix}.${name}`, [channels]);
    }
    this.parameters -= 2 * channels; // running statistics are no parameters
    return { channels, sizePx: outputSize(layer, input.sizePx, 0) };
  }

  exact(name: string, wanted: readonly number[]): void {
    const { shape, elements } = this.checkpoint.float32Info(name);
    if (elements === 0 || shape.join() !== wanted.join()) throw this.misfit(name, shape, `[${wanted.join(', ')}]`);
    this.used.add(name);
    this.parameters += elements;
  }

  /** More layers of the same kinds would make another network, which must not be taken for this one. */
  refuseUnused(): void {
    for (const name of this.checkpoint.tensors.keys()) {
      const part = /^(face_encoder_blocks|face_decoder_blocks|audio_encoder|output_block|sam)\./.test(name);
      if (part && !this.used.has(name) && !name.endsWith('.num_batches_tracked')) {
        throw this.checkpoint.refuse(
          `is a Wav2Lip of an unknown kind: it also has ${name}. Herald knows those of 96, 256 and 384`,
        );
      }
    }
  }

  private misfit(name: string, shape: readonly number[], wanted: string): Error {
    return this.checkpoint.refuse(
      `is a Wav2Lip of an unknown kind: ${name} is [${shape.join(', ')}], not ${wanted}. Herald knows those of 96, 256 and 384`,
    );
  }
}

/**
 * A convolution with its batch norm folded in: y = s * (w x + b - mean) + beta, with s = gamma / sqrt(variance + epsilon), in
 * float64 and rounded once. Weights and biases are read apart, so that one layer at a time is in memory.
 */
export class FoldedLayer {
  constructor(
    private readonly checkpoint: TorchCheckpoint,
    private readonly prefix: string,
    private readonly transposed: boolean,
  ) {}

  get shape(): readonly number[] {
    return this.checkpoint.float32Info(`${this.prefix}.0.weight`).shape;
  }

  get channels(): number {
    return this.shape[this.transposed ? 1 : 0]!;
  }

  async weights(): Promise<Float32Array<ArrayBuffer>> {
    const [scale, weights] = [await this.scale(), await this.read('0.weight')];
    const [first, second, height, width] = this.shape as [number, number, number, number];
    const kernel = height * width;
    for (let a = 0, i = 0; a < first; a++) {
      for (let b = 0; b < second; b++) {
        const s = scale[this.transposed ? b : a]!;
        for (let k = 0; k < kernel; k++, i++) weights[i]! *= s;
      }
    }
    return weights;
  }

  async biases(): Promise<Float32Array<ArrayBuffer>> {
    const [scale, bias] = [await this.scale(), await this.read('0.bias')];
    const [beta, mean] = [await this.read('1.bias'), await this.read('1.running_mean')];
    return bias.map((value, c) => (value - mean[c]!) * scale[c]! + beta[c]!);
  }

  private async scale(): Promise<Float64Array> {
    const [gamma, variance] = [await this.read('1.weight'), await this.read('1.running_var')];
    return Float64Array.from(gamma, (value, c) => value / Math.sqrt(variance[c]! + BATCH_NORM_EPSILON));
  }

  /** @throws HeraldError('refused') for numbers that no training leaves behind: checksums are not in every file */
  private async read(name: string): Promise<Float32Array<ArrayBuffer>> {
    const numbers = await this.checkpoint.readFloat32(`${this.prefix}.${name}`);
    const negative = name === '1.running_var';
    if (!numbers.every((value) => Number.isFinite(value) && !(negative && value < 0))) {
      throw this.checkpoint.refuse(
        `is damaged: ${this.prefix}.${name} holds numbers that cannot be. Copy or download it again`,
      );
    }
    return numbers;
  }
}
