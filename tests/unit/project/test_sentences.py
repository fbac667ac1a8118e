"""The catalogue of texts: stewards read English and Swahili, and both name the same things."""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest
from starlette.datastructures import FormData

from orchestration.core import UsageError, in_language, packed, say, together, unpacked
from orchestration.core.texts import SAID, rows
from orchestration.stewardship.desk.views.deciding import read_form
from tests.fixtures import steward_sentences

_BRACES = re.compile(r"\{(\w+)(:[^}]*)?\}")
_FILES = re.compile(r"(?:review|seeds)/[\w./]+\w")
_CODE = re.compile(r"`[^`]+`")


_IN_BOTH = ("desk.", "map.", "message.", "report.", SAID)


def texts(*places: str) -> list[tuple[str, str]]:
    """English and Swahili of the texts of some places."""
    return [
        (row["en"], row["sw"])
        for row in rows()
        if any(key.startswith(places) for key in row["keys"].split()) and row["en"]  # else of a seed
    ]


def test_every_sentence_has_swahili_and_none_is_unused() -> None:
    needed = set(steward_sentences.sentences())
    assert len(needed) > 300
    assert needed == {english for english, _ in texts(SAID)}


def test_no_sentence_is_an_f_string() -> None:
    """An f-string cannot be translated: `say` keeps the words and what is filled in apart."""
    found = [one for path in steward_sentences.MODULES for one in steward_sentences.f_strings(path)]
    raised = ("has no record that begins in row", "Several sheets of")
    assert [one for one in found if not any(words in one for words in raised)] == []


def test_each_text_stands_once_and_has_swahili() -> None:
    keys = Counter(key for row in rows() for key in row["keys"].split() if key != SAID)
    pairs = Counter((row["en"], row["sw"]) for row in rows() if row["en"])
    said = Counter(english for english, _ in texts(SAID))
    assert [one for times in (keys, pairs, said) for one, count in times.items() if count > 1] == []
    assert [english for english, swahili in texts(*_IN_BOTH) if not swahili.strip()] == []
    assert [english for english, swahili in texts(SAID) if swahili == english] == []


def test_both_name_the_same_things_and_the_same_commands() -> None:
    """A number keeps its form, too; what is to be typed or looked for stays as it is."""
    for english, swahili in texts(*_IN_BOTH):
        for named in (_BRACES, _CODE):
            assert sorted(named.findall(english)) == sorted(named.findall(swahili)), english
        assert [name for name in _FILES.findall(english) if name not in swahili] == [], english


def test_a_sentence_within_a_sentence_is_said_in_the_same_language() -> None:
    held = say("Held by {checks}.", checks="columns_are_readable")
    both = together(held, "It only warns.")
    assert both == "Held by columns_are_readable. It only warns."
    assert in_language(both, "en") == both
    assert in_language(both, "sw") == "Limezuiwa na columns_are_readable. Unaonya tu."


def test_numbers_and_words_of_partners_stay_as_they_are() -> None:
    said = say("{records:,} record(s) in {extracts:,} extract(s).", records=1200, extracts=2)
    assert in_language(said, "sw") == "Rekodi 1,200 katika madondoo 2."
    assert in_language(say("Held by {checks}.", checks="{braces}"), "sw") == "Limezuiwa na {braces}."
    assert in_language("nobody wrote this", "sw") == "nobody wrote this"
    said = together(say("Held by {checks}.", checks="x"), say("Its last day is {day}.", day="2026-01-01"))
    again = unpacked(json.loads(json.dumps(packed(said))))
    assert again == said
    assert in_language(again, "sw") == in_language(said, "sw") != said


def test_a_form_that_the_desk_refuses_is_refused_in_swahili() -> None:
    with pytest.raises(UsageError) as refused:
        read_form(FormData({"kind": "no such kind"}))
    assert in_language(refused.value.args[0], "sw").startswith("Fomu hii haiamui chochote")
