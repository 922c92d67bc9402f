"""Makes chirp.f32: the mel of a signal that mel.test.ts makes itself, from numpy alone (no code shared with mel.ts).

    python3 testing/mel/make_fixture.py testing/mel/chirp.f32

Signal: 0.3 s at 16 kHz, x[i] = float32(0.4 sin(2 pi (120 t + 5000 t^2)) + 0.1 sin(2 pi 6000 t)), zero from sample 3200 to 4000.
Output: [80][T] little-endian float32, T = 1 + floor(n / 200), zero-padded after the pre-emphasis.
"""
import sys
import numpy as np

n = 4800
t = np.arange(n) / 16000
x = (0.4 * np.sin(2 * np.pi * (120 * t + 5000 * t * t)) + 0.1 * np.sin(2 * np.pi * 6000 * t)).astype(np.float32).astype(np.float64)
x[3200:4000] = 0
y = np.append(x[0], x[1:] - 0.97 * x[:-1])
y = np.pad(y, 400)
frames = 1 + n // 200
hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(800) / 800)
magnitude = np.abs(np.fft.rfft(np.stack([y[k * 200 : k * 200 + 800] * hann for k in range(frames)]), axis=1)).T

step = np.log(6.4) / 27
to_mel = lambda f: np.where(f < 1000, f * 3 / 200, 15 + np.log(np.maximum(f, 1) / 1000) / step)
to_hz = lambda m: np.where(m < 15, m * 200 / 3, 1000 * np.exp(step * (m - 15)))
edges = to_hz(np.linspace(to_mel(np.array(55.0)), to_mel(np.array(7600.0)), 82))
hz = np.arange(401) * 20.0
bank = np.maximum(0, np.minimum((hz[None] - edges[:-2, None]) / np.diff(edges)[:-1, None], (edges[2:, None] - hz[None]) / np.diff(edges)[1:, None]))
bank = (bank * (2 / (edges[2:] - edges[:-2]))[:, None]).astype(np.float32).astype(np.float64)
db = 20 * np.log10(np.maximum(1e-5, bank @ magnitude)) - 20
np.clip(8 * (db + 100) / 100 - 4, -4, 4).astype('<f4').tofile(sys.argv[1])
