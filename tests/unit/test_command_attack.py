"""`njia attack` on tables of others: what falls, by which line, and how it ends."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import yaml
from click.testing import CliRunner, Result

from orchestration.cli import cli
from orchestration.disclosure import PrintedTable, audit, protect
from orchestration.errors import NjiaError
from orchestration.settings import PROJECT_ROOT
from tests.unit.disclosure_worlds import grid, k_alone

# As published by a table of the world: total 59, women 56, men "<5". The last row does not add up.
DETECTED = """\
Country,Year,Sex,Persons
Aland,2016,Female,56
Aland,2016,Male,<5
Aland,2016,Total,59
Beland,2016,Female,<5
Beland,2016,Male,<5
Beland,2016,Total,6
Celand,2016,Female,10
Celand,2016,Male,<5
Celand,2016,Total,10
"""
MARGINS = """\
k: 5
hidden: {"<5": {low: 0, high: 4}}
tables:
  - file: detected.csv
    name: detected
    value: Persons
    split_by: [Country, Year]
    dimensions:
      sex: {column: Sex, total: Total}
"""

Attack = Callable[..., Result]


@pytest.fixture
def attack(tmp_path: Path) -> Attack:
    """Writes the files, then runs the command on the first of them."""

    def run(*arguments: str, margins: str | None = MARGINS, **files: str) -> Result:
        for name, text in {
            "detected.csv": DETECTED,
            **{f"{one}.csv": text for one, text in files.items()},
        }.items():
            (tmp_path / name).write_text(text, encoding="utf-8")
        described = []
        if margins is not None:
            (tmp_path / "margins.yml").write_text(margins, encoding="utf-8")
            described = ["--margins", str(tmp_path / "margins.yml")]
        named = [str(tmp_path / one) if one.endswith((".csv", ".xlsx")) else one for one in arguments]
        return CliRunner().invoke(cli, ["attack", *named, *described, "--home", str(tmp_path / "home")])

    return run


def told(result: Result) -> dict:
    return json.loads(result.stdout.splitlines()[-1])


def cells(result: Result) -> dict[str, tuple[int, int, bool]]:
    return {
        f"{row['universe']} {row['cell']}": (row["low"], row["high"], row["passed"])
        for row in told(result)["cells"]
    }


def test_a_lone_hidden_cell_falls_by_subtraction_and_the_command_ends_with_three(attack: Attack) -> None:
    result = attack("detected.csv", "--json")
    assert result.exit_code == 3
    found = cells(result)
    assert found["Aland / 2016 sex=Male"] == (3, 3, False)
    assert found["Celand / 2016 sex=Male"] == (0, 0, True), "known to be empty: it tells of nobody"
    assert (told(result)["exact"], told(result)["safe"]) == (1, False)


def test_two_hidden_cells_narrowed_by_their_symbol_and_total_are_told_as_a_span(attack: Attack) -> None:
    """6 in two cells of at most 4: each is 2 to 4."""
    assert cells(attack("detected.csv", "--json"))["Beland / 2016 sex=Male"] == (2, 4, False)


def test_people_read_what_is_known_and_what_to_do(attack: Attack) -> None:
    result = attack("detected.csv")
    assert result.exit_code == 3
    words = " ".join(result.stdout.split())
    assert "1 are exactly known, 2 more to less than 4 apart." in words
    assert "Aland / 2016: sex=Male" in words and "by the printed numbers alone" in words
    assert "Hide a second cell" in words


def test_tables_that_hide_enough_are_safe(attack: Attack) -> None:
    whole = (
        "Region,Kind,N\nn,a,..\nn,b,..\nn,all,70\ns,a,..\ns,b,..\ns,all,60\nall,a,50\nall,b,80\nall,all,130\n"
    )
    margins = """
hidden: {"..": {}}
tables:
  - {value: N, dimensions: {Region: {total: all}, Kind: {total: all}}}
"""
    result = attack("whole.csv", whole=whole, margins=margins)
    assert result.exit_code == 0 and "Safe" in result.stdout
    # Another table that prints one of them opens all four.
    other = "Region,Kind,N\nn,a,21\n"
    both = f"{margins}  - {{file: other.csv, value: N, dimensions: {{Region: {{}}, Kind: {{}}}}}}\n".replace(
        "- {value", "- {file: whole.csv, value"
    )
    result = attack("whole.csv", "other.csv", "--json", whole=whole, other=other, margins=both)
    assert result.exit_code == 3 and told(result)["exact"] == 3


def test_a_small_count_that_is_printed_is_no_safe_table(attack: Attack) -> None:
    small = "Country,Year,Sex,Persons\nA,2016,Female,3\nA,2016,Male,60\nA,2016,Total,63\n"
    result = attack("detected.csv", detected=small)
    assert result.exit_code == 3 and "Cells printed with fewer than 5: 1." in result.stdout
    assert "Safe" not in result.stdout
    assert told(attack("detected.csv", "--json", "--k", "3", detected=small))["printed_small"] == 0


@pytest.mark.parametrize(("row", "cells"), [("x", 1), ("Deland,2016,Male,1,000", 5)])
def test_a_row_that_does_not_fit_its_headings_is_named_and_not_misread(
    attack: Attack, row: str, cells: int
) -> None:
    result = attack("detected.csv", detected=f"{DETECTED}{row}\n")
    assert f"detected.csv, row 11: {cells} cells under 4 headings" in str(result.exception)


def test_one_column_a_value_in_a_workbook_under_a_title_and_hxl_tags(attack: Attack, tmp_path: Path) -> None:
    rows = [
        ["Detected"],
        ["Country", "Women", "Men", "All"],
        ["#country", "#f", "#m", "#all"],
        ["Aland", "1,056", "<5", "1,059"],
    ]
    pd.DataFrame(rows).to_excel(tmp_path / "wide.xlsx", index=False, header=False)
    margins = """
k: 5
hidden: {"<5": {high: 4}}
tables:
  - header_row: 2
    dimensions: {Country: {}}
    wide: {dimension: sex, names: {Women: f, Men: m, All: "*"}}
"""
    result = attack("wide.xlsx", "--json", margins=margins)
    assert cells(result) == {"all Country=Aland & sex=m": (3, 3, False)}


def test_a_rounded_share_of_a_printed_total_gives_a_hidden_count_back(attack: Attack) -> None:
    """3.2 % of 94, rounded to one digit, is 3 persons and no other number."""
    table = "Place,N,Percent\nx,c,3.2\ny,c,\nz,60,63.8\nall,94,100\n"
    margins = """
k: 5
hidden: {c: {}}
tables:
  - value: N
    dimensions: {Place: {total: all}}
    share: {column: Percent, of: Place, digits: 1}
"""
    result = attack("shares.csv", "--json", shares=table, margins=margins)
    assert cells(result)["all Place=x"] == (3, 3, False) and cells(result)["all Place=y"] == (31, 31, False)
    alone = attack("shares.csv", "--json", shares=table, margins=margins[: margins.index("    share")])
    assert told(alone)["safe"]


def test_nothing_is_taken_off_a_total_that_counts_more_than_is_listed(attack: Attack) -> None:
    margins = MARGINS.replace("total: Total}", "total: Total, others: true}")
    result = attack("detected.csv", "--json", margins=margins)
    assert cells(result)["Aland / 2016 sex=Male"] == (0, 3, False) and told(result)["exact"] == 0


def test_numbers_that_contradict_each_other_are_named_and_end_with_three(attack: Attack) -> None:
    wrong = DETECTED.replace("Celand,2016,Total,10", "Celand,2016,Total,17")
    result = attack("wrong.csv", "--json", wrong=wrong, margins=MARGINS.replace("detected.csv", "wrong.csv"))
    assert result.exit_code == 3
    assert "add up to 10 to 14; it is told as 17" in told(result)["contradictions"]["Celand / 2016"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("value: Persons", "value: People"), "no column People"),
        (("low: 0", "lowest: 0"), "Extra inputs"),
        (('"<5"', '"<6"'), "row 3, column Persons: neither a number nor one of the symbols"),
        (("split_by: [Country, Year]", "split_by: []"), "tells a cell twice"),
        (("detected.csv", "nowhere.csv"), "There is no file"),
        (("value: Persons", "sheet: one"), "give either `value`"),
    ],
)
def test_wrong_descriptions_are_told_in_a_sentence(
    attack: Attack, change: tuple[str, str], sentence: str
) -> None:
    result = attack("detected.csv", margins=MARGINS.replace(*change))
    assert isinstance(result.exception, NjiaError) and sentence in str(result.exception)
    assert result.exception.exit_code == 2


def test_files_and_folders_need_a_description_and_a_release_must_exist(
    attack: Attack, tmp_path: Path
) -> None:
    wrong = (
        (("detected.csv",), "--margins"),
        ((str(tmp_path),), "has no margins.yml"),
        (("20260101-nowhere",), "no release yet"),
    )
    for arguments, sentence in wrong:
        result = attack(*arguments, margins=None)
        assert isinstance(result.exception, NjiaError) and sentence in str(result.exception)
        assert result.exception.exit_code == 2


def test_what_protect_printed_passes_the_audit_of_the_file_and_what_it_hid_does_not() -> None:
    """The gate reads the bytes back; one cell too many, printed by mistake, must fail."""
    table, policy = grid([[3, 20, 50], [21, 40, 60], [52, 61, 70]]), k_alone(5)
    printed = protect([table], policy).table("grid").printed()
    assert audit([PrintedTable.of(table, printed, 5)], 5).is_safe
    one_more = pd.DataFrame([{"a": "a0", "b": "b1", "value": 20, "is_carried": False}])
    leaky = pd.concat([printed, one_more], ignore_index=True)
    found = audit([PrintedTable.of(table, leaky, 5)], 5)
    assert not found.is_safe and found.cells.set_index("cell").loc["a=a0 & b=b0", "low"] == 3


def test_a_release_is_attacked_by_the_description_beside_its_public_tables(
    attack: Attack, tmp_path: Path
) -> None:
    """Its files say what a reader has: printed cells, one carried, and one symbol for all that is hidden."""
    counts = [[3, 20, 50], [21, 40, 60], [52, 61, 70]]
    protected = protect([grid(counts)], k_alone(5), printed={"movements: a=a2 & b=b2": (72,)})
    release = tmp_path / "home" / "releases" / "20261126-1"
    (release / "public").mkdir(parents=True)
    (release / "manifest.json").write_text(json.dumps({"release_id": "20261126-1", "sequence": 1}))
    described = {
        "k": 5, "hidden": {"c": {}}, "hidden_may_be_empty": True,
        "tables": [{
            "name": "grid", "file": "grid.csv", "universe": "movements", "value": "value", "carried": "is_carried",
            "lists_all": False, "dimensions": {"a": {"total": "*"}, "b": {"total": "*"}},
        }],
    }  # fmt: skip
    (release / "public" / "margins.yml").write_text(yaml.safe_dump(described))
    table = protected.table("grid").cells.assign(
        value=lambda cells: cells["value"].astype("string").fillna("c")
    )
    table[["a", "b", "value", "is_carried"]].to_csv(release / "public" / "grid.csv", index=False)
    for target in ("20261126-1", str(release / "public"), str(release)):
        result = attack(target, "--json", margins=None)
        assert result.exit_code == 0, result.stdout
        assert told(result)["hidden"] == (table["value"] == "c").sum() > 4
    leaky = table.assign(
        value=table["value"].where(table["reason"] != "complementary", table["persons"].astype(str))
    )
    leaky[["a", "b", "value", "is_carried"]].to_csv(release / "public" / "grid.csv", index=False)
    found = cells(attack("20261126-1", "--json", margins=None))
    assert found["movements a=a0 & b=b0"] == (3, 3, False)


def test_the_example_of_the_guide_finds_what_the_guide_says(attack: Attack) -> None:
    guide = (PROJECT_ROOT / "docs" / "disclosure.md").read_text(encoding="utf-8")
    blocks = dict(re.findall(r"^```(\w*)\n(.*?)^```$", guide, re.MULTILINE | re.DOTALL))
    table = next(text for text in re.findall(r"^```\n(.*?)^```$", guide, re.MULTILINE | re.DOTALL))
    result = attack("detected.csv", "--json", detected=table, margins=blocks["yaml"])
    assert result.exit_code == 3
    assert cells(result) == {
        "Aland / 2016 sex=Male": (3, 3, False),
        "Beland / 2016 sex=Female": (2, 4, False),
        "Beland / 2016 sex=Male": (2, 4, False),
    }
