"""Trains stage A: train_speech.py --corpus DIR --out speech.pt [--steps 12000] [--minutes N] [--threads 2] [--init speech.pt]

Stopped at any moment, the same command goes on from FILE.state.
"""
import argparse
import copy
import math
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
TESTS = ['espeak', 'espeak-default', 'flite', 'festival', 'kokoro']
# How much of a batch comes from each kind of shard, however many minutes there are of it.
SHARES = dict(espeak=0.27, flite=0.16, festival=0.13, world=0.12, kokoro=0.22, held=0.05, sounds=0.05)


def sampling(speech):
    """Quiet frames are plenty and easy; closures are short and must be right."""
    moving = speech.coefficients[speech.index].max(1).values.numpy() > 0.05
    weight = 0.3 + 0.7 * moving + 0.5 * speech.events[speech.index, 0] + 0.3 * speech.events[speech.index, 1]
    for number, name in enumerate(speech.kinds):
        of_kind = speech.kind[speech.index] == number
        weight[of_kind] *= SHARES[name] / weight[of_kind].sum()
    return np.cumsum(weight / weight.sum())


def report(net, tests):
    for name, speech in tests.items():
        s = score(predict(net, speech), speech)
        print(f'   {name:15s}', ' '.join(f'{k}={v}' for k, v in s.items()), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--corpus', required=True)
    parser.add_argument('--out', required=True)
    parser.add_argument('--steps', type=int, default=12000)
    parser.add_argument('--minutes', type=float, default=float('inf'), help='be done by then, if that is sooner')
    parser.add_argument('--report', type=int, default=2000, help='judge every so many steps')
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--rate', type=float, default=PEAK_RATE)
    parser.add_argument('--false-closures', type=float, default=0.6, help='weight of shutting the lips where nothing shuts them')
    parser.add_argument('--init', help='weights to begin with, of a narrower net if need be')
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    random = np.random.default_rng(0)
    speech = speech_data.load(args.corpus, 'train-*.npz')
    tests = {name: speech_data.load(args.corpus, f'test-{name}.npz') for name in TESTS
             if speech_data.shards(args.corpus, f'test-{name}.npz')}
    net = SpeechNet().to(memory_format=torch.channels_last)  # 1.4 times faster here
    if args.init:
        net.load_narrower(torch.load(args.init))
    average = copy.deepcopy(net).eval()
    print(f'{len(speech.index) / 80 / 3600:.2f} h, {sum(p.numel() for p in net.parameters()) / 1e6:.2f} M parameters', flush=True)
    cumulative = sampling(speech)
    # Every shape counts in proportion to how much it moves, or the open vowels would drown out the rest.
    scale = 1 / torch.from_numpy(np.maximum(speech.coefficients.numpy().std(0), 0.06))
    opening = torch.from_numpy(OPENING)
    optimiser = torch.optim.AdamW(net.parameters(), args.rate, weight_decay=2e-3)
    state_path, step, minutes_before = args.out + '.state', 0, 0.0
    if os.path.exists(state_path):
        state = torch.load(state_path)
        for part, name in ((net, 'net'), (average, 'average'), (optimiser, 'optimiser')):
            part.load_state_dict(state[name])
        step, minutes_before = state['step'], state['minutes']
        random = np.random.default_rng(step)
        torch.manual_seed(step)

    def save():
        torch.save(average.state_dict(), args.out)
        torch.save(dict(net=net.state_dict(), average=average.state_dict(), optimiser=optimiser.state_dict(), step=step,
                        minutes=minutes), state_path + '.part')
        os.replace(state_path + '.part', state_path)

    started = saved = time.time()
    minutes = minutes_before
    net.train()
    while (done := max(step / args.steps, minutes / args.minutes)) < 1:
        for group in optimiser.param_groups:
            group['lr'] = args.rate * min(1, (step + 1) / 200) * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done)))
        frames = speech.index[np.searchsorted(cumulative, random.random(BATCH)).clip(max=len(speech.index) - 1)]
        mel, wanted = speech_data.augment(speech.windows(frames)), speech.coefficients[frames]
        with torch.autocast('cpu', torch.bfloat16):  # a third faster where the processor knows it
            got = net(mel.contiguous(memory_format=torch.channels_last))
        got = got.float()
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
            keep = min(0.999, step / (step + 20))
            for mean, now in zip(average.state_dict().values(), net.state_dict().values()):
                mean.lerp_(now, 1 - keep) if mean.dtype.is_floating_point else mean.copy_(now)
        minutes = minutes_before + (time.time() - started) / 60
        if time.time() - saved > 90:
            saved = time.time()
            save()
            print(f'{done:4.0%} step {step}, {minutes:.1f} min, loss {loss.item():.3f}', flush=True)
            if len(speech_data.shards(args.corpus, 'train-*.npz')) > speech.count:  # made meanwhile
                speech = speech_data.load(args.corpus, 'train-*.npz')
                cumulative = sampling(speech)
        if step % args.report == 0:
            report(average, tests)
    save()
    print(f'done at step {step}')
    report(average, tests)


if __name__ == '__main__':
    main()
