"""Times of the sounds in English recordings of people, for evaluation only (other languages: warp_people.py):
align_people.py --texts core-sounds-en.txt[.gz] --sounds /usr/share/asterisk/sounds/en --out people.json

Needs `ffmpeg` and pocketsphinx (aligner.py). A recording is left out when its text says things that the dictionary does not
know, or when the aligner does not get through. `held_out.py people` makes of this what is committed.
"""
import argparse
import gzip
import json
import os
import subprocess

import numpy as np

SHORTEST_S = 1.2


def read_texts(path):
    opened = gzip.open(path, 'rt', encoding='utf8') if path.endswith('.gz') else open(path, encoding='utf8')
    with opened as f:
        for line in f:
            name, _, text = line.partition(':')
            if not line.startswith(';') and text.strip() and '[' not in text and '(' not in text:
                yield name.strip(), text.strip()


def read_sound(path, *input_options):
    """-> float samples at 16 kHz."""
    pcm = subprocess.run(['ffmpeg', '-v', 'error', *input_options, '-i', path, '-f', 's16le', '-ac', '1', '-ar', '16000', '-'],
                         capture_output=True, check=True).stdout
    return np.frombuffer(pcm, np.int16).astype(np.float32) / 32768


def read_g722(path):
    return read_sound(path, '-f', 'g722')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ('--texts', '--sounds', '--out'):
        parser.add_argument(name, required=True)
    args = parser.parse_args()
    from aligner import Aligner  # only here: warp_people.py needs no pocketsphinx
    aligner = Aligner()
    takes, left_out = [], 0
    for name, text in read_texts(args.texts):
        path = os.path.join(args.sounds, name + '.g722')
        if not os.path.exists(path):
            continue
        samples = read_g722(path)
        if len(samples) < 16000 * SHORTEST_S:
            continue
        spoken = aligner.align(samples, text)
        if spoken is None:
            left_out += 1
            continue
        takes.append(dict(file=name + '.g722', durationMs=len(samples) // 16, spoken=spoken))
    print(len(takes), 'recordings,', round(sum(t['durationMs'] for t in takes) / 60000, 1), 'minutes;', left_out, 'left out')
    with open(args.out, 'w') as f:
        json.dump(dict(takes=takes), f, ensure_ascii=False)


if __name__ == '__main__':
    main()
