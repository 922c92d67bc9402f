"""Synthetic speech with phoneme times: espeak-ng (in process), flite and festival (as programs), sustained sounds."""
import ctypes
import ctypes.util
import os
import re
import subprocess
import tempfile
import wave

import numpy as np
import scipy.signal

from mel import SAMPLE_RATE_HZ
from phonemes import CATALAN_TO_IPA, CZECH_TO_IPA, FINNISH_TO_IPA, FLITE_TO_IPA, ITALIAN_TO_IPA, RUSSIAN_TO_IPA


class _EventId(ctypes.Union):
    _fields_ = [('number', ctypes.c_int), ('name', ctypes.c_char_p), ('string', ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [('type', ctypes.c_int), ('uid', ctypes.c_uint), ('text_position', ctypes.c_int), ('length', ctypes.c_int),
                ('audio_ms', ctypes.c_int), ('sample', ctypes.c_int), ('user_data', ctypes.c_void_p), ('id', _EventId)]


class Espeak:
    """espeak-ng through its C library: PCM and phoneme events with millisecond times."""

    _SYNCHRONOUS = 2  # the asynchronous mode hangs after some minutes
    _PHONEME_EVENTS_IPA = 3
    _PHONEME = 7
    _UTF8, _PHONEME_NOTATION = 1, 0x100
    _RATE, _PITCH, _RANGE = 1, 3, 4

    def __init__(self):
        self._lib = ctypes.CDLL(ctypes.util.find_library('espeak-ng') or 'libespeak-ng.so.1')
        self._rate_hz = self._lib.espeak_Initialize(self._SYNCHRONOUS, 0, None, self._PHONEME_EVENTS_IPA)
        self._pcm, self._phonemes = bytearray(), []
        callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(_Event))
        self._callback = callback(self._receive)  # kept: the library holds only a pointer
        self._lib.espeak_SetSynthCallback(self._callback)

    def _receive(self, pcm, count, events):
        if pcm and count > 0:
            self._pcm.extend(ctypes.string_at(pcm, count * 2))
        i = 0
        while events[i].type != 0:
            if events[i].type == self._PHONEME:
                self._phonemes.append((events[i].audio_ms / 1000, events[i].id.string.decode('utf8', 'replace')))
            i += 1
        return 0

    def say(self, text, voice, words_per_minute=170, pitch=50, pitch_range=50):
        """Text, in which [[...]] is espeak-ng's own phoneme notation -> (samples at 16 kHz, phonemes)."""
        self._pcm.clear()
        self._phonemes.clear()
        if self._lib.espeak_SetVoiceByName(voice.encode()) != 0:
            raise ValueError(f'espeak-ng has no voice {voice}')
        for parameter, value in ((self._RATE, words_per_minute), (self._PITCH, pitch), (self._RANGE, pitch_range)):
            self._lib.espeak_SetParameter(parameter, int(value), 0)
        raw = text.encode()
        self._lib.espeak_Synth(raw, len(raw) + 1, 0, 1, 0, self._UTF8 | self._PHONEME_NOTATION, None, None)
        self._lib.espeak_Synchronize()
        samples = to_16k(np.frombuffer(bytes(self._pcm), np.int16).astype(np.float32) / 32768, self._rate_hz)
        starts = sorted(self._phonemes, key=lambda e: e[0]) + [(len(samples) / SAMPLE_RATE_HZ, '')]
        spoken = [(a[0], b[0], a[1]) for a, b in zip(starts, starts[1:]) if b[0] > a[0]]
        return samples, spoken


def to_16k(samples, rate_hz):
    if rate_hz == SAMPLE_RATE_HZ:
        return samples
    divisor = np.gcd(SAMPLE_RATE_HZ, rate_hz)
    return scipy.signal.resample_poly(samples, SAMPLE_RATE_HZ // divisor, rate_hz // divisor).astype(np.float32)


def read_wav(path):
    with wave.open(path) as w:
        samples = np.frombuffer(w.readframes(w.getnframes()), np.int16).astype(np.float32) / 32768
        return to_16k(samples, w.getframerate())


def _from_ends(ends, table):
    """[(name, end s)] -> [(start, end, IPA)]."""
    out, start = [], 0.0
    for name, end in ends:
        name = re.sub(r'1$', '', name)
        out.append((start, end, table.get(name, name)))
        start = end
    return out


def flite(text, voice, stretch=1.0):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'said.wav')
        command = ['flite', '-voice', voice, '-psdur', '--setf', f'duration_stretch={stretch:.3f}', '-t', text, '-o', path]
        printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        ends = [(name, float(end)) for name, end in re.findall(r'([a-z]+):([\d.]+)', printed)]
        return read_wav(path), _from_ends(ends, FLITE_TO_IPA)


# By how a voice's name begins.
_FESTIVAL_TABLES = dict(lp=ITALIAN_TO_IPA, pc=ITALIAN_TO_IPA, czech=CZECH_TO_IPA, suo=FINNISH_TO_IPA, hy=FINNISH_TO_IPA,
                        upc=CATALAN_TO_IPA, msu=RUSSIAN_TO_IPA)


def festival(texts, voice, stretch=1.0):
    """Several sentences in one run, because starting a voice costs a second. Yields (samples, phonemes)."""
    table = _FESTIVAL_TABLES.get(voice.split('_')[0], FLITE_TO_IPA)
    with tempfile.TemporaryDirectory() as folder:
        script = [f'(voice_{voice})', f"(Parameter.set 'Duration_Stretch {stretch:.3f})"]
        for i, text in enumerate(texts):
            said = re.sub(r'["\\]', '', text)
            script.append(f'(set! u (Utterance Text "{said}"))(utt.synth u)')
            script.append(f'(utt.save.wave u "{folder}/{i}.wav" \'riff)(utt.save.segs u "{folder}/{i}.lab")')
        subprocess.run(['festival', '--pipe'], input='\n'.join(script), capture_output=True, text=True, check=False)
        for i in range(len(texts)):
            if not os.path.exists(f'{folder}/{i}.lab') or not os.path.exists(f'{folder}/{i}.wav'):
                continue
            with open(f'{folder}/{i}.lab') as f:
                rows = [line.split() for line in f if re.match(r'^\s*[\d.]+\s', line)]
            yield read_wav(f'{folder}/{i}.wav'), _from_ends([(row[-1], float(row[0])) for row in rows], table)


# Formants (Hz) of sustained vowels and nasal murmurs, male-sized.
_VOWELS = {'ɑ': (730, 1090, 2440), 'æ': (660, 1720, 2410), 'ɛ': (530, 1840, 2480), 'i': (270, 2290, 3010),
           'ɔ': (570, 840, 2410), 'u': (300, 870, 2240)}
_MURMURS = {'m': (250, 1000, 2200), 'n': (260, 1450, 2300)}


def sustained(random):
    """Equal-loudness held sounds: 'mmm' must be shut and 'aaa' open although they are as loud as each other."""
    f0 = random.uniform(85, 260)
    size = 1 + (f0 - 85) / 175 * 0.18 + random.uniform(-0.05, 0.05)
    parts, spoken, now = [], [], 0.0
    level = random.uniform(0.03, 0.25)
    for _ in range(random.integers(4, 9)):
        duration = random.uniform(0.25, 0.9)
        kind = random.choice(['m', 'vowel', 'n', 'pause'], p=[0.33, 0.42, 0.1, 0.15])
        count = int(duration * SAMPLE_RATE_HZ)
        if kind == 'pause':
            name, samples = '', np.zeros(count, np.float32)
        else:
            name = str(random.choice(list(_VOWELS))) if kind == 'vowel' else kind
            samples = _resonate(name, f0 * (1 + random.uniform(-0.03, 0.03)), size, count, random)
            samples = samples / (np.sqrt(np.mean(samples**2)) + 1e-6) * level
        parts.append(samples)
        spoken.append((now, now + count / SAMPLE_RATE_HZ, name))
        now += count / SAMPLE_RATE_HZ
    return np.concatenate(parts).astype(np.float32), spoken


# espeak-ng's notation of a sound -> IPA.
_HELD = {'m': 'm', 'n': 'n', 'A:': 'ɑ', 'i:': 'i', 'u:': 'u', 'O:': 'ɔ', 'E': 'ɛ'}


def held(espeak, voice, random):
    """Sounds of a whole speaker held for long, each at a level of its own: a loud m is as shut as a quiet one."""
    parts, spoken, now = [], [], 0.0
    for _ in range(random.integers(4, 8)):
        name = str(random.choice(['m', 'n', 'A:', 'i:', 'u:', 'O:', 'E', ''], p=[0.38, 0.1, 0.16, 0.06, 0.06, 0.06, 0.06, 0.12]))
        count = int(random.uniform(0.3, 1.1) * SAMPLE_RATE_HZ)
        samples = np.zeros(count, np.float32)
        if name:
            said, _ = espeak.say(f'[[{name * 16}]]', voice, 120, random.integers(20, 80), 20)
            said = said[SAMPLE_RATE_HZ // 10:][:count]  # neither its onset, nor how it ends
            if len(said) < SAMPLE_RATE_HZ // 5:
                continue
            # As loud in every moment: repeated phonemes swell and fade.
            power = scipy.signal.fftconvolve(said**2, np.ones(640) / 640, mode='same')
            samples = (said / np.sqrt(np.maximum(power, 1e-7)) * 10 ** (random.uniform(-36, -14) / 20)).astype(np.float32)
        parts.append(samples)
        spoken.append((now, now + len(samples) / SAMPLE_RATE_HZ, _HELD.get(name, '')))
        now += len(samples) / SAMPLE_RATE_HZ
    return np.concatenate(parts) if parts else np.zeros(0, np.float32), spoken


def _resonate(name, f0, size, count, random):
    t = np.arange(count) / SAMPLE_RATE_HZ
    phase = 2 * np.pi * np.cumsum(f0 * (1 + 0.01 * np.sin(2 * np.pi * 5 * t))) / SAMPLE_RATE_HZ
    pulses = np.diff(np.floor(phase / (2 * np.pi)), prepend=0)
    source = scipy.signal.lfilter([1], [1, -0.97], pulses) + 0.003 * random.standard_normal(count)
    nasal = name in _MURMURS
    out = source
    for i, formant in enumerate((_MURMURS if nasal else _VOWELS)[name] + ((3300,) if not nasal else ())):
        radius = np.exp(-np.pi * (120 + 80 * i if nasal else 70 + 40 * i) / SAMPLE_RATE_HZ)
        angle = 2 * np.pi * formant * size / SAMPLE_RATE_HZ
        resonator = [1, -2 * radius * np.cos(angle), radius**2]
        out = scipy.signal.lfilter([sum(resonator)], resonator, out)
    if nasal:  # the closed mouth is a side branch that swallows a band
        zero = 2 * np.pi * (800 if name == 'm' else 1500) * size / SAMPLE_RATE_HZ
        out = scipy.signal.lfilter([1, -1.9 * np.cos(zero), 0.9025], [1], out)
        out = scipy.signal.lfilter([0.3], [1, -0.7], out)
    edge = np.minimum(1, np.minimum(np.arange(count), np.arange(count)[::-1]) / 320)
    return (out * edge).astype(np.float32)
