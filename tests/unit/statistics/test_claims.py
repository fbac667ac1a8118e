"""Sentences on hotspots, shifts, bands: examples to read, then every combination of what they are made from."""

import re
from itertools import product

import pytest

from orchestration.core import LANGUAGES
from orchestration.outputs.claims import LESS, MORE, PARTS, ROLES, TIMES, Size, claim
from orchestration.outputs.texts import Texts, plain
from orchestration.statistics.comparable import WITHOUT_NUMBERS
from orchestration.statistics.regional_risk import BANDS
from tests.simulated_corridors import EVIDENCE, REASONS, STATUSES

LABELS = ("hotspot", "elevated", "lower", "not_distinguished")
NAME, EARLIER, PERIOD = "Sampleton to Fixture", "2024", "2025"


def said(
    measure: str, status: str, size: Size, evidence: str = "panel", language: str = "en", role: str = "origin"
) -> str:
    say = Texts(language)
    name = "Sampleton" if measure == "hotspots" else NAME
    slots = {
        "name": name, "at": plain(say(f"claim.at.{role}", name=name)), "records": say.text("grain.case"),
        "earlier": EARLIER, "period": PERIOD, "riser": "Fixture to Fixture", "faller": NAME,
        "end": "Fixture", "fell": "fell", "rose": "rose", "moved": "rose", "month": "May", "until": "July", "count": "nine", "low": "two", "high": "five",
    }  # fmt: skip
    return plain(claim(say, measure, status, size, evidence, str, **slots))


def interval(low: float, ratio: float, high: float) -> Size:
    return Size(ratio=ratio, ratio_low=low, ratio_high=high)


@pytest.mark.parametrize(
    ("measure", "status", "size", "evidence", "words"),
    [
        ("hotspots", "hotspot", interval(2.2, 4.1, 7.9), "panel", "about four times as many; at least twice"),
        ("hotspots", "hotspot", interval(1.2, 25.0, 85.0), "panel", "expect: by how much is not known"),
        ("hotspots", "hotspot", Size(at_least_times=2, factor_band="twice_or_more"), "panel", "expect: at least twice as many"),
        ("hotspots", "single_source", Size(), "panel", "Not measured for Sampleton: Only one partner has records here"),
        ("shifts", "growing", interval(1.6, 3.0, 5.9), "panel", "about three times as large; at least one and a half times"),
        ("shifts", "growing", interval(1.3, 1.9, 2.6), "single_partner", "than in 2024; others have not confirmed it"),
        ("shifts", "growing", interval(2.3, 3.9, 7.6), "single_partner", "at least twice as large; others have not confirmed it"),
        ("shifts", "fading", interval(0.24, 0.34, 0.48), "panel", "about a third as large; less than half"),
        ("shifts", "fading", Size(factor_band="half_or_less"), "panel", "about half as large, or less"),
        ("shifts", "abandoned", interval(0.001, 0.004, 0.03), "panel", "Fixture in 2024, and no longer in 2025"),
        ("shifts", "stable", interval(0.6, 1.0, 1.7), "", "neither doubled nor halved"),
        ("alerts", "rise", Size(), "panel", "More cases than expected since May"),
        ("alerts", "seen", Size(), "single_partner", "nine cases from May to July, where partners’ own level would lead one to expect two to five"),
        ("displacement", "displaced_from", Size(), "panel", "a larger for Fixture to Fixture: consistent with displacement, not proof of it"),
    ],
)  # fmt: skip
def test_examples(measure: str, status: str, size: Size, evidence: str, words: str) -> None:
    assert words in said(measure, status, size, evidence)


ENDS = (0.02, 0.09, 0.15, 0.3, 0.49, 0.7, 0.95, 1.05, 1.3, 1.5, 1.99, 2.0, 2.6, 3.9, 7.7, 14.0, 60.0, 400.0)
INTERVALS = [interval(low, ratio, high) for low, ratio, high in product(ENDS, repeat=3) if low < ratio < high]
PUBLIC = [
    Size(factor_band=band, at_least_times=least)
    for band in ("half_or_less", "lower", "about_the_same", "higher", "twice_or_more", None)
    for least in (None, 2, 3, 11, 250)
]
CASES = [("hotspots", label) for label in (*LABELS, *WITHOUT_NUMBERS)]
CASES += [("shifts", status) for status in STATUSES if status != "too_few"]
CASES += [("shifts", reason) for reason in REASONS if reason != "reappeared"]
CASES += [("alerts", one) for one in ("seen", "rise", "fall")]
CASES += [("displacement", "displaced_from"), ("above", "hotspot")]
CASES += [("risk", band) for band in (*BANDS, "components_missing")]
CASES += [("novelty", one) for one in ("panel_confirmed", "single_partner", "new_source")]
SAME_SIZES = (
    ("at least", "angalau"), ("less than", "chini ya"), ("about ", "takriban"), ("how much", "kiasi gani"),
)  # fmt: skip
UP = re.compile(r"at least (twice|[\w ]+? times)|about (twice|[\w ]+? times)")
DOWN = re.compile(r"less than (a \w+|half|three quarters)|about (a \w+|half|three quarters)")


def numbers(kind: str, words: dict[str, float]) -> dict[str, float]:
    return {Texts().text(f"{kind}.{key}"): number for key, number in words.items()}


@pytest.mark.parametrize(("measure", "status"), CASES)
def test_no_combination_says_more_than_it_knows(measure: str, status: str) -> None:
    times, parts = numbers("times", TIMES), numbers("part", PARTS)
    for size, evidence in product(INTERVALS + PUBLIC, (*EVIDENCE, "")):
        text = said(measure, status, size, evidence)
        assert text and "{" not in text and "None" not in text and len(text.split()) <= 30
        assert not re.search(r"\d", text.replace(EARLIER, "").replace(PERIOD, "")), "sizes are words"
        assert ("Several" in text) <= (evidence == "panel")
        assert ("One partner’s" in text) == ("others have not confirmed it" in text) or measure == "novelty"
        if status in ("hotspot", "elevated", "growing"):
            assert not DOWN.search(text)
        elif status in ("lower", "fading"):
            assert not UP.search(text)
        else:
            assert not UP.search(text) and not DOWN.search(text)
        low = size.at_least_times if size.ratio is None else size.ratio_low
        for bound, about in UP.findall(text):
            assert low is None or not bound or times[bound] <= low
            assert not about or size.ratio is None or size.ratio_low <= times[about] <= size.ratio_high
        for bound, about in DOWN.findall(text):
            assert not bound or parts[bound] > size.ratio_high
            assert not about or size.ratio is None or size.ratio_low <= parts[about] <= size.ratio_high
        assert size.ratio is None or ("or more" not in text and "or less" not in text)
        if measure != "risk" and status in (*MORE, *LESS) and evidence == "panel" and size.ratio:
            assert bool(UP.search(text) or DOWN.search(text)) != ("by how much is not known" in text)


@pytest.mark.parametrize(("measure", "status"), CASES)
def test_swahili_and_english_say_the_same_sizes(measure: str, status: str) -> None:
    for size, evidence in product((*INTERVALS[::7], *PUBLIC), EVIDENCE):
        both = {language: said(measure, status, size, evidence, language) for language in LANGUAGES}
        assert both["sw"] and "{" not in both["sw"] and both["sw"] != both["en"]
        for english, swahili in SAME_SIZES:
            if status not in WITHOUT_NUMBERS and measure != "risk" and "no clear" not in both["en"]:
                assert (english in both["en"]) == (swahili in both["sw"]), both


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_role_of_a_place_has_its_phrase(role: str, language: str) -> None:
    assert "Sampleton" in said("hotspots", "hotspot", Size(), language=language, role=role)


def test_every_size_is_said_of_some_ratio() -> None:
    """The words of `times.*` and `part.*` are all reached, so none is there for nothing."""
    text = " ".join(
        said("shifts", status, interval(at * 1.001, at * 1.1, at * 1.2))
        + said("shifts", status, interval(at * 0.6, at * 0.8, at * 0.99))
        for status in ("growing", "fading")
        for at in (*TIMES.values(), *PARTS.values())
    )
    for kind, words in (("times", TIMES), ("part", PARTS)):
        for key in words:
            assert Texts().text(f"{kind}.{key}") in text
