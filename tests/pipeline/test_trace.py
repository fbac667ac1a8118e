"""From every published number a steward comes to the rows behind it; others do not."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow.parquet as pq
import pytest

from orchestration import intake, release
from orchestration.core import PARTIAL, UsageError, load_keys, load_publication_policy, shown_record
from orchestration.outputs.report.rules import in_words
from orchestration.outputs.texts import Texts
from orchestration.release.lineage import lineage_of, open_lineage
from orchestration.release.lineage_keys import COUNTED, TRACED, row_key
from orchestration.stewardship import audit
from tests.command import last_object, njia
from tests.decoded import says
from tests.evidence_base import EvidenceBase

# The three cases of Busia to Nairobi, which the tiny world shows in the row `fewer`.
BUSIA_TO_NAIROBI = ("corridors", "year-2025", "fewer", "fewer", "within")
EDITIONS = ("members", "public")
ROOT = Path(__file__).resolve().parents[2]
MOST_NOISE = load_publication_policy()["noise_row_3_largest"]
# Published tables that no partner's row stands behind, or whose rows name their extracts themselves.
NOT_TRACED = {
    "marts.dim_code": "seeds/reference",
    "marts.dim_partner": "quality.extracts names the extracts of each partner code",
    "marts.dim_period": "the calendar; rounds are traced as periods",
    "marts.dim_place": "seeds/reference",
    "marts.mart_not_measured": "totals of what has no measure; a place and a corridor are traced by their counts",
    "meta.columns": "dbt's descriptions",
    "meta.publication_policy": "seeds/reference, traced as policy",
    "meta.grains": "seeds/reference",
    "meta.policy": "seeds/reference",
    "meta.release": "the manifest, traced as release",
    "published.areas": "seeds/reference",
    "meta.terms": "rows by partner code; the desk lists them",
    "quality.check_results": "by subject: an extract, or the whole release",
    "quality.extracts": "a row is an extract",
    "quality.linkage": "totals of all links; the desk lists them",
    "quality.quarantine_summary": "by extract; the receipt and the desk list the rows",
    "quality.reconciliation": "a row is an extract",
    "quality.waivers": "decisions",
}
OF_MOVEMENTS = (
    "marts.fct_movements",
    "marts.movements",
    "marts.fct_movement_legs",
    "marts.bridge_movement_codes",
)
MARTS = sorted(name for name in (*TRACED, *OF_MOVEMENTS) if name.startswith("marts."))
PUBLISHED = sorted(name for name in TRACED if name.startswith("published."))
OF_MEMBERS_ALONE = [("public", f"published.{table}") for table in ("corridors_via", "risk", "still_to_come")]
TABLES_OF_CASES = [
    "directions", "starts", "ends", "corridors", "corridors_via", "passings", "border_points", "traits",
]  # fmt: skip
# Say in a sentence why no record stands behind a row.
WITHOUT_RECORDS = {"published.periods", "published.context_counts", "marts.mart_context_counts"}
# By hand, in tests/scenario.py: S1 and S2 stand in rows 2 and 3 of their file, K1 in row 2.
ROWS = {"swala_post": (2, 3), "kobe_post": (2,)}


def current(base: EvidenceBase) -> release.Release:
    found = release.current_release(base.settings)
    assert found
    return found


def trace(base: EvidenceBase, *words: str, edition: str | None = None) -> release.Trace:
    return release.trace(base.settings, current(base), words, edition=edition)


def keys_of(base: EvidenceBase, edition: str, table: str) -> list[tuple[str, ...]]:
    """Rows of a table by their keys: not all, since each is asked alone."""
    key = release.key_of(current(base).manifest, table)
    columns = ", ".join(f"coalesce({column}::text, '')" for column in key)
    with duckdb.connect(str(current(base).path / edition / "evidence_base.duckdb"), read_only=True) as con:
        return con.execute(
            f"select {columns} from {table} order by hash({columns}), {columns} limit 4"
        ).fetchall()


@pytest.mark.parametrize("table", MARTS)
def test_traced_rows_add_up_to_the_counts_of_a_mart(samples: EvidenceBase, table: str) -> None:
    keys = keys_of(samples, "members", table)
    assert keys or table == "marts.mart_alerts"
    for key in keys:
        found = trace(samples, table, *key)
        assert found.agrees, (key, found.values, found.numbers)
        assert found.records or found.extracts or not any(found.numbers.values()), key
        assert found.records or table not in OF_MOVEMENTS, key


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("table", PUBLISHED)
def test_traced_rows_add_up_to_a_published_count(samples: EvidenceBase, table: str, edition: str) -> None:
    """A public count within its noise: this release made it of the same records."""
    keys = keys_of(samples, edition, table) if (edition, table) not in OF_MEMBERS_ALONE else []
    assert (
        keys or (edition, table) in OF_MEMBERS_ALONE or (edition == "public" and table == "published.alerts")
    ), "none is released"
    for key in keys:
        found = trace(samples, table, *key, edition=edition)
        assert (found.edition, found.agrees) == (edition, True), (key, found.values, found.numbers)
        assert found.rows or found.extracts, key
        assert found.rows or table not in WITHOUT_RECORDS or found.note, key
        for column in ("movement_count", "passing_count", "trait_count") if "fewer" not in key else ():
            count = found.values.get(column)
            assert count is None or abs(count - found.numbers[column]) <= MOST_NOISE, key


def test_every_count_of_members_is_what_its_records_give(samples: EvidenceBase) -> None:
    """All rows at once, by the query of a steward: no key leads to too many records or to too few."""
    manifest, compared = current(samples).manifest, 0
    with open_lineage(lineage_of(samples.settings, str(samples.release_id()))) as con:
        con.execute(f"attach '{current(samples).evidence_base.resolve()}' as members (read_only)")
        parts = con.execute(
            "select 'published.' || table_name, column_name from duckdb_columns() where database_name = 'members' "
            "and schema_name = 'published' and column_name like '%_count' and list_contains(?, table_name)",
            [TABLES_OF_CASES],
        ).fetchall()
        for in_lineage, part in parts:
            name = in_lineage.removeprefix("published.")
            for table in {in_lineage, f"series.{name}"} & manifest["tables"].keys():
                rows, differ = con.execute(
                    f"""
                    with asked as (
                        select * from 'counts.parquet'
                        where edition = 'members' and table_name = 'published.{name}' and part = '{part}'
                    ),
                    counted as ({COUNTED}),
                    given as (select row_key, count(distinct (cell, movement)) as number from counted group by all)
                    select count(*), count(*) filter (where {part} <> coalesce(number, 0))
                    from (select {row_key(release.key_of(manifest, table))} as row_key, {part} from members.{table})
                    left join given using (row_key)
                    """
                ).fetchall()[0]
                assert differ == 0, (table, part)
                compared += rows
    assert compared > 5000


def test_each_published_table_is_traced_or_listed_as_untraced(samples: EvidenceBase) -> None:
    published = set()
    for edition in EDITIONS:
        with duckdb.connect(
            str(current(samples).path / edition / "evidence_base.duckdb"), read_only=True
        ) as con:
            for schema, table in con.execute(
                "select schema_name, table_name from duckdb_tables()"
            ).fetchall():
                published.add(f"{schema}.{table}".replace("series.", "published."))
    assert published - set(NOT_TRACED) == {*PUBLISHED, *MARTS}
    assert set(NOT_TRACED) <= published


class Shown(NamedTuple):
    """A number of a report: the key that its tooltip shows, and the column of the row with that key."""

    column: str
    key: str
    text: str


def numbers_of(page: Path, most: int = 6) -> Iterator[Shown]:
    """Numbers that a report shows, at most so many of a table, spread evenly over its keys."""
    marked = re.findall(
        r'<span data-source="[^"]*"(?: data-column="([^"]*)")? title="([^"]*)">([^<]*)</span>',
        page.read_text("utf-8"),
    )
    by_table: dict[str, list[Shown]] = {}
    for shown in sorted({Shown(*map(unescape, found)) for found in marked}):
        by_table.setdefault(shown.key.partition("|")[0], []).append(shown)
    for numbers in by_table.values():
        yield from numbers[:: -(-len(numbers) // most)]


@pytest.mark.parametrize("edition", EDITIONS)
def test_numbers_of_the_report_can_be_traced(
    samples: EvidenceBase, edition: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Rows of child sheets cost most of the time; other tests read them.
    monkeypatch.setattr(intake, "rows_of", lambda *_: set())
    monkeypatch.setattr(intake, "file_of", lambda *_: "any.csv")
    tables = set()
    # While the edition is open here, opening it for each number costs nothing.
    with duckdb.connect(str(current(samples).path / edition / "evidence_base.duckdb"), read_only=True):
        for column, key, text in numbers_of(current(samples).path / edition / "report/index.html"):
            found = trace(samples, key, edition=edition)
            tables.add(found.table)
            assert found.edition in (edition, "each"), key
            assert found.agrees, (key, found.values, found.numbers)
            if key.partition("|")[2].startswith("rows:") and column != "place_id":
                counted = found.values.get(column, 0)
                assert text.strip().lower() in (f"{counted:,}", in_words(Texts(), counted)), key
                assert found.values["rows"] == len(found.counted), key
    shown = {f"published.{name}" for name in ("periods", "corridors", "starts", "ends", "shifts", "hotspots")}
    assert {"policy", "release", *shown} <= tables


def test_counted_rows_lead_to_each_row_and_its_records(samples: EvidenceBase) -> None:
    counted = "published.corridors|rows:period_id=year-2025&direction=into"
    found = trace(samples, counted, edition="public")
    assert found.counted
    behind = [trace(samples, f"published.corridors|{key}", edition="public") for key in found.counted]
    assert sum(int(one.values["movement_count"]) for one in behind) == found.values["movement_count"]
    assert found.movements == sum(one.movements for one in behind)


def test_coverage_is_traced_to_contract_agreement_and_declared_period(
    published_world: EvidenceBase,
) -> None:
    (place, period, months, partners), *_ = published_world.ask(
        "select place_id, period_id, effort_months, partner_count from marts.mart_coverage "
        "where record_grain = 'case' and place_id = 'KE040' order by effort_months desc, period_id"
    )
    found = trace(published_world, "mart_coverage", place, period, "case")
    assert found.agrees
    assert len({one["partner"] for one in found.extracts}) == partners
    assert len({(one["partner"], month) for one in found.extracts for month in one["months"]}) == months
    for one in found.extracts:
        contract = (published_world.settings.partners / one["partner"] / "contract.yml").read_text()
        assert f"contract: {one['contract']}" in contract and str(one["agreement_id"]) in contract
        assert one["places"] and one["roles"] and one["file"]
        # Without a declared period, the rows that make a month known are shown.
        own = [row for row in found.rows if row.extract_id == one["extract_id"]]
        assert bool(own) == (one["declared_from"] is None)


def test_traced_rows_are_those_of_the_partners_files(published_world: EvidenceBase) -> None:
    found = trace(published_world, *BUSIA_TO_NAIROBI)
    assert {one.partner: one.row_numbers for one in found.rows} == ROWS
    assert (found.records, found.agrees) == (3, True)
    assert all(one.file and one.file.startswith(f"{one.partner} 20") for one in found.rows)


def test_a_steward_asks_the_lineage_in_sql(published_world: EvidenceBase) -> None:
    """The query of docs/steward.md."""
    guide = (ROOT / "docs/steward.md").read_text(encoding="utf-8")
    (query,) = re.findall(r"```duckdb\n(select records\.partner.*?)```", guide, re.DOTALL)
    assert "'year-2025|KE040|KE047|within'" in query
    query = query.replace("KE040|KE047", "fewer|fewer")
    with open_lineage(lineage_of(published_world.settings, str(published_world.release_id()))) as con:
        found = con.execute(query).fetchall()
    rows = {partner: tuple(row for owner, *_, row in found if owner == partner) for partner, *_ in found}
    assert rows == ROWS


def test_key_is_accepted_as_marked_in_the_report(evidence_base: EvidenceBase) -> None:
    asked = njia("trace", "current", "|".join(BUSIA_TO_NAIROBI), "--json", settings=evidence_base.settings)
    told = last_object(asked)
    assert told["records"] == 3
    assert {row["partner"]: tuple(row["row_numbers"]) for row in told["rows"]} == ROWS


def test_trace_is_audited_without_the_id_of_a_movement(
    evidence_base: EvidenceBase,
) -> None:
    (movement,), *_ = evidence_base.ask("select movement_id from marts.fct_movements order by 1")
    for words in (BUSIA_TO_NAIROBI, ("fct_movements", shown_record(movement))):
        assert njia("trace", "current", *words, settings=evidence_base.settings).returncode == 0
    traced = [line for line in audit.read(evidence_base.settings).lines if line["action"] == "traced"]
    corridor, of_movement = traced
    assert corridor["who"].startswith("os:")
    assert corridor["details"]["row"] == "|".join(BUSIA_TO_NAIROBI[1:])
    assert of_movement["details"]["table"] == "marts.fct_movements"
    assert str(movement) not in str(of_movement) and shown_record(movement) not in str(of_movement)


def test_trace_that_cannot_be_audited_shows_nothing(evidence_base: EvidenceBase) -> None:
    evidence_base.settings.database.write_text("no database")
    ran = njia("trace", "current", *BUSIA_TO_NAIROBI, settings=evidence_base.settings)
    assert ran.returncode != 0
    assert "njia.db is damaged" in ran.stderr
    assert "swala_post" not in ran.stdout


def test_copied_edition_names_no_extract(evidence_base: EvidenceBase) -> None:
    shutil.rmtree(evidence_base.settings.lineage)
    ran = njia("trace", "current", *BUSIA_TO_NAIROBI, settings=evidence_base.settings)
    assert ran.returncode == 2
    assert "no lineage" in ran.stderr
    edition = current(evidence_base).path / "members"
    names = {
        path for path in edition.rglob("*") if path.is_file() and says(path, ["swala_post", "kobe_post"])
    }
    assert names == set()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("dim_place", "KE040"), "cannot be traced"),
        (("policy", "no_such_rule"), "no policy named"),
        ((*BUSIA_TO_NAIROBI[:4], "nowhere"), "no row"),
        (("published.places", "KE040"), "Now: published.starts"),
        (("fct_movements", "S1"), "no movement_id"),
    ],
)
def test_wrong_question_is_refused_with_an_explanation(
    published_world: EvidenceBase, words: tuple[str, ...], said: str
) -> None:
    with pytest.raises(UsageError, match=said.replace("|", r"\|")):
        trace(published_world, *words)


def test_forgotten_record_leaves_the_lineage(evidence_base: EvidenceBase) -> None:
    settings = evidence_base.settings
    record_id = load_keys(settings).record_id("swala_post", "swala_post_cases|S1")
    folder = lineage_of(settings, str(evidence_base.release_id()))
    numbers = {row["record"]: row for row in pq.read_table(folder / "records.parquet").to_pylist()}
    (own,) = [number for number, row in numbers.items() if row["record_id"] == record_id]
    assert release.forget_in_lineage(settings, "swala_post", [record_id]) == 1
    for file in sorted(folder.glob("*.parquet")):
        table = pq.read_table(file)
        left = table["record"].to_pylist() if "record" in table.column_names else [*numbers.keys() - {own}]
        assert own not in left
        assert set(left) >= numbers.keys() - {own} or file.name != "records.parquet"
        assert not says(file, [str(record_id)])
    assert release.forget_in_lineage(settings, "swala_post", [record_id]) == 0
    after = trace(evidence_base, *BUSIA_TO_NAIROBI)
    assert {one.partner: one.row_numbers for one in after.rows} == ROWS | {"swala_post": (3,)}


def test_lineage_is_private_and_is_deleted_with_its_release(evidence_base: EvidenceBase) -> None:
    folder = lineage_of(evidence_base.settings, str(evidence_base.release_id()))
    assert folder.stat().st_mode & 0o077 == 0
    refused = lineage_of(evidence_base.settings, "20200101T000000Z-00000000")
    refused.mkdir()
    release.sweep_lineage(evidence_base.settings)
    assert (folder.is_dir(), refused.exists()) == (True, False)


def test_partial_lineage_does_not_stop_forgetting(
    evidence_base: EvidenceBase,
) -> None:
    settings = evidence_base.settings
    record_id = load_keys(settings).record_id("swala_post", "swala_post_cases|S1")
    whole = lineage_of(settings, str(evidence_base.release_id()))
    for pieces in ("20200101T000000Z-00000000", f"{PARTIAL}20200102T000000Z-00000000"):
        shutil.copytree(whole, settings.lineage / pieces)
    (settings.lineage / "20200101T000000Z-00000000" / "records.parquet").unlink()
    assert release.forget_in_lineage(settings, "swala_post", [record_id]) == 1
    assert list(settings.lineage.iterdir()) == [whole]
