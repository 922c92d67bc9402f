"""How exact the times of warp_people.py are, where better ones are known:
check_warping.py --texts core-sounds-en.txt.gz --sounds /usr/share/asterisk/sounds/en --held-out ../../eval/held-out --out DIR

1. Synthesisers that know their own times (flite, festival) as the recording, espeak-ng laid over them; pocketsphinx beside it in English.
2. Allison Smith's English recordings, by warping and by pocketsphinx (people-en.json).
3. Her recordings with texts that are not theirs, or lack their last two words: what `trusted` makes of them.
4. DIR/known and DIR/warped become the labels of flite's awb, festival's ked and the English recordings as they are and warped, for
   `npm run eval:lips -- --speech-only --labels DIR/warped`: what the same mouth's r is by each.
"""
import argparse
import difflib
import json
import os
import shutil

import numpy as np

import engines
import held_out
import texts
import warp_people
from align_people import read_sound
from mel import SAMPLE_RATE_HZ
from phonemes import coefficient_track, is_closure, normalise, opening
from warping import Warper

PICTURE_MS = 40
RUSSIAN = '''Мама мыла раму.|Пожалуйста, повторите ваш вопрос.|Москва столица России.|Папа купил большую рыбу.|Наберите номер ещё раз.
|В комнате было много людей.|Больше ничего не помню.|Белый пароход плывёт по морю.|Бабушка варит борщ.|Вместе мы победим.'''
CATALAN = '''Bon dia, com esteu avui?|La meva mare viu al poble.|Posa el pa damunt la taula, per favor.|El barri vell és molt bonic.
|Bevem aigua i mengem pomes.|Van comprar quatre llibres.|Per què no puja ningú?|Bona nit i bon viatge.'''
split = lambda said: [text.strip() for text in said.split('|')]


def synthesisers():
    """Yields (name, espeak-ng's language, [(text, samples, phonemes)])."""
    english, italian = texts.HELD_OUT[:30], texts.OTHER_LANGUAGES['it']
    spoken = lambda said, voice: [(text, *each) for text, each in zip(said, engines.festival(said, voice))]
    yield 'flite `awb`, English', 'en-us', [(text, *engines.flite(text, 'awb')) for text in english]
    yield 'festival `ked_diphone`, English', 'en-us', spoken(english, 'ked_diphone')
    yield 'festival `pc_diphone`, Italian', 'it', spoken(italian, 'pc_diphone')
    yield 'festival `lp_diphone`, Italian', 'it', spoken(italian, 'lp_diphone')
    yield 'festival `upc_ca_ona_hts`, Catalan', 'ca', spoken(split(CATALAN), 'upc_ca_ona_hts')
    yield 'festival `msu_ru_nsh_clunits`, Russian', 'ru', spoken(split(RUSSIAN), 'msu_ru_nsh_clunits')


# What one synthesiser calls b, another calls β.
_LETTERS = {'β': 'b', 'ɓ': 'b', 'ɱ': 'm'}


class Comparison:
    """Of labels with better ones: the middles of p, b and m that both name, and the opening of the lips while somebody speaks."""

    def __init__(self):
        self._late_ms, self._known, self._found = [], [], []
        self._counts = [0, 0]

    def add(self, known, found):
        closures = [[((a + b) * 500, _LETTERS.get(normalise(p)[0], normalise(p)[0])) for a, b, p in spoken if is_closure(p)] for spoken in (known, found)]
        self._counts = [total + len(each) for total, each in zip(self._counts, closures)]
        letters = [[letter for _, letter in each] for each in closures]
        for block in difflib.SequenceMatcher(None, *letters, autojunk=False).get_matching_blocks():
            self._late_ms += [closures[1][block.b + k][0] - closures[0][block.a + k][0] for k in range(block.size)]
        sounding = [(a, b) for a, b, p in known if normalise(p)]
        span = slice(int(sounding[0][0] * 80), int(sounding[-1][1] * 80))
        tracks = [opening(coefficient_track(spoken, span.stop)[0])[span] for spoken in (known, found)]
        self._known.append(tracks[0])
        self._found.append(tracks[1])

    def row(self, name):
        late = np.array(self._late_ms)
        r = np.corrcoef(np.concatenate(self._known), np.concatenate(self._found))[0, 1]
        return (f'| {name} | {len(self._known)} | {len(late)} of {self._counts[0]} | {np.median(late):+.0f} ms | {np.median(abs(late)):.0f} ms | '
                f'{np.mean(abs(late) <= PICTURE_MS):.2f} | {r:.3f} |')


HEADER = '| recording | takes | p/b/m in both | late | off by | within 40 ms | r of the openings |\n|---|---|---|---|---|---|---|'


def check_synthesisers(warper):
    from aligner import Aligner
    aligner = Aligner()
    for name, language, items in synthesisers():
        warped, recognised = Comparison(), Comparison()
        for text, samples, known in items:
            found = warper.align(samples, text, language)
            if found:
                warped.add(known, found.spoken)
            other = aligner.align(samples, text) if language == 'en-us' else None
            if other:
                recognised.add(known, other)
        print(warped.row(name), flush=True)
        if language == 'en-us':
            print(recognised.row(name + ', by pocketsphinx'), flush=True)


def spoken_of(take):
    """labels() undone: [(start s, end s, IPA)]."""
    ends = [start for start, _ in take['phonemes'][1:]] + [take['durationMs']]
    return [(start / 1000, end / 1000, sound) for (start, sound), end in zip(take['phonemes'], ends)]


def check_english(warper, args):
    """-> takes of people-en.json that `trusted` keeps, as they are and with warped times."""
    with open(os.path.join(args.held_out, 'people-en.json')) as f:
        takes = {take['file'].removesuffix('.g722'): take for take in json.load(f)['takes']}
    found = [each for each in warp_people.recordings(args.texts, args.sounds, 'en-us', args.minutes) if each[0] in takes]
    aligned, decoys = warp_people.warp_all(warper, found, 'en-us')
    kept, limit = warp_people.trusted(aligned, decoys)
    all_of_them, trusted_only = Comparison(), Comparison()
    for name, _, alignment in aligned:
        if alignment:
            all_of_them.add(spoken_of(takes[name]), alignment.spoken)
    for name, _, alignment in kept:
        trusted_only.add(spoken_of(takes[name]), alignment.spoken)
    print(all_of_them.row('Allison Smith, English, against pocketsphinx'))
    print(trusted_only.row(f'the same, of those kept (cost at most {limit:.3f})'), flush=True)
    check_wrong_texts(warper, found, kept, decoys, limit)
    return ([takes[name] for name, _, _ in kept],
            [dict(takes[name], **held_out.labels(alignment.spoken, ms / 1000)) for name, ms, alignment in kept])


def check_wrong_texts(warper, found, kept, decoys, limit):
    by_length = sorted(found, key=lambda each: len(each[1]))
    wrong = []
    for (_, _, samples), (_, text, _) in list(zip(by_length, by_length[1:]))[::3]:
        alignment = warper.align(samples, text, 'en-us')
        wrong.append(alignment is not None and alignment.cost <= limit and alignment.spread_s <= warp_people.WIDEST_SPREAD_S)
    print(f'\nkept: {len(kept)} of {len(found)} with their own text, {sum(wrong)} of {len(wrong)} with that of another recording as long, '
          f'{sum(cost <= limit for cost in decoys)} of {len(decoys)} without the last two words of their text', flush=True)


def warped_file(warper, take, folder):
    """`take` of speech.json, one of awb or ked, with warped times."""
    name = take['file'].removesuffix('.ogg')
    random = np.random.default_rng(sum(map(ord, name)))
    said = [texts.HELD_OUT[i] for i in random.permutation(len(texts.HELD_OUT))]  # as held_out.utterances says them
    samples = read_sound(os.path.join(folder, take['file']))
    spoken, spans = [], []
    for text, (from_ms, to_ms) in zip(said, take['utterances']):
        found = warper.align(samples[from_ms * 16:to_ms * 16], text, 'en-us')
        if found:
            spoken += [(a + from_ms / 1000, b + from_ms / 1000, p) for a, b, p in found.spoken]
            spans.append([from_ms, to_ms])
    return dict(take, **held_out.labels(spoken, len(samples) / SAMPLE_RATE_HZ), utterances=spans)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ('--texts', '--sounds', '--held-out', '--out'):
        parser.add_argument(name, required=True)
    parser.add_argument('--minutes', type=float, default=10, help='of the English recordings')
    args = parser.parse_args()
    warper = Warper()
    print(HEADER)
    check_synthesisers(warper)
    people = check_english(warper, args)
    with open(os.path.join(args.held_out, 'speech.json')) as f:
        known = [take for take in json.load(f)['takes'] if take['file'] in ('unseen-flite.ogg', 'unseen-festival.ogg')]
    warped = [warped_file(warper, take, args.held_out) for take in known]
    for folder, takes in (('known', dict(speech=known, people=people[0])), ('warped', dict(speech=warped, people=people[1]))):
        path = os.path.join(args.out, folder)
        os.makedirs(path, exist_ok=True)
        for take in known:
            shutil.copy(os.path.join(args.held_out, take['file']), path)
        for file, group in (('speech', 'speech'), ('people-en', 'people')):
            with open(os.path.join(path, file + '.json'), 'w') as f:
                json.dump(dict(openingHz=80, takes=takes[group]), f, ensure_ascii=False, separators=(',', ':'))


if __name__ == '__main__':
    main()
