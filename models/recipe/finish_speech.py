"""Two things that training leaves to be set: finish_speech.py --speech speech.pt --out FILE [--closure 1.2]

Rest: digital silence has to be exactly rest (all zeros), for the picture it is drawn on then stays bit-identical to the idle one. Training
ends some thousandths above that; the biases of the last layer take it back.
Closure: how readily the lips shut, as a factor on p/b/m; chosen on the test shards of voices that were held out.
"""
import argparse

import torch

from mel import BANDS, WINDOW_FRAMES
from phonemes import INDEX
from speech_net import SpeechNet

SILENCE = -4.0
# Below rest by so much, so that rounding in another runtime stays at rest, too.
MARGIN = 0.003


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--speech', required=True)
    parser.add_argument('--out', required=True)
    parser.add_argument('--closure', type=float, default=1.2)
    args = parser.parse_args()
    net = SpeechNet()
    net.load_state_dict(torch.load(args.speech))
    net.eval()
    last = net.time[-1]
    with torch.no_grad():
        for part in (last.weight, last.bias):
            part[INDEX['MPB']] *= args.closure
        silence = torch.full((1, 1, BANDS, WINDOW_FRAMES), SILENCE)
        said = net.time(net.local(silence).flatten(1, 2))[0]
        last.bias -= (said + MARGIN).clamp(min=0)
        assert not net(silence).any()
    torch.save(net.state_dict(), args.out)
    print('silence was', [round(v, 4) for v in said.tolist()], 'and is rest')


if __name__ == '__main__':
    main()
