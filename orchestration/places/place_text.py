"""Text of places, without the gazetteer: keys that names are matched by, and the parts of a text.

`norm` is shared by spellings of one name; `core` drops words for the kind of place, which `kind_hint` reads;
`squash` is shared by spellings of one sound; `looks_private` recognises text that is no misspelt place;
`split` and the functions after it cut a text into parts that may be names.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from orchestration.core import seed_words

FIRST_NAMES = frozenset(seed_words("first_names"))
LONGEST_PLACE = 60
MOST_WORDS = 5

_APOSTROPHES = re.compile("['’‘`´ʼʻ]")
_NOT_WORD = re.compile(r"[\W_]+")
_PHONE = re.compile(r"(?:\d[\s().+-]*){7,}")
_CONTACT = re.compile(r"@|https?:|www\.", re.IGNORECASE)
_COORDINATE = re.compile(r"-?\d{1,3}\.\d{2,}")
_ADDRESSED = re.compile(r"(?:mr|mrs|ms|miss|bwana|bibi) [a-z]")
_PERSON_WORDS = FIRST_NAMES | frozenset(seed_words("other_names_of_persons"))

# Words for a kind of place; longer phrases before their parts.
_GENERIC_PHRASES = re.compile(rf"\b(?:{'|'.join(seed_words('kinds_of_places'))})\b")
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


_BORDER_WITH = re.compile(
    r"[,;]?\s*\b(?:(?:on|at|along|near)\s+)?(?:the\s+)?border\s+with\b.*$", re.IGNORECASE
)
_BORDER_OF_TWO = re.compile(r"[,;(]\s*[^,;(]+?\s*(?:-|–|/|\band\b)\s*[^,;)]+?\s+border\)?\s*$", re.IGNORECASE)
_LEAD_IN = re.compile(rf"^(?:(?:{'|'.join(seed_words('lead_ins'))})\s+)+", re.IGNORECASE)
_NOT_APPLICABLE = re.compile(r"\bn/a\b", re.IGNORECASE)
_ENVIRONS = re.compile(r"\s*(?:(?:\band|&)\s+)?\b(?:its\s+)?environs\s*$", re.IGNORECASE)
_ALTERNATIVES = re.compile(r"\s*[/|&+]\s*|\s+(?:or|and|au|na|ama)\s+", re.IGNORECASE)
_WITHIN = re.compile(r"\s*[,;:()\[\]،]\s*|\s+[-–—]+\s+|\s*[–—]\s*")
_SIDE = re.compile(r"\s+side\b(\s+of\b)?", re.IGNORECASE)
_COUNTRY_CODE = re.compile(r"(?<=[\s(,/-])[A-Z]{2,3}(?=\s*\)?\s*$)")
_CODE_OF_A_SIDE = re.compile(r"\b[a-z]{2,3}(?=\s+side\b)", re.IGNORECASE)
# Words of a route: _ROUTE_ON always makes one, _ROUTE_BY only between two places.
_ROUTE_ON = re.compile(
    r"\s*(?:[-=]*>|→|»)\s*|\s+(?:(?:and\s+)?then|to|until|till|hadi|mpaka|kwenda|kisha|halafu|إلى)\s+",
    re.IGNORECASE,
)
_ROUTE_BY = re.compile(r"\s+(?:via|through|from|kupitia|kutoka|toka)\s+", re.IGNORECASE)
_DENIED = re.compile(r"^\s*(?:not|non|never|except|other than|sio|siyo|si|isipokuwa)\s", re.IGNORECASE)
_OUTSIDE = re.compile(r"^\s*(?:outside|out of|nje ya)\s+(?:of\s+)?", re.IGNORECASE)
# Institutions named after a country, which may lie anywhere.
_CALLED_AFTER = frozenset(seed_words("institutions"))
CONNECTIVES = frozenset(seed_words("connectives"))
_SPOTS = frozenset(seed_words("spots_in_a_place"))
DIRECTIONS = frozenset(seed_words("directions"))
# A road is named after the town it leads to and lies elsewhere.
_ROADS = frozenset(["road", "rd", "highway", "hway", "hwy", "superhighway", "bypass", "barabara"])


@dataclass(frozen=True)
class Parts:
    """`within`: a part lies in another (`Eastleigh, Nairobi`); else alternatives (`Busia/Malaba`)."""

    texts: tuple[str, ...]
    within: bool


def without_border_phrase(text: str) -> str:
    """Cut the neighbour: `Moyale, Ethiopia, on border with Kenya` → `Moyale, Ethiopia`."""
    cut = _BORDER_OF_TWO.sub("", _BORDER_WITH.sub("", text))
    return cut if cut.strip() else text


def with_country_names(text: str, names: Mapping[str, str]) -> str:
    """Replace a country code at the end, in brackets or before `side` by its name; `names` by code.

    >>> with_country_names("Busia (UG)", {"UG": "Uganda"}), with_country_names("Bug", {"UG": "Uganda"})
    ('Busia (Uganda)', 'Bug')
    >>> with_country_names("busia ug side", {"UG": "Uganda"})
    'busia Uganda side'
    """
    text = _CODE_OF_A_SIDE.sub(lambda found: names.get(found[0].upper(), found[0]), text)
    return _COUNTRY_CODE.sub(lambda found: names.get(found[0], found[0]), text)


def without_side(text: str) -> str:
    """Cut `side`: `Busia (Uganda side)` → `Busia (Uganda)`, `Kenya side of Moyale` → `Kenya, Moyale`."""
    return _SIDE.sub(lambda found: "," if found[1] else "", text)


def without_lead_in(text: str) -> str:
    """Cut phrases: `in the sea near Mombasa` → `Mombasa`, `Busia and its environs` → `Busia`."""
    return _ENVIRONS.sub("", _LEAD_IN.sub("", text.strip()))


def split(text: str) -> Parts:
    """Split by comma, bracket or spaced dash; without these into alternatives by slash, `or`, `and`.

    >>> split("Nairobi (Eastleigh)").texts
    ('Nairobi', 'Eastleigh')
    >>> split("Busia/Malaba")
    Parts(texts=('Busia', 'Malaba'), within=False)
    """
    text = _NOT_APPLICABLE.sub("", text)
    inside = _kept(_WITHIN.split(text))
    if len(inside) > 1:
        return Parts(inside, within=True)
    return Parts(_kept(_ALTERNATIVES.split(text)), within=False)


def route(text: str) -> tuple[Parts, bool]:
    """Return the places of a route in order, and whether it is one whatever follows the first.

    >>> route("Nairobi to Jeddah")[0].texts, route("Nairobi > Busia > Kampala")[0].texts
    (('Nairobi', 'Jeddah'), ('Nairobi', 'Busia', 'Kampala'))
    >>> route("Oman through an agent")
    (Parts(texts=('Oman', 'an agent'), within=False), False)
    """
    legs = _kept(_ROUTE_ON.split(text))
    stops = _kept([part for leg in legs for part in _ROUTE_BY.split(leg)])
    return Parts(stops, within=False), len(legs) > 1


def what_is_denied(text: str) -> str | None:
    """Return the place that a text denies (`not in Kenya` → `Kenya`); None for other texts."""
    return without_lead_in(_DENIED.sub("", text)) if _DENIED.match(text) else None


def what_is_outside(text: str) -> str | None:
    """Return the place that a text is outside of (`out of Kenya` → `Kenya`); None for other texts."""
    return _OUTSIDE.sub("", text) if _OUTSIDE.match(text) else None


def beside_an_institution(normed: str) -> str | None:
    """Return the words after an embassy or airline beside a country; None without one.

    >>> beside_an_institution("embassy in riyadh"), beside_an_institution("airways")
    ('in riyadh', '')
    """
    words = normed.split()
    last = max((n for n, word in enumerate(words, 1) if word in _CALLED_AFTER), default=None)
    return None if last is None else " ".join(words[last:])


def endings(normed: str, most_words: int) -> list[tuple[str, str]]:
    """Ways to read the last words, or else the first, as a wider place: (rest, wider), longest first.

    >>> endings("juba south sudan", 2)
    [('juba', 'south sudan'), ('juba south', 'sudan'), ('sudan', 'juba south'), ('south sudan', 'juba')]
    """
    words = normed.split()
    longest = min(most_words, len(words) - 1)
    last = [(" ".join(words[:-n]), " ".join(words[-n:])) for n in range(longest, 0, -1)]
    first = [(" ".join(words[n:]), " ".join(words[:n])) for n in range(longest, 0, -1)]
    return last + first


def halves(normed: str) -> list[tuple[str, str]]:
    """Return every cut between two words, (first words, last words), from the last cut to the first.

    >>> halves("bura fafi market")
    [('bura fafi', 'market'), ('bura', 'fafi market')]
    """
    words = normed.split()
    return [(" ".join(words[:n]), " ".join(words[n:])) for n in range(len(words) - 1, 0, -1)]


def names_a_spot(words: list[str]) -> bool:
    """Whether the words after a name give a spot in the place, or a connection to it.

    >>> names_a_spot(["bus", "stage"]), names_a_spot(["airways"])
    (True, False)
    """
    return not _SPOTS.isdisjoint(words) or words[0] in CONNECTIVES


def names_only_a_spot(words: list[str]) -> bool:
    """Whether every word after a name gives a spot in the place, so that none names its other side."""
    return all(word in _SPOTS or word.isdigit() for word in words)


def beginnings(normed: str) -> list[str]:
    """Return the beginnings of a text, longest first; none for a road.

    >>> beginnings("kibera gatwekera stage"), beginnings("mombasa road")
    (['kibera gatwekera', 'kibera'], [])
    """
    return [] if names_a_road(normed) else [first for first, _ in halves(normed)]


def names_a_road(normed: str) -> bool:
    return not _ROADS.isdisjoint(normed.split())


def without_direction(normed: str) -> str | None:
    """Cut a direction: `south kilifi` → `kilifi`; None without a direction or without other words."""
    first, _, rest = normed.partition(" ")
    return rest if rest and first in DIRECTIONS else None


def _kept(texts: list[str]) -> tuple[str, ...]:
    return tuple(text.strip() for text in texts if any(letter.isalnum() for letter in text))
