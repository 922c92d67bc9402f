import { OnnxGraph } from './onnx-writer';
import { canTile, doublingConvolution, tiledConvolution } from './quick-layers';
import type { TorchCheckpoint } from './torch-checkpoint';
import { FoldedLayer, type Wav2Lip } from './wav2lip';
import {
  ATTENTION_WEIGHT,
  audioPrefix,
  decoderPrefix,
  encoderPrefix,
  type Layer,
  OUTPUT_CONV,
  OUTPUT_PREFIX,
} from './wav2lip-layout';
import { planRows, type RowPlan } from './wav2lip-rows';

/** One tensor that is computed once per avatar picture and fed to every mouth: its name in both fast graphs. */
export interface KeptTensor {
  name: string;
  /** Without the batch: channels, rows, columns. */
  shape: [number, number, number];
}

/** `mel [N,1,80,16]`, `face [N,6,S,S]` -> `out [N,3,S,S]`: the network as PyTorch runs it. */
export function fullGraph(checkpoint: TorchCheckpoint, network: Wav2Lip): OnnxGraph {
  const { faceSizePx } = network.layout;
  const draw = new Drawing(checkpoint, network);
  const features = draw.encoder(draw.faceInput());
  const maps = features.map((feature) => draw.attention(feature));
  draw.decoder(draw.audio(), features, maps, planRows(network, 0));
  draw.graph.output('out', ['N', 3, faceSizePx, faceSizePx]);
  return draw.graph;
}

/**
 * `face [N,6,S,S]` -> what `fastMouthGraph` needs of it. The upper half of a picture is the avatar's own, so only the rows
 * below its middle are drawn, and only the rows of each feature that they depend on are kept.
 */
export function fastFaceGraph(checkpoint: TorchCheckpoint, network: Wav2Lip): OnnxGraph {
  const draw = new Drawing(checkpoint, network);
  const features = draw.encoder(draw.faceInput());
  for (const [index, tensor] of keptTensors(network).entries()) {
    const feature = features[index % features.length]!;
    // The attention of a row looks at the rows around it: it is computed whole, then cut.
    const whole = index < features.length ? feature : draw.attention(feature)!;
    draw.cut(whole, network.features[index % features.length]!.sizePx - tensor.shape[1], tensor.name);
    draw.graph.output(tensor.name, ['N', ...tensor.shape]);
  }
  return draw.graph;
}

/**
 * `mel` and the tensors of `keptTensors` -> `out [N,3,S/2,S]`, the lower half, equal to the full graph's.
 * @param form `quick`: in the layers that ONNX Runtime's CPU kernels draw fastest, up to the last bits of float32
 */
export function fastMouthGraph(
  checkpoint: TorchCheckpoint,
  network: Wav2Lip,
  form: 'plain' | 'quick' = 'plain',
): OnnxGraph {
  const { faceSizePx } = network.layout;
  const draw = new Drawing(checkpoint, network, form === 'quick');
  const names = keptTensors(network).map(({ name, shape }) => draw.graph.input(name, ['N', ...shape]));
  const features = names.slice(0, network.features.length);
  draw.decoder(draw.audio(), features, names.slice(features.length), planRows(network, faceSizePx / 2));
  draw.graph.output('out', ['N', 3, faceSizePx / 2, faceSizePx]);
  return draw.graph;
}

/** What `fastFaceGraph` gives, features first, then (384) their attention maps. */
export function keptTensors(network: Wav2Lip): KeptTensor[] {
  const { features, layout } = network;
  const plan = planRows(network, layout.faceSizePx / 2);
  const rows = (encoderBlock: number) => plan.blocks[features.length - 1 - encoderBlock]!.keepFrom;
  const tensors = (kind: string, channels?: number) =>
    features.map((feature, i): KeptTensor => {
      return { name: `${kind}${i}`, shape: [channels ?? feature.channels, feature.sizePx - rows(i), feature.sizePx] };
    });
  return layout.spatialAttention ? [...tensors('feature'), ...tensors('attention', 1)] : tensors('feature');
}

/** Rows and columns of a layer's output. */
interface Place {
  rows: number;
  columns: number;
  /** The input has a row more above, and the output's first row is not that of the input. */
  leavesOutTop?: boolean;
}

/** Puts the network's layers into a graph. */
class Drawing {
  readonly graph = new OnnxGraph();

  constructor(
    private readonly checkpoint: TorchCheckpoint,
    private readonly network: Wav2Lip,
    private readonly quick = false,
  ) {}

  faceInput(): string {
    const { faceSizePx } = this.network.layout;
    return this.graph.input('face', ['N', 6, faceSizePx, faceSizePx]);
  }

  audio(): string {
    let x = this.graph.input('mel', ['N', 1, 80, 16]);
    this.network.layout.audio.forEach((layer, i) => {
      x = this.layer(x, audioPrefix(i), layer);
    });
    return x;
  }

  /** The output of each block, largest first. */
  encoder(face: string): string[] {
    let x = face;
    return this.network.layout.encoder.map((layers, block) => {
      layers.forEach((layer, i) => {
        x = this.layer(x, encoderPrefix(block, i), layer);
      });
      return x;
    });
  }

  /** 1 + sigmoid(conv(mean and maximum over the channels)): what 384 multiplies the map from below with. */
  attention(feature: string): string | undefined {
    if (!this.network.layout.spatialAttention) return undefined;
    const { graph } = this;
    const over = { axes: [1], keepdims: 1 };
    const mean = graph.node('ReduceMean', [feature], over);
    const max = graph.node('ReduceMax', [feature], over);
    const weight = this.tensor(ATTENTION_WEIGHT);
    const both = graph.node('Concat', [mean, max], { axis: 1 });
    const scores = graph.node('Conv', [both, weight], { kernel_shape: [7, 7], strides: [1, 1], pads: [3, 3, 3, 3] });
    return graph.node('Add', [graph.node('Sigmoid', [scores]), graph.scalar('one', 1)]);
  }

  /** From the sound up to the picture. Features and maps hold the rows that the plan keeps. Its output is `out`. */
  decoder(audio: string, features: readonly string[], maps: readonly (string | undefined)[], plan: RowPlan): void {
    const { graph } = this;
    const { audio: like, decoder, faceSizePx } = this.network.layout;
    let x = audio;
    decoder.forEach((layers, block) => {
      const { startsAt, keepFrom } = plan.blocks[block]!;
      const feature = features.length - 1 - block;
      const columns = this.network.features[feature]!.sizePx;
      layers.forEach((layer, i) => {
        x = this.layer(x, decoderPrefix(block, i), layer, { rows: columns - startsAt, columns });
      });
      if (keepFrom > startsAt) x = this.cut(x, keepFrom - startsAt);
      const map = maps[feature];
      if (map !== undefined) x = graph.node('Mul', [x, map]);
      x = graph.node('Concat', [x, features[feature]!], { axis: 1 });
    });
    const output = { rows: faceSizePx / 2, columns: faceSizePx, leavesOutTop: this.quick && plan.outputCut === 1 };
    x = this.layer(x, OUTPUT_PREFIX, like[0]!, output);
    const [weight, bias] = [this.tensor(`${OUTPUT_CONV}.weight`), this.tensor(`${OUTPUT_CONV}.bias`)];
    x = graph.node('Conv', [x, weight, bias], { kernel_shape: [1, 1], strides: [1, 1], pads: [0, 0, 0, 0] });
    if (plan.outputCut > 0 && !output.leavesOutTop) x = this.cut(x, plan.outputCut);
    graph.node('Sigmoid', [x], {}, 'out');
  }

  /** Without the first rows. */
  cut(x: string, rows: number, output?: string): string {
    const { graph } = this;
    if (rows === 0) return graph.node('Identity', [x], {}, output);
    const from = graph.integers(`row${rows}`, [rows]);
    const to = graph.integers('toTheEnd', [2 ** 31]);
    return graph.node('Slice', [x, from, to, graph.integers('rowAxis', [2])], {}, output);
  }

  /** @param place of a decoder's layer: the size of what it gives, and whether it need not draw its first row */
  private layer(x: string, prefix: string, layer: Layer, place?: Place): string {
    const { graph } = this;
    const { transposed, kernel, stride, pad, outputPad, residual } = layer;
    const folded = new FoldedLayer(this.checkpoint, prefix, transposed);
    const quick = this.quick && place ? this.quickLayer(x, prefix, layer, folded, place) : undefined;
    if (quick !== undefined && transposed) return quick;
    const padTop = place?.leavesOutTop ? 0 : pad;
    let y = quick;
    if (y === undefined) {
      const weights = graph.weights(`${prefix}.weight`, folded.shape, () => folded.weights());
      const biases = graph.weights(`${prefix}.bias`, [folded.channels], () => folded.biases());
      y = graph.node(transposed ? 'ConvTranspose' : 'Conv', [x, weights, biases], {
        kernel_shape: [kernel, kernel],
        strides: stride,
        pads: [padTop, pad, pad, pad],
        ...(outputPad > 0 ? { output_padding: [outputPad, outputPad] } : {}),
      });
    }
    if (residual) y = graph.node('Add', [y, x]);
    return graph.node('Relu', [y]);
  }

  /** Doubling layers with their ReLU, others without; nothing where the plain form is the better one. */
  private quickLayer(
    x: string,
    prefix: string,
    { transposed, kernel, stride, pad }: Layer,
    folded: FoldedLayer,
    { rows, columns, leavesOutTop }: Place,
  ): string | undefined {
    const [first, second] = folded.shape as [number, number];
    const [inputs, outputs] = transposed ? [first, second] : [second, first];
    const shape = { prefix, inputs, outputs, weights: () => folded.weights(), biases: () => folded.biases() };
    if (kernel !== 3 || pad !== 1) return undefined;
    if (transposed) return stride[0] === 2 ? doublingConvolution(this.graph, x, shape) : undefined;
    const tiles = stride[0] === 1 && stride[1] === 1 && canTile(shape, rows);
    return tiles ? tiledConvolution(this.graph, x, shape, columns, leavesOutTop ? 0 : 1) : undefined;
  }

  private tensor(name: string): string {
    return this.graph.weights(name, this.checkpoint.float32Info(name).shape, () => this.checkpoint.readFloat32(name));
  }
}
