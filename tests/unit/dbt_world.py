"""A small typed world for tests of the dbt project: Parquet as the Python steps write it, over `small_dbt_project`.

What does not belong here: expected answers (those stand in the tests) and reading of partners' files.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration import statistics
from orchestration.core import Settings, fingerprint_of
from orchestration.linkage.tables import LIKELY_PAIRS
from orchestration.linkage.warehouse_tables import cell_duplicates
from orchestration.warehouse import NodeOutcome, Part, build, dbt_commands, read_tables
from orchestration.warehouse.dbt_commands import build_nodes
from orchestration.warehouse.manifest import read_manifest
from tests.unit.small_dbt_project import parsed_project, parsed_with, run_dbt

TEXT, WHOLE, BIG, DAY, YES = pa.string(), pa.int32(), pa.int64(), pa.date32(), pa.bool_()

SCHEMAS: dict[str, list[tuple[str, pa.DataType]]] = {
    "typed/extracts": [
        ("extract_id", TEXT), ("partner", TEXT), ("partner_code", TEXT), ("contract", TEXT),
        ("contract_version", WHOLE), ("grain", TEXT), ("delivery_mode", TEXT), ("period_from", DAY),
        ("period_to", DAY), ("round", TEXT), ("received_on", DAY), ("sequence", WHOLE), ("rows_read", BIG),
        ("rows_refused", BIG), ("rows_landed", BIG), ("agreement_id", TEXT), ("agreement_from", DAY),
        ("agreement_to", DAY), ("statistics_agreed", YES), ("retention_years", WHOLE), ("partner_name", TEXT),
        ("finest_place", TEXT), ("cadence", TEXT), ("grace_days", WHOLE), ("publication", TEXT),
        ("publisher", TEXT), ("publication_url", TEXT), ("publication_licence", TEXT), ("may_be_public", YES),
    ],
    "typed/refusals": [
        ("extract_id", TEXT), ("partner", TEXT), ("sheet", TEXT), ("reason", TEXT), ("row_count", BIG),
    ],
    "typed/withheld_records": [
        ("extract_id", TEXT), ("partner", TEXT), ("record_id", BIG), ("reason", TEXT), ("is_one_person", YES),
        ("submission_key", TEXT),
    ],
    "typed/records": [
        ("extract_id", TEXT), ("partner", TEXT), ("record_id", BIG), ("record_grain", TEXT), ("sheet", TEXT),
        ("row_number", WHOLE), ("source_row_count", WHOLE), ("event_kind", TEXT),
        ("event_on", DAY), ("date_precision", TEXT), ("period_from", DAY), ("period_to", DAY),
        ("round", TEXT), ("submitted_at", pa.timestamp("us", tz="UTC")), ("person_count", WHOLE),
        ("person_count_low", WHOLE),
        ("person_count_high", WHOLE), ("count_basis", TEXT), ("is_group", YES), ("sex", TEXT),
        ("age_band", TEXT), ("is_child", YES), ("nationality", TEXT), ("trafficking_status", TEXT),
        ("exploitation_state", TEXT), ("entry_process", TEXT), ("recruiter_relation", TEXT),
        ("documents", TEXT), ("data_source", TEXT), ("consent_state", TEXT), ("embargo_until", DAY),
        ("transit_count", WHOLE), ("key_basis", TEXT), ("protection_key", BIG), ("submission_key", TEXT),
    ],
    "typed/record_codes": [
        ("extract_id", TEXT), ("partner", TEXT), ("record_id", BIG), ("domain", TEXT), ("code", TEXT),
        ("seq", WHOLE),
    ],
    "typed/place_mentions": [
        ("extract_id", TEXT), ("partner", TEXT), ("record_id", BIG), ("place_role", TEXT), ("seq", WHOLE),
        ("place_basis", TEXT), ("transport_mode", TEXT), ("mention_id", BIG), ("child_sheet", TEXT),
        ("child_row_number", WHOLE),
    ],
    "typed/problems": [
        ("extract_id", TEXT), ("partner", TEXT), ("record_id", BIG), ("sheet", TEXT), ("row_number", WHOLE),
        ("field", TEXT), ("outcome", TEXT), ("problem_code", TEXT),
    ],
    "typed/coverage": [
        ("extract_id", TEXT), ("partner", TEXT), ("place_id", TEXT), ("role", TEXT), ("valid_from", DAY),
        ("valid_to", DAY), ("office_place_id", TEXT),
    ],
    "typed/campaigns": [
        ("extract_id", TEXT), ("partner", TEXT), ("campaign", TEXT), ("place_id", TEXT), ("valid_from", DAY),
        ("valid_to", DAY),
    ],
    "places/matches": [
        ("mention_id", BIG), ("place_id", TEXT), ("status", TEXT), ("kind", TEXT), ("country_alpha3", TEXT),
        ("county_place_id", TEXT), ("geo_precision", TEXT), ("method", TEXT), ("confidence", pa.float64()),
        ("rival_count", WHOLE), ("is_border_twin", YES), ("country_label", TEXT), ("problem_codes", TEXT),
    ],
    "linkage/linked_records": [("record_id", BIG), ("movement_id", BIG), ("tier", TEXT)],
    "gates/in_force": [("extract_id", TEXT), ("partner", TEXT), ("fate", TEXT), ("reason", TEXT)],
    "gates/sources": [("partner", TEXT), ("source", TEXT)],
    "gates/verdicts": [
        ("extract_id", TEXT), ("partner", TEXT), ("check_name", TEXT), ("severity", TEXT), ("passed", YES),
        ("observed", pa.float64()), ("expected", TEXT), ("waived", YES), ("why", TEXT),
        ("steward_action", TEXT),
    ],
}  # fmt: skip


def day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


@dataclass
class World:
    """Add extracts and records, then `build`; every value that matters to a test is said in the test."""

    root: Path
    as_of: str = "2025-06-30"
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {name: [] for name in SCHEMAS})
    mentions: dict[str, int] = field(default_factory=dict)
    likely: list[tuple[int, int, float, float]] = field(default_factory=list)

    def extract(
        self,
        extract_id: str,
        partner: str = "fixture_house",
        *,
        sequence: int = 1,
        contract: str = "book",
        grain: str = "case",
        delivery: str = "incremental",
        period: tuple[str, str] | None = None,
        round: str | None = None,
        received_on: str = "2025-01-31",
        finest_place: str = "town",
        fate: str | None = "in_force",
        reason: str | None = None,
        coverage: list[tuple[str, str]] | None = None,
        rows_refused: int = 0,
        retention_years: int | None = None,
        publication: tuple[str, bool] | None = None,
    ) -> None:
        title, may_be_public = publication or (None, False)
        self.tables["typed/extracts"].append(
            {
                "extract_id": extract_id, "partner": partner, "partner_code": f"p-{partner[:6]}",
                "contract": contract, "contract_version": 1, "grain": grain, "delivery_mode": delivery,
                "period_from": day(period[0]) if period else None,
                "period_to": day(period[1]) if period else None,
                "round": round, "received_on": day(received_on), "sequence": sequence,
                "rows_read": rows_refused, "rows_refused": rows_refused, "rows_landed": 0,
                "finest_place": finest_place, "retention_years": retention_years, "cadence": "monthly", "grace_days": 15,
                "publication": title, "publisher": title and "Fixture Office", "may_be_public": may_be_public,
                "publication_url": title and "https://fixture.example", "publication_licence": title and "CC BY 4.0",
            }
        )  # fmt: skip
        if rows_refused:
            self.tables["typed/refusals"].append(
                {"extract_id": extract_id, "partner": partner, "sheet": "Cases", "reason": "skip:blank",
                 "row_count": rows_refused}
            )  # fmt: skip
        if fate:
            self.tables["gates/in_force"].append(
                {"extract_id": extract_id, "partner": partner, "fate": fate, "reason": reason}
            )
        self.tables["gates/verdicts"].append(
            {"extract_id": extract_id, "partner": partner, "check_name": "columns_are_readable",
             "severity": "hold", "passed": fate != "held", "waived": False}
        )  # fmt: skip
        for place_id, role in coverage or []:
            self.tables["typed/coverage"].append(
                {"extract_id": extract_id, "partner": partner, "place_id": place_id, "role": role}
            )

    def withhold(self, extract_id: str, record_id: int, reason: str) -> None:
        """A row of the extract that did not land, of a record known by its reference."""
        extract = next(e for e in self.tables["typed/extracts"] if e["extract_id"] == extract_id)
        extract["rows_read"] += 1
        extract["rows_refused"] += 1
        keys = {"extract_id": extract_id, "partner": extract["partner"]}
        self.tables["typed/withheld_records"].append(
            keys | {"record_id": record_id, "reason": reason, "is_one_person": False}
        )
        self.tables["typed/refusals"].append(keys | {"sheet": "Cases", "reason": reason, "row_count": 1})

    def record(
        self,
        extract_id: str,
        record_id: int,
        *,
        on: str | None = "2024-08-05",
        to: str | None = None,
        precision: str = "day",
        rows: int = 1,
        persons: tuple[int, int] | None = (1, 1),
        places: dict[str, Any] | None = None,
        codes: dict[str, list[str]] | None = None,
        problems: list[tuple[str, str]] | None = None,
        **columns: Any,
    ) -> None:
        """`places` maps a role to a place id, `?` (asked, unresolved) or `country:ARE`; transit to a list."""
        extract = next(e for e in self.tables["typed/extracts"] if e["extract_id"] == extract_id)
        extract["rows_read"] += rows
        extract["rows_landed"] += rows
        keys = {"extract_id": extract_id, "partner": extract["partner"], "record_id": record_id}
        self.tables["typed/records"].append(
            keys
            | {
                "record_grain": extract["grain"], "sheet": "Cases", "row_number": 10 + record_id,
                "source_row_count": rows, "event_on": day(on), "date_precision": precision,
                "period_from": day(on), "period_to": day(to or on), "round": extract["round"],
                "person_count": persons[0] if persons else None,
                "person_count_low": persons[0] if persons else None,
                "person_count_high": persons[1] if persons else None,
                "count_basis": "stated", "is_group": False, "key_basis": "reference",
                "protection_key": record_id * 2_654_435_761 % 2**31,
            }
            | columns
        )  # fmt: skip
        for role, mentioned in ({"origin": "KE040"} if places is None else places).items():
            ordered = mentioned if isinstance(mentioned, list) else [mentioned]
            for seq, place in enumerate(ordered, start=1):
                name, _, mode = place.partition("@")
                self.tables["typed/place_mentions"].append(
                    keys | {"place_role": role, "seq": seq, "place_basis": "reported",
                            "transport_mode": mode or None, "mention_id": self._mention(name)}
                )  # fmt: skip
        for domain, values in (codes or {}).items():
            for seq, code in enumerate(values, start=1):
                self.tables["typed/record_codes"].append(keys | {"domain": domain, "code": code, "seq": seq})
        for outcome, code in problems or []:
            self.tables["typed/problems"].append(
                keys | {"sheet": "Cases", "row_number": 10 + record_id, "field": "event_on",
                        "outcome": outcome, "problem_code": code}
            )  # fmt: skip

    def persons(self, *groups: tuple[int, ...], tier: str = "name_codes") -> None:
        """What linkage found: case records of this tier, those of one person together."""
        self.tables["linkage/linked_records"] += [
            {"record_id": record, "movement_id": min(group), "tier": tier}
            for group in groups
            for record in group
        ]

    def build(
        self, changed: Sequence[dict[str, tuple[str, str]]] = (), with_unit_tests: bool = False
    ) -> duckdb.DuckDBPyConnection:
        """Build the project with its small seeds, statistics in between; return the warehouse, read-only.

        `changed` breaks models: files of the project, with a text and what to put in its place.
        """
        self.write()
        with parsed_with(changed, self.root / "changed") as project:
            outcomes = self.build_part(Part.BEFORE_PYTHON)
            self.measure()
            outcomes += self.build_part(Part.AFTER_PYTHON)
            if with_unit_tests:
                variables = json.dumps({"work": str(self.settings.work), "as_of": self.as_of})
                tested = run_dbt(
                    "test", project.folder, self.settings.warehouse, "--select", "test_type:unit", "--vars", variables,
                    "--target-path", str(self.root / "target"), "--log-path", str(self.root / "log"),
                )  # fmt: skip
                assert tested.success, [(one.node.name, one.message) for one in tested.result.results]
        found = [(one.name, one.failures) for one in outcomes if one.status in ("fail", "error")]
        assert not found, f"tests failed: {found}"
        return duckdb.connect(str(self.settings.warehouse), read_only=True)

    def build_part(self, part: Part) -> list[NodeOutcome]:
        """What the refresh does with a part; where dbt breaks, it says here why."""
        messages: list[tuple[str, str]] = []

        def remembered(*arguments: Any) -> list[Any]:
            results = build_nodes(*arguments)
            messages.extend((one.node.name, one.message) for one in results if one.status == "error")
            return results

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(dbt_commands, "build_nodes", remembered)
            outcomes = build(self.settings, self.as_of, part, self.inputs(), self.as_of)
        assert not messages, f"dbt build failed: {messages}"
        compiled = self.settings.work / "dbt" / "target"
        if compiled.is_dir():
            shutil.copytree(compiled, self.root / "target", dirs_exist_ok=True)
        return outcomes

    def measure(self) -> None:
        """What linkage and statistics do between the parts."""
        self._expect_persons()
        statistics.measure(self.settings, read_tables(self.settings, statistics.AGGREGATES))

    def inputs(self) -> dict[str, str]:
        """The fingerprint of each source: the bytes of its files."""
        return {
            f"{one['source_name']}.{one['name']}": fingerprint_of(
                *(path.read_bytes().hex() for path in sorted(self.settings.work.glob(one["meta"]["files"])))
            )
            for one in read_manifest(parsed_project().manifest)["sources"].values()
        }

    @property
    def settings(self) -> Settings:
        return Settings(self.root, self.root, self.root)

    def _expect_persons(self) -> None:
        """`likely`: record, record, how likely they are one person at the least and at the most, likeliest first."""
        pairs = [
            {
                "record_a": one,
                "record_b": other,
                "low_millionths": low * 1e6,
                "expected_millionths": low * 1e6,
                "high_millionths": high * 1e6,
            }
            for one, other, low, high in self.likely
        ]
        likely = pa.Table.from_pylist(pairs, schema=LIKELY_PAIRS)
        with duckdb.connect(str(self.settings.warehouse), read_only=True) as con:
            found = cell_duplicates(con, likely)
        pq.write_table(found, self.settings.linkage / "cell_duplicates.parquet")

    def _mention(self, name: str) -> int | None:
        if name == "":
            return None
        matches, known = self.tables["places/matches"], self.mentions
        if name not in known:
            country = name.removeprefix("country:") if name.startswith("country:") else None
            resolved = country is None and name != "?"
            matches.append(
                {"mention_id": len(matches) + 1, "place_id": name if resolved else None,
                 "status": "resolved" if resolved else "unresolved", "country_alpha3": country,
                 "geo_precision": "county" if resolved else "none", "is_border_twin": name.startswith("bp-"),
                 "problem_codes": "flag:twin_assumed" if name == "bp-ken-malaba" else None}
            )  # fmt: skip
            known[name] = len(matches)
        return known[name]

    def write(self) -> None:
        for name, columns in SCHEMAS.items():
            table = pa.Table.from_pylist(self.tables[name], schema=pa.schema(columns))
            path = self.root / "work" / name
            path = path / "all.parquet" if name.startswith("typed/") else path.with_suffix(".parquet")
            path.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(table, path)


def rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query).fetchall()
