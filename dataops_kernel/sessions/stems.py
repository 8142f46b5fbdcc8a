"""Porter's stemmer: the part of an English word that its forms share.

Source: M. F. Porter, "An algorithm for suffix stripping", Program 14(3), 1980, with the two departures its author
published later (``logi`` and ``bli``). The same steps as FTS5's ``porter`` tokenizer.
"""

import re

_STEP_2 = (
    "ational ate;tional tion;enci ence;anci ance;izer ize;bli ble;alli al;entli ent;eli e;ousli ous;ization ize;"
    "ation ate;ator ate;alism al;iveness ive;fulness ful;ousness ous;aliti al;iviti ive;biliti ble;logi log"
)
_STEP_3 = "icate ic;ative ;alize al;iciti ic;ical ic;ful ;ness "
_STEP_4 = "al ance ence er ic able ible ant ement ment ent ion ou ism ate iti ous ive ize"


def _pairs(table: str) -> list[tuple[str, str]]:
    found = [tuple(pair.split(" ")) for pair in table.split(";")]
    return sorted(((ending, other) for ending, other in found), key=lambda pair: -len(pair[0]))


_TWO, _THREE = _pairs(_STEP_2), _pairs(_STEP_3)
_FOUR = sorted(_STEP_4.split(), key=len, reverse=True)
_VOWEL_THEN_CONSONANT = re.compile("v+c+")
_IRREGULAR_FORMS = """
    bought/buy ate/eat eaten/eat sang/sing sung/sing swam/swim swum/swim ran/run wrote/write written/write
    drove/drive driven/drive flew/fly flown/fly taught/teach caught/catch broke/break broken/break chose/choose
    chosen/choose gave/give given/give grew/grow grown/grow knew/know known/know lost/lose met/meet paid/pay
    sold/sell sent/send spent/spend slept/sleep spoke/speak spoken/speak stood/stand stole/steal stolen/steal
    thought/think threw/throw thrown/throw understood/understand woke/wake won/win wore/wear worn/wear built/build
    began/begin begun/begin became/become drew/draw drawn/draw fell/fall fallen/fall fought/fight forgot/forget
    forgotten/forget froze/freeze frozen/freeze held/hold kept/keep learnt/learn left/leave rode/ride ridden/ride
    rose/rise risen/rise shook/shake shot/shoot sat/sit stuck/stick struck/strike swept/sweep wept/weep hid/hide
    hidden/hide fed/feed dug/dig hung/hang lent/lend bent/bend dealt/deal dreamt/dream felt/feel led/lead
    children/child men/man women/woman feet/foot teeth/tooth mice/mouse wives/wife lives/life knives/knife
    leaves/leaf shelves/shelf loaves/loaf mum/mom mummy/mom mommy/mom dad/father daddy/father mother/mom
    parents/parent kids/kid tv/television colour/color favourite/favorite grandma/grandmother gran/grandmother
    granny/grandmother grandpa/grandfather bike/bicycle photo/picture photos/picture pic/picture pics/picture
    phone/telephone fridge/refrigerator exam/test died/die dying/die lying/lie tying/tie
"""
_IRREGULAR = {form: word for form, _, word in (pair.partition("/") for pair in _IRREGULAR_FORMS.split())}


def porter(word: str) -> str:
    """Return the stem of a word in lower case; words of other scripts, numbers and short words stay as they are."""
    word = _IRREGULAR.get(word, word)
    if len(word) <= 2 or not (word.isascii() and word.isalpha()):
        return word
    word = _plural(word)
    word = _past(word)
    if word[-1] == "y" and _has_vowel(word[:-1]):
        word = word[:-1] + "i"
    for table in (_TWO, _THREE):
        for ending, other in table:
            if word.endswith(ending):
                if _measure(word[: -len(ending)]) > 0:
                    word = word[: -len(ending)] + other
                break
    for ending in _FOUR:
        if word.endswith(ending):
            root = word[: -len(ending)]
            if _measure(root) > 1 and (ending != "ion" or root[-1] in "st"):
                word = root
            break
    if word[-1] == "e":
        measure = _measure(word[:-1])
        if measure > 1 or (measure == 1 and not _short(word[:-1])):
            word = word[:-1]
    if word.endswith("ll") and _measure(word) > 1:
        word = word[:-1]
    return word


def _plural(word: str) -> str:
    if word.endswith(("sses", "ies")):
        return word[:-2]
    if word.endswith("s") and not word.endswith("ss"):
        return word[:-1]
    return word


def _past(word: str) -> str:
    if word.endswith("eed"):
        return word[:-1] if _measure(word[:-3]) > 0 else word
    for ending in ("ed", "ing"):
        root = word.removesuffix(ending)
        if root != word and _has_vowel(root):
            if root.endswith(("at", "bl", "iz")):
                return root + "e"
            if len(root) > 1 and root[-1] == root[-2] and root[-1] not in "aeioulsz":
                return root[:-1]
            return root + "e" if _measure(root) == 1 and _short(root) else root
    return word


def _shape(word: str) -> str:
    """Return a word as vowels (v) and consonants (c); y is a vowel behind a consonant."""
    shape = ""
    for letter in word:
        vowel = letter in "aeiou" or (letter == "y" and shape[-1:] == "c")
        shape += "v" if vowel else "c"
    return shape


def _measure(word: str) -> int:
    return len(_VOWEL_THEN_CONSONANT.findall(_shape(word)))


def _has_vowel(word: str) -> bool:
    return "v" in _shape(word)


def _short(word: str) -> bool:
    return _shape(word)[-3:] == "cvc" and word[-1] not in "wxy"
