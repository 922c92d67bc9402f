"""Exports stage A alone, for clients that draw a mouth themselves: export_visemes.py --speech speech.pt --out ../lip-mini-visemes.onnx

Input `mel` [N,1,80,16], output `coefficients` [N,10] in 0..1, in the order of phonemes.COEFFICIENTS. Opset 17, fp32, any N.
Also writes the .json beside it: the window, the names, and the targets of the visemes (visemes.py), which the product mixes.
"""
import argparse
import json
import os
import time
import warnings

import numpy as np
import onnx
import torch

from export import session
from mel import FRAMES_BEFORE, FRAMES_PER_SECOND
from phonemes import COEFFICIENTS
from speech_net import SpeechNet
from visemes import targets


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--speech', required=True)
    parser.add_argument('--out', required=True)
    args = parser.parse_args()
    net = SpeechNet()
    net.load_state_dict(torch.load(args.speech))
    net.eval()
    warnings.filterwarnings('ignore')
    part = args.out + '.part'
    torch.onnx.export(net, (torch.randn(2, 1, 80, 16),), part, dynamo=False, opset_version=17, input_names=['mel'],
                      output_names=['coefficients'], dynamic_axes={name: {0: 'N'} for name in ('mel', 'coefficients')})
    model = onnx.load(part)
    model.metadata_props.add(key='licence', value='Apache-2.0')
    onnx.checker.check_model(model)
    onnx.save(model, part)
    os.replace(part, args.out)
    run = session(args.out)
    worst = 0.0
    for n in (1, 2, 5):
        mel = torch.randn(n, 1, 80, 16)
        with torch.no_grad():
            worst = max(worst, float(np.abs(run.run(None, dict(mel=mel.numpy()))[0] - net(mel).numpy()).max()))
    feed = dict(mel=np.random.default_rng(0).standard_normal((1, 1, 80, 16), np.float32))
    for _ in range(20):
        run.run(None, feed)
    started = time.process_time()
    for _ in range(400):
        run.run(None, feed)
    print(f'{os.path.getsize(args.out) / 1e6:.2f} MB, largest difference to PyTorch {worst:.1e}, '
          f'{(time.process_time() - started) / 400 * 1000:.3f} CPU ms per picture on one thread')
    about = dict(format='herald-visemes/1', windowStartMs=-1000 * FRAMES_BEFORE / FRAMES_PER_SECOND, coefficients=COEFFICIENTS,
                 visemes=targets(), licence='Apache-2.0')
    with open(os.path.splitext(args.out)[0] + '.json', 'w') as f:
        json.dump(about, f, indent=2)
        f.write('\n')


if __name__ == '__main__':
    main()
