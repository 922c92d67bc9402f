"""Corpus shards -> windows and labels, with augmentation on the mel."""
import glob
import os

import numpy as np
import torch
import torch.nn.functional as F

from mel import BANDS, FRAMES_BEFORE, WINDOW_FRAMES


class Speech:
    """Concatenated shards; `index` lists the frames whose whole window lies inside their utterance."""

    def __init__(self, paths):
        shards = [np.load(p) for p in paths]
        self.count = len(shards)
        self.mel = torch.from_numpy(np.concatenate([s['mel'] for s in shards]))
        self.coefficients = torch.from_numpy(np.concatenate([s['coefficients'] for s in shards]).astype(np.float32))
        self.events = np.concatenate([s['events'] for s in shards])
        # Of each frame: which of the sorted `kinds` it is of, by the name of its shard.
        names = [os.path.basename(p).split('-', 1)[1].rsplit('-', 1)[0].removesuffix('.npz') for p in paths]
        self.kinds = sorted(set(names))
        self.kind = np.concatenate([np.full(len(s['mel']), self.kinds.index(name)) for s, name in zip(shards, names)])
        starts = np.flatnonzero(np.concatenate([s['starts'] for s in shards])).tolist() + [len(self.mel)]
        after = WINDOW_FRAMES - FRAMES_BEFORE
        self.index = np.concatenate([np.arange(a + FRAMES_BEFORE, b - after + 1) for a, b in zip(starts, starts[1:])
                                     if b - a > WINDOW_FRAMES])

    def windows(self, frames):
        at = torch.as_tensor(frames)[:, None] - FRAMES_BEFORE + torch.arange(WINDOW_FRAMES)
        return self.mel[at].float().transpose(1, 2)[:, None]


def shards(folder, pattern):
    return [p for p in sorted(glob.glob(os.path.join(folder, pattern))) if '.part.' not in p]


def load(folder, pattern):
    paths = shards(folder, pattern)
    if not paths:
        raise SystemExit(f'No {pattern} in {folder}: run corpus.py first')
    return Speech(paths)


# One unit of this mel is 12.5 dB, so powers add as logaddexp at this scale.
_POWER_SCALE = 10 / (12.5 * np.log(10))


def augment(mel):
    """Level, tone, dynamics, size of the vocal tract, pitch detail, gaps, noise floor: [n,1,80,16] -> the same shape.

    Three synthesisers and a handful of voices are few: what distinguishes them but not the sounds they say is taken away.
    """
    n, width = len(mel), mel.shape[-1]
    some = lambda share: (torch.rand(n, 1, 1) < share).float()
    gain = torch.empty(n, 1).uniform_(-14, 10)
    knots = torch.randn(n, 1, 6) * 4
    tone = F.interpolate(knots, size=BANDS, mode='linear', align_corners=True)[:, 0]
    x = mel[:, 0]
    mean = x.mean((1, 2), keepdim=True)
    x = mean + (x - mean) * torch.empty(n, 1, 1).uniform_(0.8, 1.2)  # compressed or expanded dynamics
    x = x + ((gain + tone) / 12.5)[:, :, None]
    # Vocal-tract length: stretch the band axis, each window by its own factor, and not evenly (a throat is not a mouth).
    uneven = F.interpolate(torch.randn(n, 1, 5) * 0.9, size=BANDS, mode='linear', align_corners=True)[:, 0]
    bands = torch.arange(BANDS)[None] * torch.empty(n, 1).uniform_(0.85, 1.18) + torch.empty(n, 1).uniform_(-1.5, 1.5) + uneven
    bands = bands.clamp(0, BANDS - 1)
    low = bands.long()
    high = (low + 1).clamp(max=BANDS - 1)
    part = (bands - low)[:, :, None]
    x = x.gather(1, low[:, :, None].expand(-1, -1, width)) * (1 - part) + x.gather(1, high[:, :, None].expand(-1, -1, width)) * part
    # Blur over bands: drops the harmonics, keeps the formants.
    smooth = F.avg_pool1d(x.transpose(1, 2), 5, 1, 2, count_include_pad=False).transpose(1, 2)
    x = x + (smooth - x) * some(0.4) * torch.rand(n, 1, 1)
    # Sharper or duller formants: voices differ in how far the spectrum's peaks stand out.
    wide = F.avg_pool1d(x.transpose(1, 2), 17, 1, 8, count_include_pad=False).transpose(1, 2)
    x = x + (x - wide) * torch.empty(n, 1, 1).uniform_(-0.35, 0.35)
    # Somebody else in the background.
    babble = x[torch.randperm(n)] - torch.empty(n, 1, 1).uniform_(1.2, 3)
    x = torch.where(some(0.15) > 0, _POWER_SCALE * torch.logaddexp(x / _POWER_SCALE, babble / _POWER_SCALE), x)
    # A band that a codec or a microphone swallowed.
    first, wide = torch.randint(0, BANDS, (n, 1, 1)), torch.randint(2, 12, (n, 1, 1))
    axis = torch.arange(BANDS)[None, :, None]
    gap = ((axis >= first) & (axis < first + wide)).float() * some(0.3)
    x = x * (1 - gap) - 4 * gap
    # A moment of 12.5 or 25 ms lost.
    at, long = torch.randint(0, width, (n, 1, 1)), torch.randint(1, 3, (n, 1, 1))
    moments = torch.arange(width)[None, None]
    x = torch.where((moments >= at) & (moments < at + long) & (some(0.12) > 0), torch.full_like(x, -4), x)
    slope = torch.linspace(-1, 1, BANDS)[None] * torch.empty(n, 1).uniform_(-0.8, 0.8)
    floor = (torch.empty(n, 1).uniform_(-5.5, -1.4) + slope)[:, :, None] + 0.25 * torch.randn(n, BANDS, width)
    return (_POWER_SCALE * torch.logaddexp(x / _POWER_SCALE, floor / _POWER_SCALE)).clamp(-4, 4)[:, None]
