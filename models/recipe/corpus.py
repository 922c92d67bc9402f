"""Speech with known mouths, in resumable shards:
corpus.py --out DIR [--minutes 280] [--only KIND] [--kokoro MODEL VOCABULARY VOICES] [--piper MODEL]

Each shard is one .npz: mel [n,80] f16, coefficients [n,10] f16, events [n,2] bool (p/b/m, f/v), starts [n] bool.
Which voices are never learned from is decided here and nowhere else: HELD_OUT.
"""
import argparse
import os

import numpy as np
import scipy.signal

import engines
import texts
from mel import HOP_SAMPLES, SAMPLE_RATE_HZ, mel_spectrogram
from phonemes import COUNT, coefficient_track

ESPEAK_VARIANTS = '''f1 f2 f4 f5 m1 m2 m4 m5 m6 m8 klatt klatt2 klatt3 klatt5 Andy linda Michael max belinda steph rob adam
Alicia Andrea anika antonio aunty benjamin boris caleb david Denis Diogo ed edward Gene grandma grandpa Henrique Hugo Jacky
john kaukovalta Lee Marco Mario miguel Mike norbert pablo pedro quincy robert sandro shelby travis victor zac
croak'''.split()
HELD_OUT = dict(espeak_variants=['f3', 'm3', 'm7', 'klatt4', 'Annie'], flite=['awb'], festival=['ked_diphone'],
                kokoro=['af_nova', 'am_michael', 'bm_daniel'], piper=['en_US-joe'])
FLITE = ['slt', 'rms', 'kal16', 'slt', 'rms']
FESTIVAL = ['cmu_us_slt_arctic_hts', 'kal_diphone', 'lp_diphone']
# Voices of other languages, each a speaker of its own; the Russian one is cut from recordings.
FESTIVAL_WORLD = ['czech_ph', 'czech_dita', 'czech_krb', 'czech_machac', 'suo_fi_lj_diphone', 'hy_fi_mv_diphone', 'upc_ca_ona_hts',
                  'msu_ru_nsh_clunits', 'pc_diphone']
ENGLISH_ACCENTS = ['en-us', 'en-us', 'en', 'en-gb-scotland', 'en-gb-x-rp']
SHARD_MINUTES = 8


def resize_voice(samples, phonemes, factor):
    """Play faster or slower: moves pitch and formants together, as a smaller or larger speaker."""
    up, down = 100, int(round(100 * factor))
    return (scipy.signal.resample_poly(samples, up, down).astype(np.float32),
            [(a * up / down, b * up / down, p) for a, b, p in phonemes])


def surround(samples, phonemes, before_s, after_s):
    pad = [np.zeros(int(s * SAMPLE_RATE_HZ), np.float32) for s in (before_s, after_s)]
    return np.concatenate([pad[0], samples, pad[1]]), [(a + before_s, b + before_s, p) for a, b, p in phonemes]


def set_level(samples, random):
    speaking = samples[np.abs(samples) > 0.02 * np.abs(samples).max() + 1e-9]
    rms = np.sqrt(np.mean(speaking**2)) if len(speaking) else 1
    return np.clip(samples * (10 ** (random.uniform(-32, -14) / 20) / rms), -1, 1)


def degrade(samples, random):
    """Equaliser, room, noise: what microphones and codecs do."""
    out = samples
    if random.random() < 0.5:
        b, a = scipy.signal.butter(1, random.uniform(80, 500), 'high', fs=SAMPLE_RATE_HZ)
        out = scipy.signal.lfilter(b, a, out)
    if random.random() < 0.4:
        b, a = scipy.signal.butter(2, random.uniform(3200, 7500), 'low', fs=SAMPLE_RATE_HZ)
        out = scipy.signal.lfilter(b, a, out)
    if random.random() < 0.3:
        length = int(random.uniform(0.05, 0.25) * SAMPLE_RATE_HZ)
        room = random.standard_normal(length) * np.exp(-6 * np.arange(length) / length) * random.uniform(0.02, 0.08)
        room[0] = 1
        out = scipy.signal.fftconvolve(out, room)[:len(out)]
    if random.random() < 0.7:
        noise = scipy.signal.lfilter([1], [1, -random.uniform(0, 0.97)], random.standard_normal(len(out)))
        ratio = np.sqrt(np.mean(out**2) / np.mean(noise**2)) * 10 ** (-random.uniform(8, 45) / 20)
        out = out + noise * ratio
    return out.astype(np.float32)


def espeak_utterance(espeak, random, held_out=False):
    u = random.random()
    variants = HELD_OUT['espeak_variants'] if held_out else ESPEAK_VARIANTS
    # The product's own voice is the default variant: a quarter of espeak's share.
    variant = '' if not held_out and random.random() < 0.28 else '+' + str(random.choice(variants))
    if u < 0.25:
        language, text = 'cmn-latn-pinyin', texts.mandarin(random, held_out)
    elif u < 0.37 and not held_out:
        language = str(random.choice(list(texts.OTHER_LANGUAGES)))
        text = str(random.choice(texts.OTHER_LANGUAGES[language]))
    else:
        language = str(random.choice(ENGLISH_ACCENTS))
        text = str(random.choice(texts.HELD_OUT)) if held_out else texts.english(random)
    rate = random.integers(130, 220) if variant else random.choice([150, 175, 175, 200])
    pitch, spread = (random.integers(20, 80), random.integers(25, 75)) if variant else (50, 50)
    return espeak.say(text, language + variant, rate, pitch, spread)


def flite_utterance(random, voice=None):
    text = str(random.choice(texts.HELD_OUT)) if voice else texts.english(random)
    return engines.flite(text, voice or str(random.choice(FLITE)), 1.0 if voice else random.uniform(0.8, 1.25))


def festival_utterances(random, voice=None):
    chosen = voice or str(random.choice(FESTIVAL, p=[0.5, 0.2, 0.3]))
    if voice:
        said = [str(t) for t in random.choice(texts.HELD_OUT, 8, replace=False)]
    elif chosen.startswith('lp_'):
        said = [str(t) for t in random.choice(texts.OTHER_LANGUAGES['it'], 8)]
    else:
        said = [texts.english(random) for _ in range(8)]
    return engines.festival(said, chosen, 1.0 if voice else random.uniform(0.8, 1.25))


def festival_world_utterances(random):
    voice = str(random.choice(FESTIVAL_WORLD))
    said = [texts.syllables(random, voice.startswith('msu')) for _ in range(8)]
    return engines.festival(said, voice, random.uniform(0.75, 1.15))


def kokoro_utterance(random, kokoro, held_out=False):
    """Its English voices, those of other languages (who say English, too), and people in between any two of them."""
    voices = [v for v in kokoro.voices() if (v in HELD_OUT['kokoro']) == held_out]
    if held_out:
        return kokoro.say(str(random.choice(texts.HELD_OUT)), str(random.choice(voices)))
    english = [v for v in voices if v[0] in 'ab']
    voice = str(random.choice(english if random.random() < 0.6 else voices))
    other = str(random.choice(voices)) if random.random() < 0.4 else None
    return kokoro.say(texts.english(random), voice, random.uniform(0.85, 1.25), other, random.uniform(0.2, 0.5))


def background(random):
    """No voice at all: silence, hiss, hum, clicks. The mouth rests."""
    count = int(random.uniform(1.5, 4) * SAMPLE_RATE_HZ)
    noise = scipy.signal.lfilter([1], [1, -random.uniform(0, 0.98)], random.standard_normal(count))
    noise = noise / np.sqrt(np.mean(noise**2)) * 10 ** (random.uniform(-75, -30) / 20)
    u = random.random()
    if u < 0.25:
        noise *= 0
    elif u < 0.45:
        noise = noise + 10 ** (random.uniform(-60, -32) / 20) * np.sin(2 * np.pi * random.uniform(45, 130) * np.arange(count) / SAMPLE_RATE_HZ)
    elif u < 0.6:
        noise[random.integers(0, count, 6)] += random.uniform(-0.2, 0.2, 6)
    return noise.astype(np.float32), []


class Shard:
    def __init__(self):
        self.columns = dict(mel=[], coefficients=[], events=[], starts=[])
        self.seconds = 0.0

    def add(self, samples, phonemes):
        mel = mel_spectrogram(samples).T
        track, events = coefficient_track(phonemes, len(mel)) if phonemes else (np.zeros((len(mel), COUNT)), np.zeros((len(mel), 2), bool))
        for name, value in dict(mel=mel.astype(np.float16), coefficients=track.astype(np.float16), events=events,
                                starts=np.arange(len(mel)) == 0).items():
            self.columns[name].append(value)
        self.seconds += len(mel) * HOP_SAMPLES / SAMPLE_RATE_HZ

    def save(self, path):
        np.savez(path + '.part.npz', **{k: np.concatenate(v) for k, v in self.columns.items()})
        os.replace(path + '.part.npz', path)


def train_shard(kind, seed, minutes, espeak, kokoro=None):
    random = np.random.default_rng(seed)
    shard = Shard()

    def learn(samples, phonemes, may_resize=True):
        if len(samples) < 0.4 * SAMPLE_RATE_HZ or (kind == 'kokoro' and not phonemes):
            return
        if may_resize and random.random() < (0.75 if kind != 'espeak' else 0.3):
            samples, phonemes = resize_voice(samples, phonemes, random.uniform(0.86, 1.2))
        samples, phonemes = surround(set_level(samples, random), phonemes, random.uniform(0.1, 0.5), random.uniform(0.15, 0.5))
        shard.add(samples if random.random() < 0.45 else degrade(samples, random), phonemes)

    while shard.seconds < minutes * 60:
        if kind == 'espeak':
            learn(*espeak_utterance(espeak, random))
        elif kind == 'flite':
            learn(*flite_utterance(random))
        elif kind == 'festival':
            for said in festival_utterances(random):
                learn(*said)
        elif kind == 'world':
            for said in festival_world_utterances(random):
                learn(*said)
        elif kind == 'kokoro':  # the slowest to make: each sentence is heard twice, in two sizes and two rooms
            said = kokoro_utterance(random, kokoro)
            learn(*said)
            learn(*said)
        elif kind == 'held':
            variant = '' if random.random() < 0.2 else '+' + str(random.choice(ESPEAK_VARIANTS))
            said = engines.held(espeak, 'en-us' + variant, random)
            if random.random() < 0.6:
                said = resize_voice(*said, random.uniform(0.78, 1.25))
            if len(said[1]) > 1:  # its levels are the point: they are not set again
                samples, phonemes = surround(*said, 0.2, 0.3)
                shard.add(samples if random.random() < 0.5 else degrade(samples, random), phonemes)
        else:
            learn(*(engines.sustained(random) if random.random() < 0.6 else background(random)), may_resize=False)
    return shard


def held_out_shard(kind, seed, minutes, espeak, piper=None, kokoro=None):
    random = np.random.default_rng(seed)
    shard = Shard()
    while shard.seconds < minutes * 60:
        if kind == 'espeak':
            said = [espeak_utterance(espeak, random, held_out=True)]
        elif kind == 'espeak-default':  # known voice, unknown text: what the product says most
            text = texts.mandarin(random, True) if random.random() < 0.4 else str(random.choice(texts.HELD_OUT))
            said = [espeak.say(text, 'cmn-latn-pinyin' if text[-2].isdigit() else 'en-us', 175)]
        elif kind == 'flite':
            said = [flite_utterance(random, HELD_OUT['flite'][0])]
        elif kind == 'kokoro':
            said = [kokoro_utterance(random, kokoro, held_out=True)]
        elif kind == 'piper':
            said = [piper.say(str(random.choice(texts.HELD_OUT)))]
        else:
            said = festival_utterances(random, HELD_OUT['festival'][0])
        for samples, phonemes in said:
            if phonemes:
                shard.add(*surround(set_level(samples, random), phonemes, 0.3, 0.3))
    return shard


def plan(minutes):
    """Shards, interleaved so that an early stop still has every kind. Less than half comes from espeak-ng."""
    shares = dict(espeak=0.31, flite=0.21, festival=0.13, sounds=0.04, held=0.05, world=0.12, kokoro=0.14)
    rows = []
    for number, (kind, share) in enumerate(shares.items()):
        count = max(1, round(minutes * share / SHARD_MINUTES))
        rows += [((i + 0.5) / count, kind, i, 1000 * (number + 1) + i, minutes * share / count) for i in range(count)]
    return [row[1:] for row in sorted(rows)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--out', required=True)
    parser.add_argument('--minutes', type=float, default=280)
    parser.add_argument('--only', help='held-out, or a kind of the plan')
    parser.add_argument('--kokoro', nargs=3, metavar=('MODEL', 'VOCABULARY', 'VOICES'), help='without it, no neural voice is learned from')
    parser.add_argument('--piper', metavar='MODEL', help='without it, the held-out engine is not judged with')
    args = parser.parse_args()
    os.makedirs(args.out, exist_ok=True)
    espeak = engines.Espeak()
    if args.kokoro or args.piper:
        import neural  # needs pocketsphinx
    kokoro = neural.Kokoro(*args.kokoro) if args.kokoro else None
    piper = neural.Piper(args.piper) if args.piper else None
    for i, kind in enumerate(['espeak', 'espeak-default', 'flite', 'festival', 'piper', 'kokoro']):
        path = os.path.join(args.out, f'test-{kind}.npz')
        missing = (kind == 'piper' and not piper) or (kind == 'kokoro' and not kokoro)
        if not os.path.exists(path) and not missing and args.only in (None, 'held-out'):
            held_out_shard(kind, 90 + i, 4, espeak, piper, kokoro).save(path)
            print('made', os.path.basename(path), flush=True)
    for kind, number, seed, minutes in plan(args.minutes):
        path = os.path.join(args.out, f'train-{kind}-{number:02d}.npz')
        if args.only not in (None, kind) or os.path.exists(path) or (kind == 'kokoro' and not kokoro):
            continue
        train_shard(kind, seed, minutes, espeak, kokoro).save(path)
        print('made', os.path.basename(path), flush=True)


if __name__ == '__main__':
    main()
