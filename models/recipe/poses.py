"""Which faces to render for training: poses.py --out poses.json [--count 1700] [--seed 5]

Four in five items are pictures of the shipped idle loop exactly (their reference is the loop's own picture, so only the
speaking face is rendered); the others move head, smile, brows, lids and crop a little, with a rendered reference.
Items are in random order: any prefix is a fair sample, so training can start before the rendering ends.
"""
import argparse
import json

import numpy as np

import engines
import texts
from phonemes import COUNT, INDEX, coefficient_track

IDLE_PICTURES = 225
FACE_BOX = [182, 292, 352]
# Idle pictures that are only ever tested on.
TEST_EVERY, TEST_PHASE = 15, 7


def spoken_shapes(random, seconds):
    espeak = engines.Espeak()
    rows, total = [], 0
    while total < seconds:
        chinese = random.random() < 0.25
        samples, phonemes = espeak.say(texts.mandarin(random) if chinese else texts.english(random),
                                       'cmn-latn-pinyin' if chinese else 'en-us', random.integers(140, 200))
        track, _ = coefficient_track(phonemes, 1 + len(samples) // 200)
        rows.append(track)
        total += len(samples) / 16000
    rows = np.concatenate(rows)
    return rows[rows.max(1) > 0.04]


def rounded(random):
    """Rounded shapes and their mixtures are rare in running speech and hard to draw."""
    c = np.zeros(COUNT)
    a, b = random.choice(['UW', 'OO', 'AO', 'SH'], 2, replace=False)
    c[INDEX[a]] = random.uniform(0.25, 1)
    c[INDEX[b]] = random.uniform(0, 0.9) * (1 - 0.6 * c[INDEX[a]])
    c[INDEX['AA']] = random.uniform(0, 0.6) * (random.random() < 0.6) * (1 - 0.5 * c[INDEX[a]])
    return c


def any_pair(random):
    c = np.zeros(COUNT)
    c[random.integers(COUNT)] = random.uniform(0.2, 1)
    other = random.integers(COUNT)
    c[other] = min(1, c[other] + random.uniform(0, 0.4))
    return c


def mouth(random, spoken):
    u = random.random()
    c = spoken[random.integers(len(spoken))].astype(float)
    if u < 0.5:
        return c
    if u < 0.66:  # the speech network answers more softly than its labels
        sprinkle = np.clip(random.normal(0, 0.06, COUNT), 0, 1) * (random.random(COUNT) < 0.5)
        return np.clip(c * random.uniform(0.45, 1.1) + sprinkle, 0, 1)
    if u < 0.86:
        return rounded(random)
    if u < 0.97:
        return any_pair(random)
    return np.zeros(COUNT)


def items(count, random):
    spoken = spoken_shapes(random, 400)
    out = []
    while len(out) < count:
        shape = [round(float(v), 4) for v in mouth(random, spoken)]
        if random.random() < 0.8:
            out.append(dict(at=int(random.integers(IDLE_PICTURES)), mouth=shape, box=FACE_BOX, rest=None))
            continue
        side = FACE_BOX[2] + float(random.uniform(-8, 8))
        jitter = dict(head=[round(float(v), 4) for v in random.uniform(-1, 1, 3) * [0.012, 0.016, 0.01]],
                      smile=round(float(random.uniform(-0.08, 0.08)), 3), brow=round(float(random.uniform(-0.05, 0.08)), 3),
                      blink=round(float(random.random()) if random.random() < 0.15 else 0.0, 3))
        pose = dict(at=round(float(random.uniform(0, IDLE_PICTURES)), 2), jitter=jitter,
                    box=[round(FACE_BOX[0] + float(random.uniform(-4, 4)), 2), round(FACE_BOX[1] + float(random.uniform(-4, 4)), 2), round(side, 2)])
        first = len(out)
        out.append(dict(pose, mouth=shape, rest=first))
        out.append(dict(pose, mouth=[round(float(v), 4) for v in mouth(random, spoken)], rest=first))  # two mouths share a rest
    return out[:count]


def is_test(item):
    return item['rest'] is None and item['at'] % TEST_EVERY == TEST_PHASE


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--out', required=True)
    parser.add_argument('--count', type=int, default=1700)
    parser.add_argument('--seed', type=int, default=5)
    args = parser.parse_args()
    rows = items(args.count, np.random.default_rng(args.seed))
    with open(args.out, 'w') as f:
        json.dump(dict(items=rows), f)
    print(len(rows), 'items,', sum(map(is_test, rows)), 'for testing')


if __name__ == '__main__':
    main()
