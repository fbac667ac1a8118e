"""A trial of decisions: a refresh of the records that they concern, once without them and once with them.

Every rule is that of the refresh: typing reads corrected records, the resolver names that are decided,
`linkage.relinked` pairs that are ruled on, and the models of dbt judge and count in memory
(`warehouse.rebuilding`). A kind of decision says only what it concerns (`Decision.concerns`). What looks at
all records is left out (`_LEFT_OUT`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from typing import Any, NamedTuple

import pyarrow as pa

from expectations.checks import CHECKS
from orchestration import linkage, places, typing
from orchestration.contracts import (
    Contract,
    Contracts,
    contract_for,
    covers_receipt,
    load_contracts,
    with_changes,
)
from orchestration.core import (
    Settings,
    listed,
    load_keys,
    open_duckdb,
    read_json,
    record_of,
    say,
    schemas_of,
    seed_rows,
    text_of,
)
from orchestration.stewardship.kinds.check_waiver import waiver_for
from orchestration.stewardship.kinds.decision import Change, Concerned, Decision, Holding
from orchestration.stewardship.kinds.extracts import fate_by
from orchestration.stewardship.kinds.rows import quality_rules, row_decisions
from orchestration.stewardship.kinds.subjects import called
from orchestration.warehouse import LAST, Rebuild

_NO_RECORD = "No record of the last refresh is concerned."
_CONCERNED = "Records concerned: {number:,}."
_NOTHING = "No record and no count of the release changes."
_NOT_COUNTED = "What this changes cannot be counted ({fault}). Run `njia refresh`, then look again."
ENTER = "Records that enter the release: {number:,}."
LEAVE = "Records that leave the release: {number:,}."
CHANGE = "Records that change in the release: {number:,}."
_MOVEMENTS = "Movements of these records and of those linked to them: {before:,} before, {after:,} after."
NUMBERS = "Published numbers of members that change: {number:,}."
_HELD = "{name} is held, by {checks}."
_NOT_ALL = "The list shows the {number:,} numbers that change most."
MOST_LISTED = 500
_LEFT_OUT = (
    "This is what the steps of a refresh make of these records. The refresh also compares changed records "
    "with all others for new links, judges every extract again, and measures labels, comparisons and alerts. "
    "Public years that are printed stay; in a year that is printed for the first time, more or fewer small "
    "numbers may be summed."
)
_OF_RECORDS = ("typed.record_codes", "typed.problems", "typed.place_mentions")
_STAGED = ("stg_extracts", "stg_records", "stg_place_matches", "stg_place_mentions")
_JUDGED = ("record_rules", "judged_records", "int_records_current")
_SHAPED = (
    "int_movement_stops", "int_movement_codes", "int_movement_forms", "int_movements",
    "int_linked_records", "int_stop_places", "int_corridor_movements", "int_cell_members",
)  # fmt: skip
# Of the last build, with the column that names their records.
_LAST_OF = {
    "judged_records": "record_id", "int_movements": "movement_id", "int_linked_records": "record_id",
    "int_movement_stops": "movement_id", "int_movement_codes": "movement_id",
    "int_stop_places": "movement_id", "int_corridor_movements": "movement_id",
}  # fmt: skip
_COUNTED = ("int_rounds", "int_calendar_months", "int_periods", "int_window_periods", "int_source_cells")
_PUBLISHED = ("int_cells", "int_edition_cells", "int_edition_rows")
_AS_LAST = ("publication_policy", "int_areas", "int_comparisons", "int_public_cells")
# Of movements, as people read them; a day is shown as its month.
FIELDS = (
    "event_kind", "event_month", "event_year", "round", "person_count", "sex", "age_band", "nationality",
    "trafficking_status", "start_place_id", "start_basis", "first_known_place_id", "intended_place_id",
    "end_place_id", "end_basis", "direction", "form_label",
)  # fmt: skip
_MAIN = ("movement_count", "passing_count", "trait_count", "mention_count")  # of their tables
COUNTS = (
    "movement_count", "home_count", "exploited_count", "last_known_count", "intended_count", "child_count",
    "passing_count", "first_known_count", "stopped_count", "trait_count", "mention_count",
)  # fmt: skip
_CELL = "table_name, cell_id, start_place_id, via_place_id, end_place_id, place_id, direction, trait, code"
_CARRIED = (
    "directions", "starts", "ends", "corridors", "passings", "border_points", "traits", "mentions",
)  # fmt: skip
_ROW = (*_CELL.replace("cell_id", "row_id").split(", "), "period_id", "column_name")
_SHOWN = ", ".join((*_ROW[:-1], *COUNTS))
_OF_AGREEMENT = "agreement_is_valid"
_ROWS = schemas_of("gates")["row_decisions"]
_FATES = pa.schema([(name, pa.string()) for name in ("partner", "extract_id", "fate")])
# Where each record stands: in the release if one of its copies is, else where its newest copy in force is.
_STATES_OF_RECORDS = """
select
    record_id, max(judged.fate = 'current') as is_in,
    max_by(
        judged.fate || ':' || coalesce(rule_codes, ''),
        (judged.fate = 'current', stg_extracts.fate = 'in_force', sequence)
    ) as state
from judged_records as judged inner join stg_extracts using (partner, extract_id)
group by record_id
"""
_FIELDS_OF_RECORDS = f"""
select record_id, field, value from (
    unpivot (
        select movement_id as record_id, {", ".join(f"cast({name} as varchar) as {name}" for name in FIELDS)}
        from int_movements
    )
    on columns(* exclude record_id) into name field value value
)
union all
select movement_id, 'transit', string_agg(place_id, ' ' order by stop_number, place_id)
from int_movement_stops where place_role = 'transit' group by movement_id
union all
select movement_id, domain, string_agg(code, ', ' order by seq) from int_movement_codes group by all
"""
# What is compared of both sides.
_KEPT = {
    "states": _STATES_OF_RECORDS,
    "fields": _FIELDS_OF_RECORDS,
    "movements": "select movement_id from int_linked_records",
    "cells": "from int_source_cells",
    "members": f"select distinct {_CELL} from int_cell_members",
    "periods": "from int_periods",
}
_COUNTED_RECORDS = f"""
with changed as (
    (from before_fields except from after_fields) union (from after_fields except from before_fields)
)
select case when after.is_in and not coalesce(before.is_in, false) then '{ENTER}'
        when not after.is_in and before.is_in then '{LEAVE}'
        when changed.record_id is not null then '{CHANGE}' end as what,
    count(*)
from before_states as before
inner join after_states as after using (record_id)
left join (select distinct record_id from changed) as changed using (record_id)
group by what
"""
_STATES = """
select count(*), before.state, after.state
from before_states as before inner join after_states as after using (record_id)
where before.state <> after.state
group by all order by 1 desc, 2, 3
"""
_CHANGED_FIELDS = """
with both_in as (
    select record_id from before_states as before inner join after_states as after using (record_id)
    where before.is_in and after.is_in
)
select field, before.value, after.value, count(*)
from (from before_fields semi join both_in using (record_id)) as before
full join (from after_fields semi join both_in using (record_id)) as after using (record_id, field)
where before.value is distinct from after.value
group by all order by 4 desc, 1, 2, 3
"""
_CHANGED_NUMBERS = f"""
with last as (select {_SHOWN} from {{last}} where edition = 'members'),
now as (select {_SHOWN} from int_edition_rows where edition = 'members'),
old as (
    unpivot (from last except from now) on {", ".join(COUNTS)} into name column_name value number
),
new as (
    unpivot (from now except from last) on {", ".join(COUNTS)} into name column_name value number
)
select {", ".join(f"coalesce(old.{name}, new.{name})" for name in _ROW)},
    coalesce(old.number, 0) as before, coalesce(new.number, 0) as after
from old full join new using (table_name, row_id, period_id, column_name)
where coalesce(old.number, 0) <> coalesce(new.number, 0)
order by
    abs(before - after) desc, period_id not like 'year-%', column_name <> 'movement_count',
    table_name, column_name, period_id, row_id
"""


class _Check(NamedTuple):
    check_name: str
    outcome: str


@dataclass(frozen=True)
class Trial:
    """What decisions change: `says` it in sentences; `changes` are states and fields of records, counted.

    `numbers`: the MOST_LISTED of members' published tables that move most. `notes`: what holds extracts, and
    what a trial leaves out.
    """

    says: Sequence[str] = ()
    changes: Sequence[Change] = ()
    numbers: Sequence[Change] = ()
    notes: Sequence[str] = ()


def try_out(
    settings: Settings,
    decisions: Sequence[Decision],
    sides: tuple[Holding, Holding],
    is_last: bool,
    now: datetime,
) -> Trial:
    """Compare a refresh of what holds on two `sides`, before and after; `decisions` are those that differ.

    `is_last`: whether the tables of the last build are what a refresh makes of the first side.
    """
    import duckdb

    try:
        with open_duckdb(threads=1) as con:  # what is counted is small
            world = _World(settings, Rebuild(settings, con), decisions, now)
            if not world.concerned:
                return Trial([say(_NO_RECORD)])
            if is_last:
                world.keep_last("before")
            else:
                world.run("before", sides[0])
            world.run("after", sides[1])
            return world.compared()
    except duckdb.Error as error:  # its text may quote a cell
        return Trial(notes=[say(_NOT_COUNTED, fault=type(error).__name__)])


class _World:
    """The records that decisions concern, and those that a refresh judges or counts together with them."""

    def __init__(
        self, settings: Settings, rebuild: Rebuild, decisions: Sequence[Decision], now: datetime
    ) -> None:
        self._settings, self._rebuild, self._now = settings, rebuild, now
        self._con, self._keys, asked = rebuild.con, load_keys(settings), Concerned.of(decisions)
        names = {places.name_token(self._keys, name) for name in asked.names}
        self._named = places.mentions_named(settings, self._keys, names) if names else {}
        self._notes: dict[str, None] = {}
        self._hand_over("named", mention_id=self._named)
        self._hand_over("asked_records", record_id=map(record_of, asked.records))
        for name, keys in (("extract_id", asked.extracts), ("contract", asked.contracts)):
            rows = [{"partner": partner, name: other} for partner, other in keys]
            schema = pa.schema([("partner", pa.string()), (name, pa.string())])
            self._con.register(f"asked_{name}", pa.Table.from_pylist(rows, schema=schema))
        ruled = (one.model_dump() for one in decisions if one.kind.startswith("link_"))
        pairs = sorted(linkage.rulings_of(ruled, ()).accepted)
        self._hand_over("ruled", record_a=(low for low, _ in pairs), record_b=(high for _, high in pairs))
        self.concerned = self._close()
        if self.concerned:
            self._keep_inputs(asked)

    @cached_property
    def _contracts(self) -> Contracts:
        return load_contracts(self._settings.partners)

    def _hand_over(self, name: str, **columns: Iterable[int]) -> None:
        self._con.register(
            name, pa.table({key: pa.array(list(ids), pa.int64()) for key, ids in columns.items()})
        )

    def _ask(self, query: str) -> list[Any]:
        return self._con.execute(query).fetchall()

    def _keep(self, table: str, rows: str) -> None:
        self._con.execute(f"create or replace temp table {table} as {rows}")

    def _close(self) -> int:
        """Find the records; return how many the decisions concern."""
        read, last = self._rebuild.read, self._rebuild.last
        landed, extracts, mentions = last("stg_records"), last("stg_extracts"), last("stg_place_mentions")
        self._keep("scoped", read("places.scoped_mentions"))
        self._keep("links", read("linkage.links"))
        self._keep("near", "select record_a, record_b from links union from ruled")
        self._keep(
            "extracts_asked",
            f"from asked_extract_id union select partner, extract_id from {extracts} "
            "semi join asked_contract using (partner, contract)",
        )
        self._keep(
            "closed",
            f"""
            with replaced as (
                select earlier.partner, earlier.extract_id from {extracts} as earlier
                inner join {extracts} as later using (partner, contract)
                semi join extracts_asked as asked
                    on later.partner = asked.partner and later.extract_id = asked.extract_id
                where later.delivery_mode = 'full' and earlier.sequence < later.sequence
            ),
            called as (
                from named union select scoped_mention_id from scoped semi join named using (mention_id)
            )
            select record_id from {landed} semi join asked_records using (record_id)
            union select record_id from {mentions} semi join called using (mention_id)
            union select record_id from {landed} semi join (from extracts_asked union from replaced)
                using (partner, extract_id)
            """,
        )
        [(concerned,)] = self._ask("select count(*) from closed")
        # The typing of a held extract is known by its records.
        more = f"""
            select any_value(record_id) from {landed} as records semi join {extracts} as held
            on held.extract_id = records.extract_id and held.fate <> 'in_force' group by extract_id
            """
        size = 0
        while concerned and size < (size := self._ask("select count(*) from closed")[0][0]):
            self._keep("closed", f"from closed union {more}")
            more = f"""
                select record_b from near semi join closed on record_a = record_id
                union select record_a from near semi join closed on record_b = record_id
                union select other.record_id from {landed} as own semi join closed using (record_id)
                inner join {landed} as other using (submission_key)
                """
        return int(concerned)

    def _keep_inputs(self, asked: Concerned) -> None:
        """Keep what the last refresh read and made of these records."""
        read, landed = self._rebuild.read, self._rebuild.last("stg_records")
        own = f"from {landed} semi join closed using (record_id)"
        for source in _OF_RECORDS:
            rows = read(source, self._ask(f"select distinct partner, extract_id {own}"))
            self._keep(_base(source), f"select * from ({rows}) semi join closed using (record_id)")
        self._keep(
            _base("typed.withheld_records"),
            f"select * from ({read('typed.withheld_records')}) where record_id in (from closed) "
            f"or submission_key in (select submission_key {own})",
        )
        extracts = f"select partner, extract_id from {self._rebuild.last('stg_extracts')}"
        rows = read("typed.extracts", self._ask(f"{extracts} semi join extracts_asked using (partner)"))
        self._keep(
            _base("typed.extracts"), f"select * from ({rows}) semi join extracts_asked using (partner)"
        )
        for source in ("gates.in_force", "gates.sources", "gates.as_of"):
            self._keep(_base(source), read(source))
        self._corrected = {
            record: self._ask(f"select partner, extract_id from {landed} where record_id = {record}")
            for record in map(record_of, sorted(asked.corrected))
        }

    def keep_last(self, side: str) -> None:
        """Take the tables of one side from the last build."""
        self._rebuild.begin()
        self._rebuild.take(
            "int_periods", "int_window_periods", "int_matched_windows", "int_places", "stg_extracts"
        )
        for name, key in _LAST_OF.items():
            self._rebuild.take(name, rows=f"select * from {{table}} where {key} in (from closed)")
        self._rebuild.make("int_cell_members", "int_source_cells")
        self._keep_side(side)

    def _keep_side(self, side: str) -> None:
        for name, rows in _KEPT.items():
            self._keep(f"{side}_{name}", rows)

    def run(self, side: str, decisions: Holding) -> None:
        """Make the tables of one side; keep those of _KEPT."""
        con, rebuild = self._con, self._rebuild
        rebuild.begin()
        typed = self._typed(decisions)
        self._hand_over("retyped", record_id=self._corrected)
        con.register("added", typed["records"])
        rebuild.source("typed.records", "from added")
        for source in _OF_RECORDS:
            con.register("added", typed[source.partition(".")[2]])
            rows = f"from {_base(source)} anti join retyped using (record_id)"
            rebuild.source(source, f"{rows} union all by name from added")
        self._place(typed, decisions)
        rebuild.source("typed.withheld_records", f"from {_base('typed.withheld_records')}")
        self._agree_and_hold(decisions)
        con.register("decided", pa.Table.from_pylist(row_decisions(decisions), schema=_ROWS))
        rebuild.source("gates.row_decisions", "select * from decided semi join closed using (record_id)")
        rebuild.source("gates.sources", f"from {_base('gates.sources')}")
        rebuild.source("gates.as_of", f"from {_base('gates.as_of')}")
        rebuild.take("quality_rules", "codes", "places", "int_places", "int_matched_windows")
        rebuild.make(*_STAGED)
        # What no decision touches stands as the last build made it.
        rebuild.add_last(
            "stg_records",
            "from {table} semi join closed using (record_id) anti join retyped using (record_id)",
        )
        rebuild.add_last("stg_extracts", "from {table} anti join extracts_asked using (partner)")
        rebuild.add_last("stg_place_matches", "from {table} anti join located using (mention_id)")
        rebuild.make(*_JUDGED)
        self._link(decisions)
        rebuild.make(*_SHAPED)
        # The calendar begins with the first record of all.
        rebuild.add_last(
            "int_records_current",
            "select record_grain, min(period_from) as period_from from {table} group by record_grain",
        )
        rebuild.make(*_COUNTED)
        self._keep_side(side)

    def _typed(self, decisions: Holding) -> typing.Tables:
        """Type the corrected records under these decisions, each copy by its contract."""
        changes = decisions["agreement_change"]
        contracts = with_changes(self._contracts, changes) if self._corrected else Contracts()
        made = []
        for record_id, copies in self._corrected.items():
            own = [one for one in decisions["value_correction"] if record_of(one["record"]) == record_id]
            for partner, extract_id in copies:
                cells = self._settings.landing / partner / f"{extract_id}.parquet"
                entry = read_json(cells.with_suffix(".json"))
                found = typing.record_cells(cells, self._keys, record_id)
                contract = contract_for(entry, contracts)
                made.append(typing.tables_of_record(found, entry, contract, self._keys, own))
        return typing.together(made)

    def _place(self, typed: typing.Tables, decisions: Holding) -> None:
        """Locate the mentions that decisions are about, and those of corrected records; others stay."""
        con, rebuild = self._con, self._rebuild
        new = dict(places.mentions_of(typed["mentions"].to_pylist()))
        known = places.mentions_numbered(self._settings, self._keys, new) if new else {}
        mentions = self._named | new | known
        rows = typed["place_mentions"].to_pylist()
        named = {(one["partner"], one["place_role"], one["mention_id"]) for one in rows}
        named = {one for one in named if one[2] in new} | {*places.naming(self._settings, new)}
        base = _base("typed.place_mentions")
        named |= {
            *self._ask(
                f"select partner, place_role, mention_id from {base} semi join named using (mention_id)"
            )
        }
        made = places.located(mentions, sorted(named, key=str), decisions["place_alias"], self._keys)
        self._hand_over("found", mention_id=mentions)
        con.register("new_scoped", made["scoped_mentions"])
        con.register("new_matches", made["matches"])
        old = "select scoped_mention_id from scoped semi join found using (mention_id)"
        self._keep("located", f"from found union {old}")
        rebuild.source(
            "places.matches", f"select {', '.join(rebuild.columns('places.matches'))} from new_matches"
        )
        others = "from scoped anti join found using (mention_id)"
        rebuild.source("places.scoped_mentions", f"{others} union all by name from new_scoped")

    def _agree_and_hold(self, decisions: Holding) -> None:
        """Give extracts the terms of their agreement, and the fate by the gate's checks and decisions."""
        con, rebuild, settings = self._con, self._rebuild, self._settings
        extracts = self._ask("from extracts_asked")
        contracts = with_changes(self._contracts, decisions["agreement_change"]) if extracts else Contracts()
        terms, fates = [typing.SCHEMAS["extracts"].empty_table()], []
        accepted, withdrawn = (
            {(one["partner"], one["extract_id"]) for one in decisions[f"extract_{kind}"]}
            for kind in ("accept", "withdraw")
        )
        for key in extracts:
            entry = read_json(settings.landing / key[0] / f"{key[1]}.json")
            contract = contract_for(entry, contracts)
            of_extract = typing.tables_of_extract(entry, contract, self._keys)["extracts"]
            terms.append(of_extract)
            [row] = of_extract.to_pylist()
            scope, landed = "/".join(key), Contract.of_content(entry["contract_content"])
            holding = [
                one
                for one in self._failed(key, row, landed)
                if one.outcome != "failed"
                or not waiver_for(decisions["check_waiver"], CHECKS[one.check_name], scope, self._now)
            ]
            fate, left = fate_by(key, holding, accepted, withdrawn)
            fates.append({"partner": key[0], "extract_id": key[1], "fate": fate})
            if left:
                self._notes[say(_HELD, name=scope, checks=", ".join(one.check_name for one in left))] = None
        con.register("terms", pa.concat_tables(terms))
        con.register("fates", pa.Table.from_pylist(fates, schema=_FATES))
        for source, added in (("typed.extracts", "terms"), ("gates.in_force", "fates")):
            others = f"from {_base(source)} anti join extracts_asked using (partner, extract_id)"
            rebuild.source(source, f"{others} union all by name from {added}")

    def _failed(self, key: tuple[str, str], row: Mapping[str, Any], landed: Contract) -> Iterator[_Check]:
        """Yield the checks that hold an extract unless they may fail, that of its agreement anew."""
        import pyarrow.parquet as pq

        wanted = [("partner", "=", key[0]), ("extract_id", "=", key[1]), ("severity", "=", "hold")]
        path = self._settings.work / "gates" / "verdicts.parquet"
        verdicts = pq.read_table(path, filters=wanted).to_pylist()
        for one in verdicts:
            if not one["passed"] and one["check_name"] != _OF_AGREEMENT:
                yield _Check(one["check_name"], one["outcome"])
        terms = (row["agreement_from"], row["agreement_to"])
        then = (landed.agreement.valid_from, landed.agreement.valid_to)
        if not covers_receipt((terms, then), row["received_on"]):
            yield _Check(_OF_AGREEMENT, "failed")

    def _link(self, decisions: Holding) -> None:
        """Decide again on the links that are known between these records."""
        persons = f"select record_id, partner from int_records_current where {linkage.ONE_PERSON}"
        links = self._con.execute("from links semi join closed on record_a = record_id").to_arrow_table()
        rulings = linkage.rulings_of(decisions["link_accept"], decisions["link_reject"])
        movements = linkage.relinked(links, rulings, dict(self._ask(persons)))
        self._hand_over("relinked", record_id=movements, movement_id=movements.values())
        # How far a person can be told apart decides no count.
        self._rebuild.source(
            "linkage.linked_records", "select *, cast(null as varchar) as tier from relinked"
        )

    def compared(self) -> Trial:
        """Compare both sides, and print the published tables as the refresh prints them."""
        counted, moved = dict(self._ask(_COUNTED_RECORDS)), self._published()
        numbers = [Change(number_named(row[:-2]), int(row[-2]), int(row[-1])) for row in moved[:MOST_LISTED]]
        said: list[str] = [say(_CONCERNED, number=self.concerned)]
        said += [say(what, number=counted[what]) for what in (ENTER, LEAVE, CHANGE) if what in counted]
        said += [say(NUMBERS, number=len(moved))] if moved else []
        said += [say(_NOT_ALL, number=MOST_LISTED)] if len(moved) > MOST_LISTED else []
        count = "select count(distinct movement_id) from"
        (before,), (after,) = (self._ask(f"{count} {side}_movements")[0] for side in ("before", "after"))
        said += [say(_MOVEMENTS, before=before, after=after)] if before != after else []
        said += [say(_NOTHING)] if len(said) == 1 else []
        changes = [
            Change(_of_records("state", number), _state(one), _state(other))
            for number, one, other in self._ask(_STATES)
        ] + [
            Change(_of_records(name, number), _value(name, one), _value(name, other))
            for name, one, other, number in self._ask(_CHANGED_FIELDS)
        ]
        return Trial(said, changes, numbers, [*self._notes, say(_LEFT_OUT)])

    def _published(self) -> list[tuple[Any, ...]]:
        """Return the rows of _CHANGED_NUMBERS: counts of the last refresh, and with the difference."""
        rebuild = self._rebuild
        moved = "(from {}_cells except all from {}_cells)".format
        if not self._ask(f"{moved('before', 'after')} union all {moved('after', 'before')} limit 1"):
            return []
        cells, last_cells = rebuild.last("int_source_cells"), rebuild.last("int_cells")
        keys = "table_name, column_name, cell_id, source, period_id, period_kind"
        numbers = ("movement_count", "like_count", "like_later_count", "abroad_count", "key_sum")
        sums = ", ".join(f"cast(sum(sign * {name}) as bigint) as {name}" for name in numbers)
        rebuild.begin()
        rebuild.put(
            "int_source_cells",
            f"select {keys}, {sums} from (select *, 1 as sign from {cells} union all "
            "select *, 1 from after_cells union all select *, -1 from before_cells) "
            f"group by {keys} having sum(sign * movement_count) > 0",
        )
        rebuild.put(
            "int_cell_members",
            f"select distinct {_CELL} from {last_cells} union select {_CELL} from after_members",
        )
        rebuild.put("int_periods", f"from {rebuild.last('int_periods')} union from after_periods")
        rebuild.take(*_AS_LAST)
        for table in _CARRIED:
            rebuild.source(f"carried.{table}", f"from {LAST}.carried.{table}", "view")
        rebuild.make(*_PUBLISHED)
        return self._ask(_CHANGED_NUMBERS.format(last=rebuild.last("int_edition_rows")))


def number_named(row: Sequence[Any]) -> str:
    """Name a number of a published table; `row`: the columns of _CELL with its row_id, period and column."""
    table, _, *ends, place, direction, trait, code, period, column = row
    way = " → ".join(_place(one) for one in (["fewer"] if "fewer" in ends else ends) if one)
    of: list[str] = [*([way] if way else []), *([_place(place)] if place else [])]
    of += [text_of(f"desk.direction.{direction}", "en")] if direction else []
    domain = "event_kind" if trait == "dated_by" else trait
    of += [called(domain)] if domain else []
    of += [_label(domain, code)] if code else []
    if column not in _MAIN:
        of.append(called(column))
    when = period.removeprefix("year-").removeprefix("round-")
    if when.endswith("-12m"):
        when = say("12 months to {period}", period=when.removesuffix("-12m"))
    return say("{table}, {period}: {of}", table=called(table), period=when, of=listed(of))


def _state(state: str) -> str:
    """Say where a record stands; `state` is its fate with the rules that decided it."""
    fate, _, rules = state.partition(":")
    titles = [quality_rules().get(rule, {}).get("title", _words(rule)) for rule in rules.split(";") if rule]
    if fate == "current" or not titles:
        return called(fate)
    return say("{fate}: {rules}", fate=called(fate), rules=listed(titles))


def _of_records(name: str, number: int) -> str:
    if number == 1:
        return say("{what}, 1 record", what=called(name))
    return say("{what}, {number:,} records", what=called(name), number=number)


def _value(name: str, value: str | None) -> str:
    if value is None:
        return say("Not known")
    if name.endswith("place_id") or name == "transit":
        return ", ".join(map(_place, value.split()))
    if name == "direction":
        return text_of(f"desk.direction.{value}", "en")
    domain = "place_basis" if name.endswith("_basis") else name
    if name == "event_month":
        return value[:7]
    return listed([_label(domain, code) for code in value.split(", ")])


def _label(domain: str | None, code: str) -> str:
    """Return the label of a code; of two codes, as of sex and age, each."""
    domains = ("sex", "age_band") if domain == "sex_age" else (domain or "",)
    codes = code.split(" ")
    if len(domains) != len(codes):  # such as `fewer`
        return _place(code)
    return listed([_labels().get(one) or _words(one[1]) for one in zip(domains, codes, strict=True)])


@cache
def _labels() -> dict[tuple[str, str], str]:
    return {(row["domain"], row["code"]): row["label"] for row in seed_rows("codes")}


def _place(place_id: str) -> str:
    if place_id == "fewer":
        return say("places with small counts")
    return places.place_names().get(place_id) or _words(place_id)


def _words(name: str) -> str:
    return name.removesuffix("_place_id").replace("_", " ")


def _base(source: str) -> str:
    """Return the name of the table that keeps a source as the last refresh left it."""
    return f'temp."base_{source.partition(".")[2]}"'
