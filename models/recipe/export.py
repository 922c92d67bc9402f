"""Joins both stages into the one graph of the product's contract.

export.py --speech speech.pt --face face.pt --size 160 --out ../lip-mini.onnx

Inputs `mel` [N,1,80,16] and `face` [N,6,S,S] (BGR/255: three channels with the lower half zeroed, three of the reference),
output `out` [N,3,S,S]. Opset 17, fp32, any N. Also writes the .json beside it.
"""
import argparse
import json
import os
import time
import warnings

import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn

from face_net import FaceNet
from mel import FRAMES_BEFORE, FRAMES_PER_SECOND
from speech_net import SpeechNet


class Lip(nn.Module):
    def __init__(self, speech, face):
        super().__init__()
        self.speech, self.face = SpeechNet(), FaceNet()
        self.speech.load_state_dict(torch.load(speech))
        self.face.load_state_dict(torch.load(face))

    def forward(self, mel, face):
        return self.face(self.speech(mel), face)


def session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=['CPUExecutionProvider'])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--speech', required=True)
    parser.add_argument('--face', required=True)
    parser.add_argument('--size', type=int, default=160)
    parser.add_argument('--out', required=True)
    args = parser.parse_args()
    net = Lip(args.speech, args.face).eval()
    mel, face = torch.randn(2, 1, 80, 16), torch.rand(2, 6, args.size, args.size)
    warnings.filterwarnings('ignore')
    part = args.out + '.part'
    torch.onnx.export(net, (mel, face), part, dynamo=False, opset_version=17, input_names=['mel', 'face'], output_names=['out'],
                      dynamic_axes={name: {0: 'N'} for name in ('mel', 'face', 'out')})
    model = onnx.load(part)
    # Shapes are stated, because the product reads S from the graph.
    for dimension, value in zip(model.graph.output[0].type.tensor_type.shape.dim, (None, 3, args.size, args.size)):
        if value:
            dimension.dim_value = value
    model.metadata_props.add(key='licence', value='Apache-2.0')
    onnx.checker.check_model(model)
    onnx.save(model, part)
    os.replace(part, args.out)
    run = session(args.out)
    worst = 0.0
    for n in (1, 2, 5):
        m, f = torch.randn(n, 1, 80, 16), torch.rand(n, 6, args.size, args.size)
        with torch.no_grad():
            worst = max(worst, float(np.abs(run.run(None, dict(mel=m.numpy(), face=f.numpy()))[0] - net(m, f).numpy()).max()))
    feed = dict(mel=mel[:1].numpy(), face=face[:1].numpy())
    for _ in range(10):
        run.run(None, feed)
    started = time.process_time()
    for _ in range(60):
        run.run(None, feed)
    print(f'{os.path.getsize(args.out) / 1e6:.2f} MB, largest difference to PyTorch {worst:.1e}, '
          f'{(time.process_time() - started) / 60 * 1000:.2f} CPU ms per picture on one thread')
    # The network answers for the moment a picture begins, and a picture is seen for 40 ms from then: a mel frame (12.5 ms) later,
    # lips are nearer to the sound on every voice of `npm run eval:lips`.
    about = dict(format='herald-mouth/1', id='lip-mini', windowStartMs=-1000 * (FRAMES_BEFORE - 1) / FRAMES_PER_SECOND, faceSizePx=args.size,
                 precision='fp32', channelOrder='BGR', licence='Apache-2.0')
    with open(os.path.splitext(args.out)[0] + '.json', 'w') as f:
        json.dump(about, f, indent=2)
        f.write('\n')


if __name__ == '__main__':
    main()
