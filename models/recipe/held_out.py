"""The held-out set that `npm run eval:lips` judges by:
held_out.py speech --out ../../eval/held-out [--piper MODEL]
held_out.py people --out ../../eval/held-out --aligned ALIGNED.json [--language es --voice "Allison Smith, Spanish" --minutes 10 --warped]
held_out.py faces --out ../../eval/held-out --poses poses.json --renders DIR --name clara [--bundle ../../resources/presenters/clara]

Speech: one Opus file a voice, its sounds with their times (the synthesiser's own; Piper's by alignment), and the opening of the lips that the
recipe's rules make of them, at 80 Hz in hundredths. Every sentence is in texts.HELD_OUT; which voices were never learned
from is said by corpus.HELD_OUT. Faces: the lower halves of renders as one PNG, with the mouth each was posed in.
"""
import argparse
import json
import os
import subprocess
import zlib

import numpy as np
from PIL import Image

import corpus
import engines
import texts
from mel import SAMPLE_RATE_HZ
from phonemes import coefficient_track, normalise, opening

# file, group, what it is
VOICES = [
    ('known-espeak-en', 'known voices', 'espeak-ng en-us (the product\'s default variant)'),
    ('known-espeak-zh', 'known voices', 'espeak-ng Mandarin'),
    ('known-flite', 'known voices', 'flite slt'),
    ('known-festival', 'known voices', 'festival cmu_us_slt_arctic_hts'),
    ('unseen-espeak', 'held-out voices', 'espeak-ng variants f3, m3, m7, klatt4, Annie'),
    ('unseen-flite', 'held-out voices', 'flite awb'),
    ('unseen-festival', 'held-out voices', 'festival ked_diphone'),
    ('engine-piper', 'held-out engine', 'Piper en_US-joe, a neural voice: no Piper voice was learned from'),
]
SECONDS = 75
GAP_S = 0.4
BITRATE = '24k'
LEVEL_DB = -22


def utterances(file, random, piper):
    """Yields (samples, phonemes) for ever."""
    espeak = engines.Espeak()
    order = lambda: [texts.HELD_OUT[i] for i in random.permutation(len(texts.HELD_OUT))]
    while True:
        for number, text in enumerate(order()):
            if file == 'known-espeak-en':
                yield espeak.say(text, 'en-us', 175)
            elif file == 'known-espeak-zh':
                yield espeak.say(texts.mandarin(random, True), 'cmn-latn-pinyin', 175)
            elif file == 'known-flite':
                yield engines.flite(text, 'slt')
            elif file == 'known-festival':
                yield from engines.festival([text], 'cmu_us_slt_arctic_hts')
            elif file == 'unseen-espeak':
                variants = corpus.HELD_OUT['espeak_variants']
                yield espeak.say(text, 'en-us+' + variants[number % len(variants)], random.integers(150, 200), random.integers(30, 70), 50)
            elif file == 'unseen-flite':
                yield engines.flite(text, 'awb')
            elif file == 'unseen-festival':
                yield from engines.festival([text], 'ked_diphone')
            else:
                yield piper.say(text)


def speech_file(file, piper, out):
    random = np.random.default_rng(sum(map(ord, file)))
    parts, spoken, spans, now = [], [], [], GAP_S
    parts.append(np.zeros(int(GAP_S * SAMPLE_RATE_HZ), np.float32))
    for samples, phonemes in utterances(file, random, piper):
        if not phonemes:
            continue
        loud = samples[np.abs(samples) > 0.02 * np.abs(samples).max()]
        samples = np.clip(samples * 10 ** (LEVEL_DB / 20) / np.sqrt(np.mean(loud**2)), -1, 1)
        spans.append([round(now * 1000), round((now + len(samples) / SAMPLE_RATE_HZ) * 1000)])
        spoken += [(a + now, b + now, p) for a, b, p in phonemes]
        parts += [samples, np.zeros(int(GAP_S * SAMPLE_RATE_HZ), np.float32)]
        now += len(samples) / SAMPLE_RATE_HZ + int(GAP_S * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
        if now > SECONDS:
            break
    whole = np.concatenate(parts)
    path = os.path.join(out, file + '.ogg')
    subprocess.run(['ffmpeg', '-y', '-v', 'error', '-f', 's16le', '-ar', str(SAMPLE_RATE_HZ), '-ac', '1', '-i', '-', '-c:a', 'libopus',
                    '-b:a', BITRATE, '-application', 'audio', '-map_metadata', '-1', '-fflags', '+bitexact', '-flags', '+bitexact', path],
                   input=(whole * 32767).astype(np.int16).tobytes(), check=True)
    return labels(spoken, now) | dict(utterances=spans)


def labels(spoken, seconds):
    """What is committed of a file's labels: sounds as [start ms, IPA], silence as '', and the opening."""
    named = []
    for start, end, phoneme in spoken:
        sound = normalise(phoneme).replace('_', '')
        if named and start * 1000 - named[-1][2] > 15 and named[-1][1] != '':
            named.append([round(named[-1][2]), '', start * 1000])
        if not (named and named[-1][1] == '' == sound):
            named.append([round(float(start) * 1000), sound, float(end) * 1000])
        else:
            named[-1][2] = float(end) * 1000
    if named[-1][1] != '':
        named.append([round(named[-1][2]), '', seconds * 1000])
    track, _ = coefficient_track(spoken, int(seconds * 80) + 1)
    return dict(phonemes=[[a, p] for a, p, _ in named], opening=[round(float(v) * 100) for v in opening(track)])


def speech(args):
    import neural
    piper = neural.Piper(args.piper) if args.piper else None
    os.makedirs(args.out, exist_ok=True)
    path = os.path.join(args.out, 'speech.json')
    takes = []
    if os.path.exists(path):
        with open(path) as f:
            takes = json.load(f)['takes']
    for file, group, what in VOICES:
        if any(take['file'] == file + '.ogg' for take in takes) or (file.startswith('engine-piper') and not piper):
            continue
        takes.append(dict(file=file + '.ogg', group=group, voice=what) | speech_file(file, piper, args.out))
        print(file, takes[-1]['utterances'][-1][1] / 1000, 's', flush=True)
    with open(path, 'w') as f:
        json.dump(dict(openingHz=80, takes=takes), f, ensure_ascii=False, separators=(',', ':'))


def people(args):
    """Adds the opening to what align_people.py or warp_people.py found."""
    with open(args.aligned) as f:
        takes = json.load(f)['takes']
    takes = drawn(takes, args.minutes)
    for take in takes:
        take.update(labels(take.pop('spoken'), take['durationMs'] / 1000))
        take['group'], take['voice'] = 'people', args.voice
    about = dict(openingHz=80) | (dict(warped=True) if args.warped else {}) | dict(takes=takes)
    with open(os.path.join(args.out, f'people-{args.language}.json'), 'w') as f:
        json.dump(about, f, ensure_ascii=False, separators=(',', ':'))
    print(args.language, len(takes), 'recordings,', round(sum(t['durationMs'] for t in takes) / 60000, 1), 'minutes')


def drawn(takes, minutes):
    """At most so many minutes of them, by lot and always the same, in their order."""
    lot = sorted(takes, key=lambda take: zlib.crc32(take['file'].encode()))
    until = np.cumsum([take['durationMs'] for take in lot]) <= minutes * 60000
    chosen = {take['file'] for take, within in zip(lot, until) if within}
    return [take for take in takes if take['file'] in chosen]


def faces(args):
    import face_data
    size, half = args.size, args.size // 2
    found = face_data.load(args.poses, args.renders, args.bundle, size, want_test=True).first(args.count)
    with open(args.poses) as f:
        items = json.load(f)['items']
    at = [item['at'] for i, item in enumerate(items)
          if face_data.is_test(item) and os.path.exists(os.path.join(args.renders, f'{i:05d}_said.png'))][:args.count]
    rgb = found.said[:, :, half:].flip(1).permute(0, 2, 3, 1).numpy()
    Image.fromarray(np.concatenate(list(rgb))).save(os.path.join(args.out, f'face-{args.name}.png'), optimize=True)
    about = dict(name=args.name, group='presenters', presenter=args.name, sizePx=size, said=f'face-{args.name}.png',
                 items=[dict(at=a, mouth=[round(float(v), 4) for v in m]) for a, m in zip(at, found.coefficients)])
    with open(os.path.join(args.out, f'face-{args.name}.json'), 'w') as f:
        json.dump(about, f, separators=(',', ':'))
    print(args.name, len(found), 'faces')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('what', choices=['speech', 'people', 'faces'])
    parser.add_argument('--out', required=True)
    parser.add_argument('--piper')
    parser.add_argument('--aligned', help='what align_people.py or warp_people.py wrote')
    parser.add_argument('--language', default='en')
    parser.add_argument('--voice', default='Allison Smith, English')
    parser.add_argument('--minutes', type=float, default=15)
    parser.add_argument('--warped', action='store_true', help='the times are from warp_people.py')
    parser.add_argument('--poses')
    parser.add_argument('--renders')
    parser.add_argument('--bundle')
    parser.add_argument('--name')
    parser.add_argument('--size', type=int, default=160)
    parser.add_argument('--count', type=int, default=24)
    args = parser.parse_args()
    dict(speech=speech, people=people, faces=faces)[args.what](args)


if __name__ == '__main__':
    main()
