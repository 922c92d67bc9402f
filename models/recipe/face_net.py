"""Stage B: ten mouth coefficients + the reference face -> the lower half of the face.

It works on the lower half only and at half resolution: 2 x 2 pixels become channels (space to depth), and the answer is
spread out again (depth to space). That is a quarter of the cost of full resolution, and the reference itself carries the
fine texture: out = reference + gate * residual, with a residual that starts as zero.
"""
import torch
from torch import nn
import torch.nn.functional as F

from phonemes import COUNT


class Conditioned(nn.Module):
    """3x3 convolution whose channels are scaled and shifted by the mouth (FiLM)."""

    def __init__(self, inputs, outputs, stride=1, mouth=48):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, stride, 1)
        self.film = nn.Linear(mouth, 2 * outputs)
        nn.init.normal_(self.film.weight, std=0.05)
        nn.init.zeros_(self.film.bias)

    def forward(self, x, mouth):
        scale, shift = self.film(mouth)[:, :, None, None].chunk(2, 1)
        return F.leaky_relu(self.conv(x) * (1 + scale) + shift, 0.1)


class FaceNet(nn.Module):
    def __init__(self, widths=(32, 48, 80, 112), mouth=48):
        super().__init__()
        a, b, c, d = widths
        self.mouth = nn.Sequential(nn.Linear(COUNT, 64), nn.LeakyReLU(0.1), nn.Linear(64, mouth), nn.LeakyReLU(0.1))
        self.enter = Conditioned(12 + 12 + 2, a)
        self.enter2 = Conditioned(a, a)
        self.down1, self.level1 = Conditioned(a, b, 2), Conditioned(b, b)
        self.down2, self.level2 = Conditioned(b, c, 2), Conditioned(c, c)
        self.down3, self.level3, self.level3b = Conditioned(c, d, 2), Conditioned(d, d), Conditioned(d, d)
        self.up2, self.up2b = Conditioned(d + c, c), Conditioned(c, c)
        self.up1, self.up1b = Conditioned(c + b, b), Conditioned(b, b)
        self.up0, self.up0b = Conditioned(b + a, a), Conditioned(a, a)
        self.leave = nn.Conv2d(a, 16, 3, 1, 1)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)

    def forward(self, coefficients, face):
        """[N,10], [N,6,S,S] -> [N,3,S,S]; S a multiple of 32."""
        half = face.shape[-1] // 2
        upper, lower = face[:, :3, :half], face[:, 3:, half:]
        # The visible upper half goes in beside the lower: it tells the head's pose.
        x = F.pixel_unshuffle(torch.cat([lower, upper], 1), 2)
        rows = torch.linspace(-1, 1, half // 2).view(1, 1, -1, 1).expand(1, 1, half // 2, half)
        columns = torch.linspace(-1, 1, half).view(1, 1, 1, -1).expand(1, 1, half // 2, half)
        place = torch.cat([rows, columns], 1).expand(face.shape[0], 2, half // 2, half)
        m = self.mouth(coefficients)
        e0 = self.enter2(self.enter(torch.cat([x, place], 1), m), m)
        e1 = self.level1(self.down1(e0, m), m)
        e2 = self.level2(self.down2(e1, m), m)
        h = self.level3b(self.level3(self.down3(e2, m), m), m)
        h = self.up2b(self.up2(torch.cat([_double(h), e2], 1), m), m)
        h = self.up1b(self.up1(torch.cat([_double(h), e1], 1), m), m)
        h = self.up0b(self.up0(torch.cat([_double(h), e0], 1), m), m)
        answer = F.pixel_shuffle(self.leave(h), 2)
        out = lower + torch.sigmoid(answer[:, 3:] + 1) * answer[:, :3]
        return torch.cat([upper, out if self.training else out.clamp(0, 1)], 2)


def _double(x):
    return F.interpolate(x, scale_factor=2.0, mode='nearest')
