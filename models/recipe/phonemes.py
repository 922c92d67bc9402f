"""Timed phonemes (IPA) -> mouth coefficients at 80 Hz: targets blended by dominance, closures enforced.

The rules are ours. They say how strongly each sound shapes the mouth (a coefficient of 1 is the strongest natural
shape, see tools/presenter/mouth-shapes.mjs) and how much it dominates its neighbours.
"""
import re

import numpy as np

from mel import FRAMES_PER_SECOND

COEFFICIENTS = ['AA', 'AO', 'E', 'OO', 'UW', 'MPB', 'FV', 'S', 'SH', 'TD']
INDEX = {name: i for i, name in enumerate(COEFFICIENTS)}
COUNT = len(COEFFICIENTS)

# First match wins: IPA without length and stress marks, target, dominance.
RULES = [
    (r'^[pbmɱβɓ]', dict(MPB=1.0), 1.0),
    (r'^(pf|[fvʋɸ])', dict(FV=1.0), 1.0),
    (r'^(tʃ|dʒ|tɕ|dʑ|ts.?h|ʈʂ|[ʃʒɕʑʂʐ])', dict(SH=1.0, AA=0.05), 0.9),
    (r'^(ts|dz|[szθð])', dict(S=0.9, E=0.1), 0.75),
    (r'^[tdnlɾɫɲʎɬ]', dict(TD=0.6, AA=0.06), 0.4),
    (r'^[kɡgŋxhɣʔχʁqçɦ]', dict(E=0.25, AA=0.12), 0.15),
    (r'^[ɹrɻɚɝ]', dict(OO=0.5), 0.5),
    (r'^(w|ɥ|y|ʏ|ɰ)', dict(UW=1.0), 0.95),
    (r'^[uʊɯ]', dict(UW=0.9), 0.85),
    (r'^(oʊ|əʊ|o|ɔ|ø|œ|ɵ)', dict(AO=0.55, UW=0.35), 0.85),
    (r'^(aɪ|aʊ|ai|au|[ɑaæʌɐɒ])', dict(AA=1.0), 0.95),
    (r'^(ɜ|ɤ)', dict(OO=0.45, E=0.2, AA=0.15), 0.5),
    (r'^[eɛ]', dict(E=0.9, AA=0.15), 0.75),
    (r'^[əɘ]', dict(E=0.45, AA=0.18), 0.35),
    (r'^[iɪᵻjɨ]', dict(TD=0.75, E=0.25), 0.65),
]
OTHER = (dict(AA=0.15, E=0.15), 0.15)
# Diphthongs glide: the second target takes over in the last 45 %.
GLIDES = [
    (r'[aæɑeɔoɛɒ].?[ɪi]$', dict(TD=0.65, E=0.25)),
    (r'[aæoəɑ].?[ʊu]$', dict(UW=0.85)),
]

FLITE_TO_IPA = dict(
    aa='ɑ', ae='æ', ah='ʌ', ao='ɔ', aw='aʊ', ax='ə', axr='ɚ', ay='aɪ', b='b', ch='tʃ', d='d', dh='ð', dx='ɾ', eh='ɛ',
    el='l', em='m', en='n', er='ɚ', ey='eɪ', f='f', g='ɡ', hh='h', hv='h', ih='ɪ', iy='i', jh='dʒ', k='k', l='l', m='m',
    n='n', nx='n', ng='ŋ', ow='oʊ', oy='ɔɪ', p='p', r='ɹ', s='s', sh='ʃ', t='t', th='θ', uh='ʊ', uw='u', v='v', w='w',
    y='j', z='z', zh='ʒ', pau='', h='', brth='')
# Festival's Italian phone set; a trailing 1 marks stress.
ITALIAN_TO_IPA = {'S': 'ʃ', 'Z': 'ʒ', 'tS': 'tʃ', 'dZ': 'dʒ', 'E': 'ɛ', 'O': 'ɔ', 'J': 'ɲ', 'L': 'ʎ', 'ng': 'ŋ', 'nf': 'ɱ',
                  'LL': 'ʎ', 'SS': 'ʃ', 'JJ': 'ɲ', 'ts': 'ts', 'dz': 'dz', '#': '', '_': '', 'pau': ''}

# Festival's Czech, Finnish, Catalan and Russian phone sets. Russian doubles a letter for a soft consonant.
CZECH_TO_IPA = {'c': 'ts', 'c~': 'tʃ', 'ch': 'x', 'd~': 'd', 'dz~': 'dʒ', 'n*': 'ŋ', 'n~': 'ɲ', 'r~': 'ʒ', 'r~*': 'ʃ', 's~': 'ʃ',
                't~': 't', 'z~': 'ʒ', 'g': 'ɡ', '#': '', '_': ''}
FINNISH_TO_IPA = {'&': 'æ', '&:': 'æː', 'S': 'ʃ', 'T': 'θ', 'D': 'ð', 'Z': 'ʒ', 'N': 'ŋ', 'N:': 'ŋ', 'L': 'l', 'g': 'ɡ', '#': '',
                  'pau': ''}
CATALAN_TO_IPA = {'ax': 'ə', 'E': 'ɛ', 'O': 'ɔ', 'J': 'ɲ', 'L': 'ʎ', 'S': 'ʃ', 'Z': 'ʒ', 'rr': 'r', 'g': 'ɡ', 'pau': '', '_': '', '#': ''}
RUSSIAN_TO_IPA = {'ii': 'i', 'yy': 'ɨ', 'y': 'ɨ', 'uu': 'u', 'ur': 'u', 'ee': 'e', 'oo': 'o', 'aa': 'a', 'a': 'ʌ', 'ae': 'ɪ', 'ay': 'ə',
                  'c': 'ts', 'ch': 'tɕ', 'sh': 'ʃ', 'sch': 'ɕ', 'zh': 'ʒ', 'h': 'x', 'hh': 'x', 'g': 'ɡ', 'gg': 'ɡ', 'pau': ''}
RUSSIAN_TO_IPA.update({2 * letter: letter for letter in 'pbkfvmnltdrsz'})


def vector(target):
    v = np.zeros(COUNT)
    for name, amount in target.items():
        v[INDEX[name]] = amount
    return v


def normalise(phoneme):
    if phoneme.startswith('('):  # espeak-ng marks a switch of language with '(en)'
        return ''
    return re.sub(r"[ːˈˌ0-9'ʰ̩ˑ.~ʲ^;]", '', phoneme).replace('̃', '')


def is_closure(phoneme):
    return bool(re.match(r'^[pbmɱβɓ]', normalise(phoneme)))


def gestures(phonemes):
    """[(start s, end s, IPA)] -> [(start, end, target, dominance, kind)]; kind is 'rest', 'lips', 'teeth' or ''."""
    out = []
    for start, end, phoneme in phonemes:
        p = normalise(phoneme)
        if not p or p.startswith('_'):
            out.append((start, end, np.zeros(COUNT), 0.5, 'rest'))
            continue
        target, dominance = next(((t, d) for rule, t, d in RULES if re.match(rule, p)), OTHER)
        kind = 'lips' if 'MPB' in target else 'teeth' if 'FV' in target else ''
        glide = next((t for rule, t in GLIDES if re.search(rule, p)), None) if end - start > 0.08 else None
        if glide is None:
            out.append((start, end, vector(target), dominance, kind))
        else:
            turn = start + 0.55 * (end - start)
            out.append((start, turn, vector(target), dominance, kind))
            out.append((turn, end, vector(glide), dominance * 0.7, ''))
    return out


def coefficient_track(phonemes, count, lead_s=0.055, lag_s=0.045):
    """-> coefficients [count, 10], events [count, 2] (p/b/m and f/v, a 60 ms core each) at 80 Hz."""
    t = np.arange(count) / FRAMES_PER_SECOND
    acted = gestures(phonemes)
    weighted = np.zeros((count, COUNT))
    weight = np.full(count, 1e-3)
    for start, end, target, dominance, kind in acted:
        if kind == 'rest' and end - start > 0.25:
            dominance = 1.0
        distance = np.where(t < start, (start - t) / lead_s, np.where(t > end, (t - end) / lag_s, 0))
        pull = dominance * np.exp(-1.2 * distance**2) * min(1, 0.35 + 0.65 * (end - start) / 0.07)
        weighted += pull[:, None] * target
        weight += pull
    track = weighted / weight[:, None]
    events = np.zeros((count, 2), bool)
    # A closure that is averaged with its neighbours is no closure: it takes over, for at least 70 ms, so that one
    # picture in 25 fps shows the lips shut.
    for start, end, target, _, kind in acted:
        if kind not in ('lips', 'teeth'):
            continue
        centre = (start + end) / 2
        half = max(end - start, 0.07) / 2 if kind == 'lips' else min(max(end - start, 0.07) / 2, 0.06)
        distance = np.abs(t - centre)
        hold = np.clip((half + 0.035 - distance) / 0.045, 0, 1)
        hold = (hold * hold * (3 - 2 * hold))[:, None]
        only = np.zeros(COUNT)
        column = INDEX['MPB' if kind == 'lips' else 'FV']
        only[column] = target[column]
        track = track * (1 - hold) + hold * only
        events[:, 0 if kind == 'lips' else 1] |= distance < 0.03
    return np.clip(track, 0, 1).astype(np.float32), events


# How far each shape opens the lips, for the score `opening` (relative; AA at 1 opens most).
OPENING = vector(dict(AA=1.0, AO=0.8, E=0.4, OO=0.4, UW=0.25, FV=0.1, S=0.12, SH=0.25, TD=0.2)).astype(np.float32)


def opening(track):
    shut = np.clip(track[:, INDEX['MPB']], 0, 1)
    return (track @ OPENING) * (1 - 0.9 * shut)
