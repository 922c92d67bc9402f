"""Stage A: one mel window -> ten mouth coefficients. About 0.6 M parameters.

Two small 2D convolutions see local patterns wherever a voice puts them on the band axis; then bands become channels and
the rest is convolution over time, which is several times cheaper than more 2D layers.
"""
import torch
from torch import nn

from phonemes import COUNT


class SpeechNet(nn.Module):
    def __init__(self, first=16, second=32, wide=192, hidden=192):
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

    def load_narrower(self, state):
        """Takes the weights of a narrower net and says what it says: what is new is not listened to yet."""
        own = self.state_dict()
        for name, old in state.items():
            new = own[name]
            if new.shape == old.shape:
                new.copy_(old)
                continue
            if new.dim() > 1 and new.shape[1] > old.shape[1]:
                new[:, old.shape[1]:] = 0
            new[tuple(slice(0, n) for n in old.shape)] = old
        self.load_state_dict(own)
