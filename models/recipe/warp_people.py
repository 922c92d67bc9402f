"""Times of the sounds in recordings of people in any language that espeak-ng speaks, for evaluation only:
warp_people.py --language es-419 --texts core-sounds-es.txt.gz --sounds /usr/share/asterisk/sounds/es --out people.json

Needs `ffmpeg` and espeak-ng (warping.py). Texts and recordings do not always agree, so an alignment has to earn its place: it
must cost less than what nine in ten cost when the last two words are taken from their text, and espeak-ng's speakers
must be at one about its times. `held_out.py people` makes of this what is committed.
"""
import argparse
import json
import math
import os
import re
import zlib

import numpy as np

from align_people import SHORTEST_S, read_g722, read_texts
from warping import Warper

# The warping of a longer one does not fit into a small machine's memory.
LONGEST_S = 20
WIDEST_SPREAD_S = 0.01
# Of the recordings, one in this many is also aligned with a text that lacks its end.
_DECOY_EVERY = 3
_MISSING_WORDS = 2
_SHORTEST_DECOY_WORDS = 6
_DECOYS_PASSED = 0.1


def sayable(text, language):
    """Whether espeak-ng would say what the person says: no marks of what is not read out, no broken letters, no foreign words."""
    if re.search(r'[\[\](){}<>/_@*#:]|\d{3,}', text.rstrip(':')):
        return False
    # The Italian list has question marks where accented letters were.
    if re.search(r'\?(?!\s*$|\s+[A-ZÀ-ÝА-Я])|\s\?', text):
        return False
    return not (language == 'ru' and re.search(r'[A-Za-z]', text))


def without_end(text):
    words = text.split()
    return ' '.join(words[:-_MISSING_WORDS]) if len(words) >= _SHORTEST_DECOY_WORDS else None


def recordings(texts, sounds, language, minutes=math.inf):
    """Yields (name, text, samples) of what is neither too short, nor too long, nor unsayable: so many minutes, by lot, always the same."""
    said = {name: text for name, text in read_texts(texts) if sayable(text, language)}
    seconds = 0
    for name in sorted(said, key=lambda name: zlib.crc32(name.encode())):
        path = os.path.join(sounds, name + '.g722')
        if not os.path.exists(path):
            continue
        samples = read_g722(path)
        if SHORTEST_S <= len(samples) / 16000 <= LONGEST_S:
            yield name, said[name], samples
            seconds += len(samples) / 16000
            if seconds > 60 * minutes:
                return


def warp_all(warper, found, language):
    """-> ([(name, duration ms, Alignment or None)], costs of alignments with texts that lack their end)."""
    aligned, decoys = [], []
    for number, (name, text, samples) in enumerate(found):
        aligned.append((name, len(samples) // 16, warper.align(samples, text, language)))
        cut = without_end(text) if number % _DECOY_EVERY == 0 else None
        decoy = cut and warper.align(samples, cut, language)
        if decoy:
            decoys.append(decoy.cost)
    return aligned, decoys


def trusted(aligned, decoys):
    """-> ([(name, duration ms, Alignment)] that may be kept, the highest cost among what may)."""
    limit = float(np.quantile(decoys, _DECOYS_PASSED))
    return [(name, ms, a) for name, ms, a in aligned if a and a.cost <= limit and a.spread_s <= WIDEST_SPREAD_S], limit


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ('--language', '--texts', '--sounds', '--out'):
        parser.add_argument(name, required=True)
    parser.add_argument('--minutes', type=float, default=math.inf, help='of recordings to align')
    args = parser.parse_args()
    aligned, decoys = warp_all(Warper(), recordings(args.texts, args.sounds, args.language, args.minutes), args.language)
    kept, limit = trusted(aligned, decoys)
    takes = [dict(file=name + '.g722', durationMs=ms, spoken=a.spoken) for name, ms, a in kept]
    costs = [a.cost for _, _, a in aligned if a]
    print(f'{args.language}: {len(takes)} of {len(aligned)} recordings kept, {sum(t["durationMs"] for t in takes) / 60000:.1f} of '
          f'{sum(ms for _, ms, _ in aligned) / 60000:.1f} minutes; {sum(a is None for _, _, a in aligned)} could not be aligned, '
          f'{sum(c > limit for c in costs)} cost over {limit:.3f} (median {np.median(costs):.3f}, of {len(decoys)} decoys {np.median(decoys):.3f}), '
          f'{sum(a is not None and a.spread_s > WIDEST_SPREAD_S for _, _, a in aligned)} with speakers over {WIDEST_SPREAD_S * 1000:.0f} ms apart')
    with open(args.out, 'w') as f:
        json.dump(dict(takes=takes), f, ensure_ascii=False)


if __name__ == '__main__':
    main()
