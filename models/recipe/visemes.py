"""The visemes of Oculus as mixtures of the mouth coefficients: the targets that `phonemes.py` gives the sounds they stand for.

Three of the fifteen are left out, because from outside they look like another: `TH` is `SS` to these coefficients and `nn` is
`DD` (the tongue behind the teeth is not seen), and `sil` is the mouth at rest, where no target pulls.
"""
import re

from phonemes import INDEX, RULES

# Viseme -> a sound of its group, in IPA.
SOUNDS = dict(PP='p', FF='f', DD='t', kk='k', CH='tʃ', SS='s', RR='ɹ', aa='a', E='ɛ', ih='ɪ', oh='ɔ', ou='u')


def targets():
    """-> {viseme: {coefficient: amount}}"""
    out = {}
    for viseme, sound in SOUNDS.items():
        target = next(t for rule, t, _ in RULES if re.match(rule, sound))
        out[viseme] = {name: target[name] for name in INDEX if name in target}
    return out
