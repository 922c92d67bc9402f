"""Trains stage A: train_speech.py --corpus DIR --out speech.pt [--minutes 14] [--threads 2] [--resume]"""
import argparse
import copy
import os
import time

import numpy as np
import torch
import torch.nn.functional as F

import speech_data
from phonemes import INDEX, OPENING
from scores import predict, score
from speech_net import SpeechNet

BATCH = 192
PEAK_RATE = 2.5e-3
TESTS = ['espeak', 'espeak-default', 'flite', 'festival']


def sampling(speech):
    """Quiet frames are plenty and easy; closures are short and must be right."""
    moving = speech.coefficients[speech.index].max(1).values.numpy() > 0.05
    weight = 0.3 + 0.7 * moving + 0.5 * speech.events[speech.index, 0] + 0.3 * speech.events[speech.index, 1]
    return np.cumsum(weight / weight.sum())


def report(net, tests):
    for name, speech in tests.items():
        s = score(predict(net, speech), speech)
        print(f'   {name:15s}', ' '.join(f'{k}={v}' for k, v in s.items()), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--corpus', required=True)
    parser.add_argument('--out', required=True)
    parser.add_argument('--minutes', type=float, default=14)
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--rate', type=float, default=PEAK_RATE)
    parser.add_argument('--false-closures', type=float, default=0.6, help='weight of shutting the lips where nothing shuts them')
    parser.add_argument('--resume', action='store_true', help='start from --out if it exists')
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    random = np.random.default_rng(0)
    speech = speech_data.load(args.corpus, 'train-*.npz')
    tests = {name: speech_data.load(args.corpus, f'test-{name}.npz') for name in TESTS}
    net = SpeechNet().to(memory_format=torch.channels_last)  # 1.4 times faster here
    if args.resume and os.path.exists(args.out):
        net.load_state_dict(torch.load(args.out))
    average = copy.deepcopy(net).eval()
    print(f'{len(speech.index) / 80 / 3600:.2f} h, {sum(p.numel() for p in net.parameters()) / 1e6:.2f} M parameters', flush=True)
    cumulative = sampling(speech)
    # Every shape counts in proportion to how much it moves, or the open vowels would drown out the rest.
    scale = 1 / torch.from_numpy(np.maximum(speech.coefficients.numpy().std(0), 0.06))
    opening = torch.from_numpy(OPENING)
    optimiser = torch.optim.AdamW(net.parameters(), args.rate, weight_decay=2e-3)
    started = reported = time.time()
    step = 0
    net.train()
    while (elapsed := (time.time() - started) / 60 / args.minutes) < 1:
        for group in optimiser.param_groups:
            group['lr'] = args.rate * min(1, (step + 1) / 200) * (0.01 + 0.99 * 0.5 * (1 + np.cos(np.pi * elapsed)))
        frames = speech.index[np.searchsorted(cumulative, random.random(BATCH)).clip(max=len(speech.index) - 1)]
        mel, wanted = speech_data.augment(speech.windows(frames)), speech.coefficients[frames]
        got = net(mel.contiguous(memory_format=torch.channels_last))
        lips = torch.from_numpy(speech.events[frames].any(1).astype(np.float32))[:, None]
        loss = (F.smooth_l1_loss(got, wanted, beta=0.1, reduction='none') * scale * (1 + lips)).mean()
        loss = loss + 0.5 * F.smooth_l1_loss(got @ opening, wanted @ opening, beta=0.1)
        # Lips that shut on a k or a t are seen at once; lips that shut a little late on a p are not.
        shut_got, shut_wanted = got[:, INDEX['MPB']], wanted[:, INDEX['MPB']]
        loss = loss + args.false_closures * (F.relu(shut_got - shut_wanted - 0.1) * (shut_wanted < 0.3)).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        step += 1
        with torch.no_grad():
            keep = min(0.998, step / (step + 20))
            for mean, now in zip(average.state_dict().values(), net.state_dict().values()):
                mean.lerp_(now, 1 - keep) if mean.dtype.is_floating_point else mean.copy_(now)
        if time.time() - reported > 120:
            reported = time.time()
            print(f'{elapsed:4.0%} step {step} ({step / (time.time() - started):.1f}/s) loss {loss.item():.3f}', flush=True)
            report(average, tests)
            torch.save(average.state_dict(), args.out)
    torch.save(average.state_dict(), args.out)
    print(f'done at step {step}')
    report(average, tests)


if __name__ == '__main__':
    main()
