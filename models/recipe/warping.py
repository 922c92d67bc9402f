"""When each sound of a known text is spoken, in any language that espeak-ng speaks: dynamic time warping against its synthesis.

Several speakers of espeak-ng say the text, each is laid over the recording (Sakoe & Chiba 1978, symmetric steps), and the times
of its sounds, which espeak-ng knows, go along; the median over the speakers is the answer. What tells a good alignment from a
bad one is how far the speakers are apart (`spread_s`) and what the path costs (`cost`). How exact it is: check_warping.py, whose
figures are in eval/held-out/README.md.
"""
import re
from dataclasses import dataclass

import numpy as np
import scipy.fft
import scipy.signal

from engines import Espeak
from mel import SAMPLE_RATE_HZ
from phonemes import normalise

# Speakers of espeak-ng's that differ in size, sex and synthesis (the klatt ones are formants of another kind).
SPEAKERS = ('', '+f2', '+f4', '+m2', '+klatt2')
HOP_SAMPLES = 160
HOP_S = HOP_SAMPLES / SAMPLE_RATE_HZ
_WINDOW_SAMPLES = 400
_BANDS = 40
_CEPSTRA = 16
_DELTA_WEIGHT = 1.6
# Words a minute, to begin with.
_PACE = 170
# Sound this far below the loudest is silence.
_FLOOR_DB = 38
# A longer silence is a pause (a shorter one can be the hold of a stop): most of it is cut out before the warping, on both sides.
PAUSE_S = 0.2
_LEFT_BEFORE_S, _LEFT_AFTER_S = 0.03, 0.08
_SHORTEST_REST_S = 0.015
# espeak-ng begins its sounds later than other synthesisers do, and than pocketsphinx: 5 to 15 ms on flite and festival.
LATE_S = 0.01


@dataclass
class Alignment:
    # [(start s, end s, IPA)] of the whole recording, silence as ''.
    spoken: list
    # Mean over the boundaries of how far the speakers are apart (median absolute deviation).
    spread_s: float
    # Mean cosine distance along the path, median of the speakers.
    cost: float


class Heard:
    """A recording as the warping sees it: features of what is left when the pauses are cut, and which time each is of."""

    def __init__(self, samples):
        frames = _frames(samples)
        power = np.fft.rfft(frames * _HANN, 512, axis=1)
        level_db = 10 * np.log10((frames**2).mean(1) + 1e-10)
        self.level_db = level_db
        self.loud = level_db > np.percentile(level_db, 97) - _FLOOR_DB
        self.keep, self.pauses = _without_pauses(self.loud)
        log_mel = np.log((np.abs(power) ** 2) @ _FILTERS.T + 1e-8)
        cepstra = scipy.fft.dct(log_mel, axis=1, norm='ortho')[:, :_CEPSTRA]
        # Who speaks and through what is in the mean; one spread for all coefficients keeps the slow ones, which matter most, the largest.
        cepstra = (cepstra - cepstra[self.loud].mean(0)) / (cepstra[self.loud].std() + 1e-3)
        deltas = (np.roll(cepstra, -2, 0) - np.roll(cepstra, 2, 0)) * _DELTA_WEIGHT
        self.features = np.concatenate([cepstra, deltas], 1)[self.keep]

    @property
    def duration_s(self):
        return len(self.keep) * HOP_S


def _frames(samples):
    """[n, 400]: frame j is centred on j hops."""
    padded = np.pad(scipy.signal.lfilter([1, -0.97], [1], samples), _WINDOW_SAMPLES // 2)
    count = 1 + len(samples) // HOP_SAMPLES
    at = np.minimum(np.arange(count)[:, None] * HOP_SAMPLES + np.arange(_WINDOW_SAMPLES), len(padded) - 1)
    return padded[at]


def _filter_bank():
    mel = lambda hz: 2595 * np.log10(1 + hz / 700)
    edges = 700 * (10 ** (np.linspace(mel(80), mel(7600), _BANDS + 2) / 2595) - 1)
    bins = np.fft.rfftfreq(512, 1 / SAMPLE_RATE_HZ)
    rise = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    fall = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    return np.maximum(0, np.minimum(rise, fall))


_HANN = scipy.signal.get_window('hann', _WINDOW_SAMPLES)
_FILTERS = _filter_bank()


def _runs(mask):
    """[(from, to)] of what is true, `to` exclusive."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    return list(zip(edges[::2], edges[1::2]))


def _without_pauses(loud):
    """Which frames to warp, and the pauses in between as [(from, to)]; what is before the first sound and after the last goes, too."""
    keep = np.ones(len(loud), bool)
    pauses = []
    before, after = int(_LEFT_BEFORE_S / HOP_S), int(_LEFT_AFTER_S / HOP_S)
    for start, end in _runs(~loud):
        if start == 0:
            keep[:max(0, end - after)] = False
        elif end == len(loud):
            keep[start + before:] = False
        elif (end - start) * HOP_S > PAUSE_S:
            keep[start + before:end - after] = False
            pauses.append((start + before, end - after))
    return np.flatnonzero(keep), pauses


_VOICELESS_STOP = re.compile(r'^(p|t|k|c|q|ʈ)')
_LONGEST_HOLD_S = 0.09
_HOLD_DB = 15


def holds_to_their_stops(spoken, level_db):
    """espeak-ng names a p, t or k when it bursts, and counts the silence of some 45 ms before that, when the lips are shut, as the end of
    the vowel. It is given to the stop here, as everybody else counts."""
    out = list(spoken)
    for k in range(1, len(out)):
        start, end, sound = out[k]
        if not _VOICELESS_STOP.match(sound):
            continue
        at = round(start / HOP_S)
        before = level_db[max(0, at - int(0.16 / HOP_S)):at + 1]
        earliest = max(at - int(_LONGEST_HOLD_S / HOP_S), round(out[k - 1][0] / HOP_S) + 2)
        while at - 1 > earliest and level_db[at - 1] < before.max() - _HOLD_DB:
            at -= 1
        if at * HOP_S < start:
            out[k - 1] = (out[k - 1][0], at * HOP_S, out[k - 1][2])
            out[k] = (at * HOP_S, end, sound)
    return out


# (recording, reference) frames of a step: slopes from a third to three.
_STEPS = ((1, 1), (1, 2), (2, 1), (1, 3), (3, 1))
_REACH = 3


def warp(a, b):
    """Features [n, d] and [m, d] -> (for each frame of b where in a it is, mean cost); None when one is over 3 times as long."""
    unit = lambda x: x / (np.linalg.norm(x, axis=1, keepdims=True) + 1e-9)
    distance = 1 - unit(a) @ unit(b).T
    n, m = distance.shape
    # A step costs every cell that it passes, each as often as it moves on either axis: a detour is never cheaper than the way through.
    passed = [2 * distance + sum(_shifted(distance, k, 0) for k in range(1, di)) + sum(_shifted(distance, 0, k) for k in range(1, dj))
              for di, dj in _STEPS]
    total = np.full((n + _REACH, m + _REACH), np.inf)
    came = np.zeros((n, m), np.int8)
    total[_REACH, _REACH] = 2 * distance[0, 0]
    options = np.empty((len(_STEPS), m))
    for i in range(1, n):
        for k, (di, dj) in enumerate(_STEPS):
            np.add(total[i + _REACH - di, _REACH - dj:_REACH - dj + m], passed[k][i], out=options[k])
        came[i] = options.argmin(0)
        total[i + _REACH, _REACH:] = options.min(0)
    if not np.isfinite(total[-1, -1]):
        return None
    path = _path_back(came)
    sums = np.bincount(path[:, 1], path[:, 0], m)
    return sums / np.bincount(path[:, 1], minlength=m), total[-1, -1] / (n + m)


def _shifted(x, rows, columns):
    """The cells so far before; nothing is before the first ones."""
    out = np.zeros_like(x)
    out[rows:, columns:] = x[:x.shape[0] - rows, :x.shape[1] - columns]
    return out


def _path_back(came):
    """Every cell from the first to the last, those that a step passes between, too."""
    i, j = came.shape[0] - 1, came.shape[1] - 1
    path = [(i, j)]
    while i > 0 or j > 0:
        di, dj = _STEPS[came[i, j]]
        path += [(i - min(k, di), j - min(k, dj)) for k in range(1, max(di, dj) + 1)]
        i, j = i - di, j - dj
    return np.array(path[::-1])


class Warper:
    """One a process: espeak-ng's library speaks to whoever asked last."""

    def __init__(self, speakers=SPEAKERS):
        self._espeak = Espeak()
        self._speakers = speakers

    def align(self, samples, text, language):
        """float samples at 16 kHz -> Alignment; None when most of the speakers cannot be laid over them."""
        heard = Heard(samples)
        if len(heard.keep) < 10:
            return None
        # The pace of the recording first: the steps' slopes are for what is uneven in it.
        said = Heard(self._espeak.say(text, language, _PACE)[0])
        pace = int(np.clip(_PACE * said.duration_s / heard.duration_s, 80, 400))
        sounds, times, costs = None, [], []
        for speaker in self._speakers:
            found = self._against(heard, text, language + speaker, pace, sounds)
            if found is not None:
                sounds, starts, cost = found
                times.append(starts)
                costs.append(cost)
        if len(times) <= len(self._speakers) // 2:
            return None
        middle = np.median(times, 0)
        spread_s = float(np.median(np.abs(np.array(times) - middle), 0).mean())
        edges = np.maximum(0, middle - LATE_S)
        spoken = _with_pauses(list(zip(edges[:-1], edges[1:], sounds)), heard)
        return Alignment(spoken, spread_s, float(np.median(costs)))

    def _against(self, heard, text, voice, pace, sounds):
        samples, spoken = self._espeak.say(text, voice, pace)
        spoken = [(start, end, p) for start, end, p in spoken if normalise(p).replace('_', '')]
        names = [normalise(p) for _, _, p in spoken]
        if not spoken or (sounds is not None and names != sounds):
            return None
        said = Heard(samples)
        spoken = holds_to_their_stops(spoken, said.level_db)
        warped = warp(heard.features, said.features)
        if warped is None:
            return None
        where, cost = warped
        edges = np.array([start for start, _, _ in spoken] + [spoken[-1][1]])
        kept = np.interp(edges / HOP_S, said.keep, where)
        return names, np.interp(kept, np.arange(len(heard.keep)), heard.keep) * HOP_S, cost


def _with_pauses(spoken, heard):
    """Where the recording is silent nobody speaks, whatever sound was laid over it: that keeps the longer of its two ends."""
    out = []
    pauses = [(a * HOP_S, b * HOP_S) for a, b in heard.pauses]
    for start, end, sound in spoken:
        for from_s, to_s in pauses:
            if start < to_s and end > from_s:
                start, end = (start, from_s) if from_s - start >= end - to_s else (to_s, end)
        if end - start > 0.002:
            out.append((float(start), float(end), sound))
    return with_rests(out, len(heard.loud) * HOP_S)


def with_rests(spoken, until_s):
    """What lies between sounds, before the first and after the last, as ''."""
    out, now = [], 0.0
    for start, end, sound in spoken + [(until_s, until_s, '')]:
        if start - now > _SHORTEST_REST_S:
            out.append((now, start, ''))
        out.append((start, end, sound))
        now = max(now, end)
    return out[:-1]
