"""The mel spectrogram that Wav2Lip uses; the mouth networks of Herald all take it.

16 kHz, pre-emphasis .97, n_fft 800, hop 200 (80 frames a second), 80 Slaney bands 55-7600 Hz, -4..4 clipped.
Frame j is centred on j * 12.5 ms.
"""
import numpy as np
import scipy.signal

SAMPLE_RATE_HZ = 16000
HOP_SAMPLES = 200
FRAMES_PER_SECOND = SAMPLE_RATE_HZ // HOP_SAMPLES
N_FFT = 800
BANDS = 80
WINDOW_FRAMES = 16
# The window of the picture shown at t starts 3 frames (37.5 ms) before t: what was said just before matters for a closure.
FRAMES_BEFORE = 3


def _hz_to_mel(hz):
    return 15 + np.log(hz / 1000) / (np.log(6.4) / 27) if hz >= 1000 else hz * 3 / 200


def _mel_to_hz(mel):
    return np.where(mel >= 15, 1000 * np.exp(np.log(6.4) / 27 * (mel - 15)), mel * 200 / 3)


def _filter_bank(low_hz=55.0, high_hz=7600.0):
    edges = _mel_to_hz(np.linspace(_hz_to_mel(low_hz), _hz_to_mel(high_hz), BANDS + 2))
    bins = np.fft.rfftfreq(N_FFT, 1 / SAMPLE_RATE_HZ)
    ramps = edges[:, None] - bins
    widths = np.diff(edges)
    rows = []
    for i in range(BANDS):
        triangle = np.maximum(0, np.minimum(-ramps[i] / widths[i], ramps[i + 2] / widths[i + 1]))
        rows.append(triangle * 2 / (edges[i + 2] - edges[i]))
    return np.stack(rows)


_FILTERS = _filter_bank()
_HANN = scipy.signal.get_window('hann', N_FFT)


def mel_spectrogram(samples):
    """float samples in -1..1 at 16 kHz -> [80, 1 + len // 200] float32."""
    emphasised = np.pad(scipy.signal.lfilter([1, -0.97], [1], samples), N_FFT // 2)
    count = 1 + (len(emphasised) - N_FFT) // HOP_SAMPLES
    stride = emphasised.strides[0]
    frames = np.lib.stride_tricks.as_strided(emphasised, (count, N_FFT), (stride * HOP_SAMPLES, stride))
    magnitude = np.abs(np.fft.rfft(frames * _HANN, axis=1)).T
    decibels = 20 * np.log10(np.maximum(1e-5, _FILTERS @ magnitude)) - 20
    return np.clip(8 * ((decibels + 100) / 100) - 4, -4, 4).astype(np.float32)
