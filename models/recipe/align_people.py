"""Times of the sounds in recordings of people, for evaluation only:
align_people.py --texts core-sounds-en.txt[.gz] --sounds /usr/share/asterisk/sounds/en --out ../../eval/held-out/people-en.json

Needs `ffmpeg` and `pip install pocketsphinx` (its acoustic model and dictionary come with it). Two passes of forced alignment:
words first, then their sounds to 10 ms. A recording is left out when its text says things that the dictionary does not know,
or when the aligner does not get through.
"""
import argparse
import gzip
import json
import os
import re
import subprocess

import pocketsphinx

from phonemes import FLITE_TO_IPA

_ONES = 'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split()
_TENS = {20: 'twenty', 30: 'thirty', 40: 'forty', 50: 'fifty', 60: 'sixty', 70: 'seventy', 80: 'eighty', 90: 'ninety'}
SHORTEST_S = 1.2


def in_words(number):
    if number < 20:
        return _ONES[number]
    if number < 100:
        return _TENS[number // 10 * 10] + (' ' + _ONES[number % 10] if number % 10 else '')
    return ' '.join(_ONES[int(d)] for d in str(number))


def words_of(text):
    text = re.sub(r'\d+', lambda m: ' ' + in_words(int(m.group())) + ' ', text.lower())
    return re.sub(r"[^a-z' ]", ' ', text.replace('-', ' ')).split()


def read_texts(path):
    opened = gzip.open(path, 'rt', encoding='utf8') if path.endswith('.gz') else open(path, encoding='utf8')
    with opened as f:
        for line in f:
            name, _, text = line.partition(':')
            if not line.startswith(';') and text.strip() and '[' not in text and '(' not in text:
                yield name.strip(), text.strip()


def align(decoder, pcm, words):
    """-> [(start ms, IPA)] or None"""
    decoder.set_align_text(' '.join(words))
    decoder.start_utt()
    decoder.process_raw(pcm, full_utt=True)
    decoder.end_utt()
    if decoder.hyp() is None:
        return None
    decoder.set_alignment()
    decoder.start_utt()
    decoder.process_raw(pcm, full_utt=True)
    decoder.end_utt()
    alignment = decoder.get_alignment()
    if alignment is None:
        return None
    out = []
    for word in alignment:
        for phone in word:
            name = re.sub(r'\d', '', phone.name).lower()
            ipa = '' if name in ('sil', '+spn+', '+nsn+') else FLITE_TO_IPA.get(name, name)
            if not (out and out[-1][1] == '' == ipa):
                out.append([phone.start * 10, ipa])
    end_ms = len(pcm) // 32
    if out and out[-1][1] != '':
        out.append([end_ms, ''])
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ('--texts', '--sounds', '--out'):
        parser.add_argument(name, required=True)
    args = parser.parse_args()
    decoder = pocketsphinx.Decoder(samprate=16000, loglevel='FATAL', bestpath=False)
    takes, left_out = [], 0
    for name, text in read_texts(args.texts):
        path = os.path.join(args.sounds, name + '.g722')
        words = words_of(text)
        if not os.path.exists(path) or not words:
            continue
        if any(decoder.lookup_word(w) is None for w in words):
            left_out += 1
            continue
        pcm = subprocess.run(['ffmpeg', '-v', 'error', '-f', 'g722', '-i', path, '-f', 's16le', '-ac', '1', '-ar', '16000', '-'],
                             capture_output=True, check=True).stdout
        if len(pcm) < 2 * 16000 * SHORTEST_S:
            continue
        try:
            phonemes = align(decoder, pcm, words)
        except RuntimeError:
            phonemes = None
        if phonemes is None:
            left_out += 1
            continue
        takes.append(dict(file=name + '.g722', durationMs=len(pcm) // 32, phonemes=phonemes))
    print(len(takes), 'recordings,', round(sum(t['durationMs'] for t in takes) / 60000, 1), 'minutes;', left_out, 'left out')
    with open(args.out, 'w') as f:
        json.dump(dict(takes=takes), f, ensure_ascii=False, separators=(',', ':'))


if __name__ == '__main__':
    main()
