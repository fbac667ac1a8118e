"""How easily a record is singled out, worked out by hand."""

from typing import Any

import pyarrow as pa

from orchestration.core import open_duckdb
from orchestration.release import evidence_base

# Classes on sex and place: (f, x) three, (f, y) one, (m, x) two, (unknown, y) two.
RECORDS = pa.table({"sex": [*"ffffmm", None, None], "place": [*"xxxyxxyy"]})


def uniqueness(records: pa.Table, columns: list[str], least_class: int) -> dict[str, Any]:
    with open_duckdb() as con:
        con.register("records", records)
        return evidence_base.uniqueness(con, "records", columns, least_class)


def test_classes_are_counted_as_by_hand() -> None:
    found = uniqueness(RECORDS, ["sex", "place"], least_class=3)
    assert found == {
        "records": 8, "classes": 4, "smallest_class": 1, "unique_share": 0.125, "at_risk_share": 0.625,
        "least_class": 3, "by_class_size": {"1": 1, "2": 4, "3-4": 3, "5-9": 0, "10+": 0},
        "quasi_identifiers": ("sex", "place"),
    }  # fmt: skip


def test_one_column_more_can_only_make_records_easier_to_single_out() -> None:
    fewer, more = (uniqueness(RECORDS, columns, 3) for columns in (["sex"], ["sex", "place"]))
    assert all(more[name] >= fewer[name] for name in ("classes", "at_risk_share"))


def test_no_records_have_no_classes() -> None:
    assert uniqueness(RECORDS.slice(0, 0), ["sex"], 3)["smallest_class"] == 0
