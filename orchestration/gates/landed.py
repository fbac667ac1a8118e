"""The landing register: the JSON note beside each landed Parquet file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from orchestration.contracts import same
from orchestration.core import Settings, read_json
from orchestration.typing import open_views

if TYPE_CHECKING:
    import duckdb

_RULE = "Q:"


@dataclass(frozen=True)
class Landed:
    """One landed extract as the gates see it; `content` is its landing note."""

    partner: str
    extract_id: str
    content: Mapping[str, Any]

    @property
    def key(self) -> tuple[str, str]:
        return self.partner, self.extract_id

    @property
    def contract(self) -> str:
        return str(self.content.get("contract", ""))

    @property
    def sequence(self) -> int:
        return int(self.content.get("sequence") or 0)

    @property
    def received_on(self) -> date | None:
        text = self.content.get("received_on")
        return date.fromisoformat(str(text)[:10]) if text else None

    @property
    def agreement(self) -> tuple[date | None, date | None]:
        """First and last day of the agreement at landing."""
        terms = (self.content.get("contract_content") or {}).get("agreement") or {}
        days = (terms.get("valid_from"), terms.get("valid_to"))
        first, last = (date.fromisoformat(str(day)[:10]) if day else None for day in days)
        return first, last

    @property
    def declared_period(self) -> tuple[str, ...]:
        """Parts of the declared period; empty without one."""
        period = self.content.get("period") or {}
        return tuple(str(period[part]) for part in ("from", "to", "round") if period.get(part))

    @property
    def is_full(self) -> bool:
        return self.content.get("delivery_mode") != "incremental"

    @property
    def unmapped_columns(self) -> set[str]:
        return {same(str(name)) for name in self.content.get("unmapped_columns") or ()}

    @property
    def fields(self) -> dict[str, Mapping[str, Any]]:
        """The fields of the contract at landing; those without a specification left out."""
        fields = (self.content.get("contract_content") or {}).get("fields") or {}
        return {name: spec for name, spec in fields.items() if isinstance(spec, Mapping)}

    @property
    def required_columns_missing(self) -> int | None:
        """Number of required columns that the file lacked; None where it is not noted."""
        found = self.content.get("columns_found")
        if found is None or "fields" not in (self.content.get("contract_content") or {}):
            return None
        names = {same(name) for name in _names(found)}
        names |= {name.rsplit("/", 1)[-1] for name in names}
        return sum(bool(spec.get("required") and not _is_found(spec, names)) for spec in self.fields.values())

    @property
    def required_columns_empty(self) -> int | None:
        """Number of required columns without a value in any landed row; None where nothing landed."""
        filled = self.content.get("filled")
        if filled is None or not self.content.get("rows_landed"):
            return None
        return sum(
            bool(spec.get("required") and spec.get("column") and not filled.get(name))
            for name, spec in self.fields.items()
        )

    def column_of(self, field: str) -> str:
        """Return the partner's own column that a field of the contract is read from; empty without one."""
        for name, spec in self.fields.items():
            if field and (name == field or name.startswith(f"{field}.")):
                return next(_names(spec.get("column")), "")
        return ""

    @property
    def refused_rows(self) -> list[dict[str, Any]]:
        """Rows that a rule refused at reading, by sheet and rule; `records`: those of a main sheet."""
        own = {"partner": self.partner, "extract_id": self.extract_id, "file": self.content.get("file")}
        return [
            {
                **own,
                "sheet": one["sheet"],
                "rule_code": one["reason"].removeprefix(_RULE),
                "rows": int(one["rows"]),
                "records": int(one["rows"]) if kind == "refusals" else 0,
                "row_numbers": one["row_numbers"],
            }
            for kind in ("refusals", "child_refusals")
            for one in self.content.get(kind) or ()
            if one["reason"].startswith(_RULE)
        ]


def landed_extracts(settings: Settings) -> list[Landed]:
    """Every extract in the register, by partner in the order of landing; Damaged for a note that is."""
    notes = sorted(settings.landing.glob("*/[!.]*.json"))
    found = [Landed(path.parent.name, path.stem, read_json(path)) for path in notes]
    return sorted(found, key=lambda landed: (landed.partner, landed.sequence, landed.extract_id))


def _is_found(spec: Mapping[str, Any], names: set[str]) -> bool:
    columns = [same(name) for name in _names(spec.get("column"))]
    # A field without a column is a constant, or follows from the declared period. A choose-many question may
    # be exported as one column a choice, named `question/choice`; in a long layout `item_type=TACT` is a kind
    # in the column `item_type`.
    return not columns or any(
        {column, column.rsplit("/", 1)[-1], column.partition("=")[0]} & names
        or any(name.startswith(f"{column}/") for name in names)
        for column in columns
    )


def _names(found: Any) -> Iterator[str]:
    if isinstance(found, str):
        yield found
    elif isinstance(found, Mapping):
        for part in found.values():
            yield from _names(part)
    elif isinstance(found, list | tuple):
        for part in found:
            yield from _names(part)


_CADENCE_DAYS = {"weekly": 7, "monthly": 31, "quarterly": 92, "yearly": 366}


@dataclass(frozen=True, order=True)
class Delivery:
    """The newest extract of one contract. `due`: the last day for the next; None where none is expected."""

    partner: str
    contract: str
    received_on: date
    cadence: str
    due: date | None

    def is_overdue(self, today: date) -> bool:
        return self.due is not None and self.due < today


def next_due(received_on: date, cadence: str, grace_days: int) -> date | None:
    """Return the last day for the next extract; None where the contract expects only one."""
    days = _CADENCE_DAYS.get(cadence)
    return None if days is None else received_on + timedelta(days=days + grace_days)


def deliveries(settings: Settings) -> list[Delivery]:
    """Return the newest delivery of each contract with typed extracts."""
    with open_views(settings, "extracts") as con:
        return deliveries_of(con)


def deliveries_of(con: duckdb.DuckDBPyConnection) -> list[Delivery]:
    """Return the newest delivery of each contract; `con` has the typed `extracts`."""
    rows = con.execute(
        "select partner, contract, max(received_on), arg_max(cadence, received_on), "
        "coalesce(arg_max(grace_days, received_on), 0) from extracts where received_on is not null "
        "group by partner, contract order by partner, contract"
    ).fetchall()
    return [
        Delivery(partner, contract, received_on, cadence, next_due(received_on, cadence, grace))
        for partner, contract, received_on, cadence, grace in rows
    ]
