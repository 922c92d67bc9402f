"""CPU-ms per picture of a Wav2Lip checkpoint in PyTorch, whole graph, one thread: what bench/parts/mouth-cost.ts compares with.

    python3 wav2lip_torch.py CHECKPOINT < layout.json        # prints one line of JSON

Needs torch alone. The network is put together from the layout (src/main/server/mouth/weights/wav2lip-layout.ts), in eval mode.
"""
import json
import sys
import time

import torch
import torch.nn.functional as F

layout = json.load(sys.stdin)
torch.set_num_threads(1)
state = torch.load(sys.argv[1], map_location='cpu', weights_only=True)['state_dict']
state = {name.removeprefix('module.'): tensor for name, tensor in state.items()}


def layer(x, prefix, shape):
    weight, bias = state[f'{prefix}.0.weight'], state[f'{prefix}.0.bias']
    if shape['transposed']:
        y = F.conv_transpose2d(x, weight, bias, shape['stride'], shape['pad'], shape['outputPad'])
    else:
        y = F.conv2d(x, weight, bias, shape['stride'], shape['pad'])
    norm = [state[f'{prefix}.1.{name}'] for name in ('running_mean', 'running_var', 'weight', 'bias')]
    y = F.batch_norm(y, *norm, training=False, eps=1e-5)
    return F.relu(y + x if shape['residual'] else y)


def attention(feature):
    both = torch.cat([feature.mean(1, keepdim=True), feature.amax(1, keepdim=True)], 1)
    return 1 + torch.sigmoid(F.conv2d(both, state['sam.sa.conv1.weight'], padding=3))


def draw(mel, face):
    features = []
    x = face
    for block, layers in enumerate(layout['encoder']):
        for i, shape in enumerate(layers):
            x = layer(x, f'face_encoder_blocks.{block}.{i}.conv_block', shape)
        features.append(x)
    x = mel
    for i, shape in enumerate(layout['audio']):
        x = layer(x, f'audio_encoder.{i}.conv_block', shape)
    for block, layers in enumerate(layout['decoder']):
        for i, shape in enumerate(layers):
            x = layer(x, f'face_decoder_blocks.{block}.{i}.conv_block', shape)
        feature = features[-1 - block]
        x = torch.cat([x * attention(feature) if layout['spatialAttention'] else x, feature], 1)
    x = layer(x, 'output_block.0.conv_block', layout['audio'][0])
    return torch.sigmoid(F.conv2d(x, state['output_block.1.weight'], state['output_block.1.bias']))


def numbers(path, shape):
    return torch.frombuffer(bytearray(open(path, 'rb').read()), dtype=torch.float32).reshape(shape)


size = layout['faceSizePx']
mel, face = numbers(layout['mel'], (1, 1, 80, 16)), numbers(layout['face'], (1, 6, size, size))
best = float('inf')
with torch.inference_mode():
    out = draw(mel, face)
    for _ in range(layout['rounds']):
        before = time.process_time()
        out = draw(mel, face)
        best = min(best, time.process_time() - before)
open(layout['out'], 'wb').write(out.contiguous().numpy().tobytes())
print(json.dumps({'torch': torch.__version__, 'pictureMs': 1000 * best}))
