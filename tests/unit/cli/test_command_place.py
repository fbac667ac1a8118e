"""`njia place` and `njia decide place-alias`: what a name means, and how a steward changes it."""

from __future__ import annotations

import json
from pathlib import Path

from orchestration.core import Settings, adopt_home
from orchestration.stewardship import active_decisions
from tests.fixtures.njia_in_process import Njia, njia

__all__ = ["njia"]
BY = ("--author", "A. Steward", "--reason", "told so")


def test_narrow_output_keeps_ids_whole_names_rivals_and_shortens_names(njia: Njia) -> None:
    rivals = json.loads(njia("place", "Manyatta", "--json").out)[0]["rivals"]
    shown = njia("place", "Manyatta", "ambiguous " * 20).out
    assert 2 <= len(rivals) <= 3
    assert all(f"or {place_id} " in shown for place_id in rivals) and "ambiguous" in shown
    assert "(locality, Kisumu)" in shown
    shown = njia("place", "x" * 10_000).out
    assert shown.count("x") == 60 and "10,000" in shown


def test_a_file_of_names_is_utf_8_and_may_begin_with_a_byte_order_mark(njia: Njia, tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_bytes("Malaba\n".encode("utf-8-sig"))
    (found,) = json.loads(njia("place", "--file", tmp_path / "names.txt", "--json").out)
    assert (found["name"], found["place_id"]) == ("Malaba", "bp-ken-malaba")

    for encoding in ("latin-1", "utf-16"):
        (tmp_path / "names.txt").write_bytes("Côte\nMalaba\n".encode(encoding))
        ended = njia("place", "--file", tmp_path / "names.txt")
        assert ended.code == 2 and "names.txt" in ended.words


def test_a_stewards_alias_wins_over_the_gazetteer(njia: Njia) -> None:
    assert njia("decide", "place-alias", "Kwa Fixture stage", "KE040", *BY).code == 0
    (found,) = json.loads(njia("place", "kwa fixture  stage", "--json").out)
    assert (found["place_id"], found["method"]) == ("KE040", "decision")
    for text in ("Nairbi", "Manyatta", "Qwertyville"):
        assert njia("decide", "place-alias", text, "KE047", *BY).code == 0, f"{text} needs no override"


def test_a_misleading_alias_is_refused(njia: Njia, tmp_path: Path) -> None:
    for words, *alias in (
        ("means KE047, Nairobi (county, Kenya), today", "Nairobi", "KE001"),
        ("means KE047, Nairobi (county, Kenya), already", "Nairobi", "KE047"),
        ("lies in Kenya", "Kwa Fixture stage", "KE040", "--country", "UGA"),
    ):
        ended = njia("decide", "place-alias", *alias, *BY)
        assert ended.code == 2 and words in ended.words
    assert not (tmp_path / "home" / "njia.db").exists()


def test_a_certain_name_is_reassigned_only_with_override(njia: Njia, tmp_path: Path) -> None:
    assert "--override" in njia("decide", "place-alias", "Nairobi", "KE001", *BY).words
    assert njia("decide", "place-alias", "Nairobi", "KE001", "--override", *BY).code == 0
    home = tmp_path / "home"
    settings = Settings(home, tmp_path / "partners", home / "keys")
    (alias,) = active_decisions(settings, settings.as_of())["place_alias"]
    assert alias["place_id"] == "KE001" and "override" not in alias
    assert json.loads(njia("place", "Nairobi", "--json").out)[0]["place_id"] == "KE001"


def test_an_alias_may_hold_for_one_partner_and_role(njia: Njia, tmp_path: Path) -> None:
    home = tmp_path / "home"
    adopt_home(Settings(home, tmp_path / "partners", home / "keys"))
    landed = home / "landing" / "kobe_shelter"
    landed.mkdir(parents=True)
    (landed / "0123456789abcdef.json").write_text("{}")
    scope = ("--partner", "kobe_shelter", "--role", "destination")
    assert njia("decide", "place-alias", "Nairobi", "KE001", *scope, *BY).code == 0
    settings = Settings(home, tmp_path / "partners", home / "keys")
    (alias,) = active_decisions(settings, settings.as_of())["place_alias"]
    assert (alias["partner"], alias["role"]) == ("kobe_shelter", "destination")
    assert json.loads(njia("place", "Nairobi", "--json").out)[0]["place_id"] == "KE047", "everywhere else"
