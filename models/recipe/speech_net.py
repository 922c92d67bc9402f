"""Stage A: one mel window -> ten mouth coefficients. About 0.3 M parameters.

Two small 2D convolutions see local patterns wherever a voice puts them on the band axis; then bands become channels and
the rest is convolution over time, which is several times cheaper than more 2D layers.
"""
import torch
from torch import nn

from phonemes import COUNT


class SpeechNet(nn.Module):
    def __init__(self, first=16, second=24, wide=128, hidden=160):
        super().__init__()
        self.local = nn.Sequential(
            nn.Conv2d(1, first, (5, 3), (2, 1), (2, 1), bias=False), nn.BatchNorm2d(first), nn.LeakyReLU(0.1),  # 40 x 16
            nn.Conv2d(first, second, 3, 2, 1, bias=False), nn.BatchNorm2d(second), nn.LeakyReLU(0.1),  # 20 x 8
        )
        self.time = nn.Sequential(
            nn.Conv1d(second * 20, wide, 3, 1, 1, bias=False), nn.BatchNorm1d(wide), nn.LeakyReLU(0.1),  # 8
            nn.Conv1d(wide, wide, 3, 2, 1, bias=False), nn.BatchNorm1d(wide), nn.LeakyReLU(0.1),  # 4
            nn.Flatten(),
            nn.Dropout(0.3),
            nn.Linear(wide * 4, hidden),
            nn.LeakyReLU(0.1),
            nn.Linear(hidden, COUNT),
        )

    def forward(self, mel):
        out = self.time(self.local(mel).flatten(1, 2))
        return out if self.training else torch.clamp(out, 0, 1)
