"""Sentences to learn from, and other sentences to judge by. All written for this recipe."""

_DETERMINERS = 'the a my your this that every another some our'.split()
_ADJECTIVES = '''big small brown purple famous empty simple public warm pretty vivid quiet rough smooth modern blue yellow
heavy foreign awful busy common early final good happy important noble open proper rapid soft tiny usual very wide young
bitter broken careful cheap clever cool dangerous different easy fresh gentle huge jealous lovely narrow perfect round
shallow sharp thick wooden'''.split()
_NOUNS = '''map boat problem baby picture family movie farm paper apple bubble river valley voice father mother brother
summer window bridge village office market company computer people music number puppy volume system beach coffee judge
chair shoe fish house mouse word world week moment memory member theatre pleasure garage thing ship job yacht vehicle fever
leaf life knife wolf bomb lamp pump thumb room game name time home garden kitchen teacher doctor letter engine orange
university bottle bread camera concert dragon elephant football glove hospital island jungle language machine mountain
neighbour ocean pocket question rainbow shoulder station telephone umbrella violin weather'''.split()
_VERBS = '''makes moves buys brings paints beats finds covers proves gives saves washes chooses judges shows pushes watches
opens keeps builds wears uses follows remembers believes needs helps wants forgets carries leaves asks breaks catches
draws explains fixes grows hears improves joins kicks learns mixes notices offers pulls reaches sells throws understands
visits wraps'''.split()
_PREPOSITIONS = 'before behind above beside from for with without by upon of over beyond in among around through under'.split()

ENGLISH = '''Hello there, and welcome to the programme.|My name is Amy and I will be your guide today.|Please press the
blue button to begin.|She sells sea shells by the sea shore.|Peter Piper picked a peck of pickled peppers.|How much wood
would a woodchuck chuck?|We were away a year ago.|Thank you very much for watching.|Is there anything else I can help you
with?|I'm sorry, I did not quite catch that.|The meeting starts at half past five, on Monday the twelfth of February.|It
costs forty five pounds and ninety nine pence.|What do you think about the weather?|Maybe we should move the moving
van.|Bob built a bigger boat before Monday.|Five very fine vases fell off the shelf.|Who knew you would choose the new
blue shoes?|Oh no, don't go home alone.|Father's car is far from the park.|Show me the map of Europe, please.|Yes, of
course, no problem at all.|You're welcome. Have a nice day!|One two three four five six seven eight nine ten eleven
twelve.|Pay attention to the way people open their mouths.|Ten tiny tents stood under the tall tree.|Ann and Dan can end
it then and there.|King Kong can sing a long, strong song.|Tell Ted not to let Don in until ten.|Nine nuns needed no
dinner on Sunday night.|Do it at dawn; do not do it at noon.|Mamma made me mash my m and ms.|Papa and baby pop bubbles by
the pond.|Aunt Martha calmly asked for half an hour.|I can't stand that tall dark cat at dinner.'''.replace('\n', ' ').split('|')

HELD_OUT = '''Good morning, everybody, and thanks for joining this lesson.|The chemist mixed both powders in a small copper
bowl.|Could you open the map and point at the harbour?|Nobody remembered to bring the umbrellas, so everyone got wet.|A
thousand lanterns floated down the river at midnight.|Press pause, breathe deeply, and begin again when you are
ready.|Our next train to Birmingham departs from platform four.|The committee members voted by a narrow margin.|Fresh
bread smells better than any perfume.|He whispered something about a jumping spider.|Take two cups of flour, a pinch of
salt, and some warm water.|Technology changes quickly, but people change slowly.|She could have been a champion boxer.|The
baby elephant bumped its head on a lamp post.|Which of these photographs do you prefer?|Winter mornings above the valley
are beautiful and cold.|My opinion has not changed since September.|Robots do not dream, although some of them beep.|If you
have any problem, please call the support number below.|Vegetables, fruit and fish form a balanced meal.|The judge refused
to permit a public debate.|Would you mind moving your bicycle a bit?|An owl watched us from the roof of the barn.|Remember
that practice makes perfect.|Everything you imagine might be possible one day.'''.replace('\n', ' ').split('|')

# Toned pinyin: Debian's espeak-ng has no dictionary for characters.
_PINYIN = '''ni3hao3 huan1ying2 lai2dao4 wo3men5 de5 jie2mu4 jin1tian1 tian1qi4 fei1chang2 hao3 ba4ba5 ma1ma5 dou1 xi3huan1
chi1 ping2guo3 ba1bai3 biao1bing1 ben4 bei3po1 pao4bing1 bing4pai2 pao3 ta1 zai4 bei3jing1 gong1zuo4 ming2tian1 xia4wu3
san1dian3 kai1hui4 bu4hao3yi4si5 mei2you3 ting1qing1chu5 xie4xie5 guan1kan4 fang2zi5 qian2mian4 shu4 pu2tao2 zhong1guo2
ren2kou3 xue2xi2 yu3yan2 fei1ji1 ma3shang4 qi3fei1 nu3li4 wen4ti2 peng2you5 mian4bao1 shui3 fa1zhan3 shi2jian1 dian4nao3
shou3ji1 yin1yue4 lao3shi1 xue2sheng5 gao1xing4 re4nao5 nv3er2 lv4se4 hong2se4 ge1qu3 che1zhan4 zao3shang5 wan3fan4
yi1yuan4 gong1yuan2 dong4wu4 xiao3mao1 da4xiang4 chuan1hu5 zhuo1zi5 yi3zi5 lan2qiu2 zu2qiu2 you2yong3 tiao4wu3'''.split()
_PINYIN_HELD_OUT = '''da4jia1 zao3shang5hao3 hen3 gao1xing4 ren4shi5 nin2 qing3 bang1zhu4 wo3 mai3 piao4 man4man4 shuo1 ke4cheng2
mo2xing2 bian4hua4 mei3li4 feng1jing3 pin3wei4 pu3tong1hua4 biao3yan3 mu3qin1 fu4qin1 wu3hui4 xin1wen2 you1mo4'''.split()

OTHER_LANGUAGES = {
    'de': '''Guten Morgen, wie geht es Ihnen heute?|Bitte bringen Sie mir einen Becher Wasser.|Meine Mutter wohnt am
Bahnhof.|Das Problem ist nicht so schwer.|Wir haben vier Bücher über Vögel gekauft.|Fünf Pfund Äpfel, bitte.''',
    'fr': '''Bonjour, comment allez-vous aujourd'hui?|Je voudrais une bouteille d'eau, s'il vous plaît.|Mon père habite au
bord de la mer.|Le petit bateau passe sous le pont.|Nous avons beaucoup de problèmes.|Vous pouvez fermer la fenêtre.''',
    'es': '''Buenos días, bienvenidos a este programa.|Me gusta mucho el pan con mermelada.|Mi padre vive en una pequeña
villa.|Por favor, abre la puerta.|Pablo compró un barco bonito.|No pasa nada, muchas gracias.''',
    'it': '''Buongiorno a tutti e benvenuti al programma.|Mia madre compra il pane al mercato.|Per favore, apri la porta
bianca.|Il bambino ha bevuto una bottiglia d'acqua.|Posso vedere la mappa di Roma?|Non importa, va bene lo stesso.|La
famiglia abita sopra il bar.|Domani pomeriggio parto presto.|Mamma mia, che bella giornata!|Abbiamo bisogno di un
problema semplice.''',
    'pt-br': '''Bom dia, bem-vindo ao nosso programa.|Eu preciso de um copo de água, por favor.|Meu pai mora perto da
praia.|O problema foi muito importante.|Vamos embora amanhã.''',
    'pl': '''Dzień dobry, miło mi pana poznać.|Proszę o butelkę wody.|Moja mama mieszka w małym mieście.|Bardzo lubię piwo
i chleb.''',
    'sv': '''God morgon, hur mår du idag?|Min pappa bor i en liten by.|Jag vill ha vatten och bröd.''',
}
OTHER_LANGUAGES = {k: v.replace('\n', ' ').split('|') for k, v in OTHER_LANGUAGES.items()}

_ONSETS = 'b p m f v w t d n l s z k g r y h ch sh j th st br pl fr sp sm tr'.split() + ['']
_VOWELS = 'a e i o u ee oo ah oh ow ay ie ar or er'.split()
_CODAS = ['', '', 'n', 't', 'm', 'p', 'b', 'd', 's', 'k', 'l', 'f', 'ng', 'sh', 'mp', 'nd', 'v']


def _nonsense(random, words):
    def word():
        return ''.join(random.choice(_ONSETS) + random.choice(_VOWELS) + random.choice(_CODAS)
                       for _ in range(random.integers(1, 3)))
    return ' '.join(word() for _ in range(words)) + '.'


def english(random):
    u = random.random()
    if u < 0.25:
        return str(random.choice(ENGLISH))
    if u < 0.45:
        return _nonsense(random, random.integers(5, 10))

    def pick(words):
        return random.choice(words)

    said = f'{pick(_DETERMINERS)} {pick(_ADJECTIVES)} {pick(_NOUNS)} {pick(_VERBS)} {pick(_DETERMINERS)} {pick(_NOUNS)}'
    if random.random() < 0.6:
        said += f' {pick(_PREPOSITIONS)} {pick(_DETERMINERS)} {pick(_ADJECTIVES)} {pick(_NOUNS)}'
    if random.random() < 0.3:
        said += f', and {pick(_NOUNS)} number {random.integers(2, 9999)} {pick(_VERBS)} {pick(_ADJECTIVES)} {pick(_NOUNS)}s'
    return said + str(random.choice(['.', '.', '!', '?']))


def mandarin(random, held_out=False):
    words = _PINYIN_HELD_OUT if held_out else _PINYIN
    return ' '.join(random.choice(words, random.integers(5, 13))) + '.'


# Syllables that Czech, Finnish, Catalan and Italian rules all read, and Russian ones.
_LATIN = 'b p m v f t d n l r s k g h j'.split(), 'a e i o u'.split(), ['', '', '', 'n', 'm', 's', 'l', 'p', 't', 'r']
_CYRILLIC = 'б п м в ф т д н л р с з к г х ш ж ч ц'.split(), 'а е и о у я ю ё ы э'.split(), ['', '', '', 'н', 'м', 'с', 'л', 'п', 'т', 'р']


def syllables(random, russian=False):
    """A sentence of words that nobody knows: every sound beside every other, in whatever language the voice speaks."""
    onsets, vowels, codas = _CYRILLIC if russian else _LATIN

    def word():
        return ''.join(random.choice(onsets) + random.choice(vowels) for _ in range(random.integers(1, 4))) + random.choice(codas)
    return ' '.join(word() for _ in range(random.integers(4, 9))) + '.'
