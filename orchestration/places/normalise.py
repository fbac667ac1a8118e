"""Keys that place names are matched by. Pure functions of text, without the gazetteer.

`norm` is shared by spellings of one name; `core` drops words for the kind of place, which `kind_hint` reads;
`squash` is shared by spellings of one sound; `looks_private` recognises text that is no misspelt place.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from orchestration.core import FIRST_NAMES

LONGEST_PLACE = 60
MOST_WORDS = 5

_APOSTROPHES = re.compile("['’‘`´ʼʻ]")
_NOT_WORD = re.compile(r"[\W_]+")
_PHONE = re.compile(r"(?:\d[\s().+-]*){7,}")
_CONTACT = re.compile(r"@|https?:|www\.", re.IGNORECASE)
_COORDINATE = re.compile(r"-?\d{1,3}\.\d{2,}")
_PERSONS = """
    mr mrs ms miss madam dr prof rev pastor imam sheikh bwana bibi mzee chief uncle aunt auntie
    brother sister mother father cousin husband wife son daughter friend mjomba shangazi baba
    mama ndugu rafiki kaka dada abdirahman adan ahmed ali ann awino barasa chepkoech cherono
    cheruiyot collins diana fatima gathoni gitau githinji habiba halimo hussein ibrahim ifrah
    jelagat jepchirchir jepkosgei kelvin kemunto kerubo khadija kimutai kinyua kipchoge
    kipchumba kipkemboi kiplagat koech langat macharia mandela maria martha maryam michael moraa
    mugo muhammad mukami muriithi mutiso mutuku mwanaisha mwanajuma mwikali mwongeli nafula
    nanjala nasimiyu ndanu nduku nekesa ngugi njoki nyaboke nyawira nyokabi okello okoth oluoch
    opiyo ouma owino rachel rehema rotich saadia salim simiyu wafula waithera wangeci wangui
    wanjala wekesa zawadi
"""
_ADDRESSED = re.compile(r"(?:mr|mrs|ms|miss|bwana|bibi) [a-z]")
_PERSON_WORDS = FIRST_NAMES | frozenset(_PERSONS.split())

# Words for a kind of place; longer phrases before their parts.
_GENERIC_PHRASES = re.compile(
    r"\b(?:"
    r"sub county|subcounty|kaunti ya|kaunti ndogo|mji wa|jiji la|nchi ya|wilaya ya|kata ya|mtaa wa|"
    r"kijiji cha|tarafa ya|division|location|section (?:\d+|[ivx]+)|"
    r"border crossing point|border crossing|border point|border post|border town|border|boarder|boder|"
    r"mpaka wa|boda|osbp|"
    r"refugee camp|refugee settlement|informal settlement|settlement|camp|slums?|estate|"
    r"county|constituency|ward|"
    r"township|town|twn|city|cbd|area|village|beach|market|centre|center|district|municipality|phase \d+|"
    r"\d+(?:st|nd|rd|th)?(?: (?:avenue|street))?"
    r")\b"
)
_SOUNDS = (
    ("ck", "k"), ("ph", "f"), ("dh", "d"), ("ee", "i"), ("oo", "u"), ("y", "i"), ("w", "u"), ("q", "k"),
)  # fmt: skip
_DOUBLED = re.compile(r"(.)\1")
_KIND_HINTS = (
    (re.compile(r"\b(?:border|boarder|boder|boda|osbp|mpaka|crossing)\b"), "border_point"),
    (re.compile(r"\b(?:sub county|subcounty|constituency)\b"), "subcounty"),
    (re.compile(r"\b(?:county|kaunti)\b"), "county"),
    (re.compile(r"\b(?:town|township|city|mji|jiji|cbd|municipality)\b"), "town"),
    (re.compile(r"\bward\b"), "ward"),
    (re.compile(r"\bcamp\b"), "camp"),
    (re.compile(r"\b(?:slums?|estate|village|beach)\b"), "locality"),
)


@lru_cache(maxsize=65_536)
def norm(text: str) -> str:
    """Return NFKC, casefolded, without Latin accents and apostrophes, other signs as one space.

    >>> norm(" Murang’a  COUNTY ")
    'muranga county'
    >>> norm("Elgeyo-Marakwet") == norm("Elgeyo/Marakwet")
    True
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    folded = _APOSTROPHES.sub("", _without_latin_accents(folded))
    return _NOT_WORD.sub(" ", folded).strip()


def core(normed: str) -> str:
    """Drop numbers and words for a kind of place; keep the text when nothing would be left.

    >>> core("kaunti ya kwale"), core("eastleigh 1st avenue"), core("township")
    ('kwale', 'eastleigh', 'township')
    """
    cut = " ".join(_GENERIC_PHRASES.sub(" ", normed).split())
    return cut or normed


def squash(normed: str) -> str:
    """Return `core` as one word, with letters that spellings vary in made equal.

    >>> squash("mombassa") == squash("mombasa"), squash("dadaab") == squash("dhadhab")
    (True, True)
    """
    key = core(normed).replace(" ", "")
    for spelt, sound in _SOUNDS:
        key = key.replace(spelt, sound)
    return _DOUBLED.sub(r"\1", key)


def kind_hint(normed: str) -> str | None:
    """Return the kind of place in the text: `busia county`, `malaba border`, `garissa town`."""
    for pattern, kind in _KIND_HINTS:
        if pattern.search(normed):
            return kind
    return None


def looks_private(text: str) -> bool:
    """Whether text may be a person, phone, address, position or sentence, which is no misspelt place."""
    words = norm(text).split()
    return looks_like_contact(text) or len(words) > MOST_WORDS or any(map(is_name_of_a_person, words))


def is_name_of_a_person(word: str) -> bool:
    """Whether a normalised word is a person's name or title, also in the possessive: `njeris`."""
    return word in _PERSON_WORDS or word.removesuffix("s") in _PERSON_WORDS


def is_addressed_person(normed: str) -> bool:
    """Whether a normalised text begins with the address of a person."""
    return bool(_ADDRESSED.match(normed))


def looks_like_contact(text: str) -> bool:
    """Whether text has a phone number, e-mail, link or position, or is too long for a place."""
    return bool(
        len(text.strip()) > LONGEST_PLACE
        or _CONTACT.search(text)
        or _PHONE.search(text)
        or _COORDINATE.search(text)
    )


def _without_latin_accents(text: str) -> str:
    letters: list[str] = []
    base_is_latin = False
    for letter in unicodedata.normalize("NFD", text):
        if unicodedata.combining(letter):
            if base_is_latin:
                continue
        else:
            base_is_latin = letter < "ɐ"
        letters.append(letter)
    return unicodedata.normalize("NFC", "".join(letters))
