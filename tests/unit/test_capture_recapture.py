"""Capture-recapture estimates: UKdat with its published totals, small tables by hand, refusals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from orchestration.core import NjiaError
from orchestration.statistics.capture_recapture import Lists, estimate, main, range_of, read_lists
from orchestration.statistics.loglinear import fit, forward

# Potential victims in the United Kingdom 2013 by the lists that hold them (`UKdat` of CRAN's SparseMSE).
UK = (
    "LA 54, NG 463, PF 907, GO 695, GP 316, NCA 57, LA+NG 15, LA+PF 19, LA+GO 3, NG+PF 56, NG+GO 19, NG+GP 1, NG+NCA 3, "
    "PF+GO 69, PF+GP 10, PF+NCA 31, GO+GP 8, GO+NCA 6, GP+NCA 1, LA+NG+PF 1, LA+NG+GO 1, NG+PF+GO 4, NG+PF+NCA 3, "
    "PF+GO+NCA 1, LA+NG+PF+GO 1"
)
SIX = ("LA", "NG", "PF", "GO", "GP", "NCA")


def lists(names: tuple[str, ...], counts: str, merged: dict[str, str] | None = None) -> Lists:
    persons: dict[frozenset[str], int] = {}
    for one in counts.split(", "):
        on, count = one.rsplit(" ", 1)
        known = frozenset((merged or {}).get(name, name) for name in on.split("+"))
        persons[known] = persons.get(known, 0) + int(count)
    return Lists(
        names,
        np.array([[name in known for name in names] for known in persons]),
        np.array([*persons.values()], dtype=float),
    )


def shared(found: Lists) -> list[tuple[int, int]]:
    return [pair for pair in found.pairs if found.overlap(pair)]


@pytest.mark.parametrize(
    ("names", "merged", "independent", "chosen", "aic", "pairs"),
    [
        (SIX, {}, (12_214, 10_989, 13_621), (11_418, 9_977, 13_146), 162.66,
         "PF:NCA LA:NG NG:GP LA:PF PF:GP GO:GP NG:GO"),
        (SIX[:5], {"NCA": "PF"}, (13_444, 11_985, 15_133), (11_313, 9_884, 13_027), 127.60,
         "LA:NG NG:GP PF:GP LA:PF GO:GP NG:GO"),
    ],
)  # fmt: skip
def test_the_totals_of_ukdat(
    names: tuple[str, ...],
    merged: dict[str, str],
    independent: tuple[int, ...],
    chosen: tuple[int, ...],
    aic: float,
    pairs: str,
) -> None:
    """Fitted by two programs; the government's paper of 2014 gave 10,000 to 13,000."""
    uk = lists(names, UK, merged).complete
    assert uk.persons.sum() == 2744 and len(uk.persons) == 2 ** len(names) - 1
    fitted = forward(uk.known, uk.persons, shared(uk))
    assert (fitted[0].total, fitted[0].low, fitted[0].high) == pytest.approx(independent, abs=1)
    best = min(fitted, key=lambda model: model.aic)
    assert (best.total, best.low, best.high) == pytest.approx(chosen, abs=1)
    assert best.aic == pytest.approx(aic, abs=0.006)
    assert {f"{names[one]}:{names[other]}" for one, other in best.pairs} == set(pairs.split())


def test_main_effects_of_ukdat_have_the_published_aic() -> None:
    uk = lists(SIX, UK).complete
    independent = fit(uk.known, uk.persons, ())
    assert independent is not None and independent.aic == pytest.approx(305.02, abs=0.006)


def test_the_range_of_ukdat_holds_the_governments() -> None:
    """Few resamples: the models are what is asked here."""
    found = range_of(lists(SIX, UK), resamples=5)
    low, high = found.over_models
    assert low < 11_418 < 12_214 < high + 2_000
    assert low > 10_000 and high < 15_000
    assert all(model.aic <= found.best.aic + 10 for model in found.models) and len(found.models) > 5


@pytest.mark.parametrize(("together", "total"), [(200, 4000), (160, 5000)])
def test_two_lists_give_their_product_over_what_they_share(together: int, total: int) -> None:
    """Lists of 1,000 and 800. A fifth of the links missed makes a quarter more of it."""
    two = lists(("a", "b"), f"a {1000 - together}, b {800 - together}, a+b {together}").complete
    found = fit(two.known, two.persons, ())
    assert found is not None and found.total == pytest.approx(total)


def test_a_pair_of_lists_without_overlap_is_left_out() -> None:
    """a and b never meet. c has a quarter of each: 20 of 80, 30 of 120. So 50 on c alone stand for 150 unseen."""
    three = lists(("a", "b", "c"), "a 60, b 90, a+c 20, b+c 30, c 50").complete
    found = fit(three.known, three.persons, [(0, 1)])
    assert found is not None and found.total == pytest.approx(250 + 150)


def test_lists_without_any_overlap_have_no_model() -> None:
    """Two lists that share nobody: the unseen would be without end."""
    two = lists(("a", "b"), "a 60, b 90").complete
    assert fit(two.known, two.persons, ()) is None


ALIKE = "a 60, b 60, c 60, a+b 20, a+c 20, b+c 20, a+b+c 7"


def test_the_same_lists_give_the_same_range() -> None:
    """Each list has about a third as many of those on another as it leaves out: near 180 unseen for 247 seen."""
    one, again = (estimate(lists(("a", "b", "c"), ALIKE), resamples=20) for _ in range(2))
    assert one == again and one.best.total == pytest.approx(247 + 180, abs=3)
    low, middle, high = one.resampled
    assert low < one.best.total < high and low < middle < high


@pytest.mark.parametrize(
    ("names", "counts", "words"),
    [
        (("a", "b"), "a 60, b 60, a+b 20", "There are 2 lists, and 0 pairs share fewer"),
        (
            ("a", "b", "c"),
            "a 60, b 60, c 60, a+b 20, a+c 20, b+c 9",
            "There are 3 lists, and 1 pairs share fewer",
        ),
    ],
)
def test_too_few_lists_or_shared_persons_are_refused(names: tuple[str, ...], counts: str, words: str) -> None:
    with pytest.raises(NjiaError, match=words):
        estimate(lists(names, counts))


def written(folder: Path, tier: str = "name_codes", mark: str = "1") -> Path:
    found = lists(("a", "b", "c"), ALIKE)
    rows = [
        ",".join([str(int(count)), tier, *(mark if one else "0" for one in known)])
        for known, count in zip(found.known, found.persons, strict=True)
    ]
    path = folder / "lists.csv"
    path.write_text("\n".join(["persons,linkage_tier,a,b,c", *rows]), encoding="utf-8")
    return path


def test_the_command_prints_a_range_and_its_models(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(written(tmp_path))]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Between ") and lines[1].startswith("Resampled, with the model chosen anew")
    assert any(line.endswith("lists independent") for line in lines)
    assert "makes every" not in lines[0] and lines[-1].startswith("For use inside the network")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"tier": "rich_form"}, "line 2: capture-recapture takes persons linked by name_codes alone"),
        ({"mark": "Testperson"}, "line 2: persons must be a whole number"),
    ],
)
def test_a_file_of_other_links_or_marks_is_refused_without_quoting_it(
    tmp_path: Path, change: dict[str, str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(written(tmp_path, **change))]) == 1
    said = capsys.readouterr().err
    assert words in said and "Testperson" not in said


def test_a_file_without_its_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "lists.csv"
    path.write_text("a,b\n1,0\n", encoding="utf-8")
    with pytest.raises(NjiaError, match="needs the columns persons and linkage_tier"):
        read_lists(path)
