"""Decide which extracts are in force, and the hash of all inputs.

A held extract does not replace its partner's earlier ones: the last good one stays in force."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from importlib.metadata import version
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.core import Keys, Settings, code_of, fingerprint_of, read_json, write_json
from orchestration.gates.diagnosis import with_causes
from orchestration.gates.extract_profile import extract_keys, write_table
from orchestration.gates.inputs import CODE, ENGINES, IS_PAST_RETENTION, contract_hashes, decided_by_time
from orchestration.gates.landed import Landed, landed_extracts
from orchestration.gates.submissions import in_order_of_receipt, sources
from orchestration.gates.verdicts import ExtractVerdicts, read_verdicts
from orchestration.release import EXTRACT_FIELDS
from orchestration.stewardship import Decisions, fate_by, row_decisions
from orchestration.typing import open_views

FATE_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("extract_id", "partner", "fate", "reason", "finding")),
        ("is_over", pa.bool_()),
        *((name, pa.string()) for name in ("cause", "cause_key", "question")),
    ]
)
# The artifact of the extracts in force, whose fingerprint those of dbt's parts hold.
IN_FORCE = "in_force"
DECIDED = "decided:"  # prefix of the parts that time decides
ALERT_SCHEMA = pa.schema(
    [("corridor_id", pa.string()), ("direction", pa.string()), ("first_month", pa.date32())]
)
ROW_SCHEMA = pa.schema([("record_id", pa.int64()), ("rule_code", pa.string()), ("decision", pa.string())])


@dataclass(frozen=True)
class ExtractFate:
    """`reason`: the checks that hold it, or the decision that withdrew it.

    `finding`: what the checks found and what to do, where they say so. `is_over`: it was withdrawn, or a
    later full extract in force replaces it, so nothing waits for it. `cause`: the sentence (`as_text`) of the
    breakage `cause_key` that explains what differs, or that none is known (no key); empty where the checks
    say their cause themselves. `question`: what to ask the partner.
    """

    extract_id: str
    partner: str
    fate: Literal["in_force", "held", "withdrawn"]
    reason: str | None
    finding: str = ""
    is_over: bool = False
    cause: str = ""
    cause_key: str = ""
    question: str = ""

    @property
    def held_by(self) -> list[str]:
        return (self.reason or "").split(", ") if self.fate == "held" else []


@dataclass(frozen=True)
class InForce:
    """The extracts in force in this refresh. Partners are folder names.

    Stale and overdue partners are still in force. `given_hash` leaves out what time decides: a rollback holds
    until other inputs change.
    """

    fates: tuple[ExtractFate, ...]
    inputs_hash: str
    given_hash: str
    changed: bool
    partners_in_force: tuple[str, ...]
    partners_stale: tuple[str, ...]
    partners_held: tuple[str, ...]
    partners_overdue: tuple[str, ...]
    parts: Mapping[str, Sequence[str]]
    row_decisions: int = 0

    @property
    def held(self) -> tuple[ExtractFate, ...]:
        """The held extracts that wait for a steward."""
        return tuple(fate for fate in self.fates if fate.fate == "held" and not fate.is_over)


def put_in_force(
    settings: Settings,
    as_of: datetime,
    decisions: Decisions,
    key_ids: Mapping[str, str],
    verdicts: ExtractVerdicts | None = None,
    boundaries: Mapping[str, Any] | None = None,
) -> InForce:
    """Decide every extract's fate and the inputs' hash.

    Writes `in_force.parquet`, `in_force.json` and, for the models, `row_decisions.parquet`,
    `alert_releases.parquet`, `sources.parquet` and `as_of.parquet`.
    `boundaries`: the manifest's entry on the county boundaries.
    """
    register = landed_extracts(settings)
    verdicts = verdicts or read_verdicts(settings)
    fates = settle_fates(register, verdicts, decisions)
    broken = {
        key: {one for verdict in all for one in verdict.broken} for key, all in verdicts.holding.items()
    }
    fates = with_causes(settings, register, fates, read_fates(settings), broken)
    current = {(fate.partner, fate.extract_id) for fate in fates if fate.fate == "in_force"}
    decided = decided_by_time(settings, as_of.date(), current)
    parts = {
        "extracts": {_extract_part(landed, fate) for landed, fate in zip(register, fates, strict=True)},
        "contracts": {f"{name}={content}" for name, content in contract_hashes(settings.partners).items()},
        "decisions": {decisions.content_hash()},
        "keys": {f"{name}={key_id}" for name, key_id in key_ids.items()},
        "code": {code_of(*CODE)},
        "engines": {*(f"{name}={version(name)}" for name in ENGINES), settings.engine},
        "boundaries": {f"{name}={value}" for name, value in (boundaries or {}).items()},
    }
    given = fingerprint_of(parts)
    parts |= {f"{DECIDED}{name}": texts for name, texts in decided.items()}
    hashed = fingerprint_of(parts)
    stale, held = _stale_and_held(register, fates)
    manifest = settings.current / "manifest.json"
    rows = row_decisions(decisions.by_kind)
    settled = InForce(
        fates=tuple(fates),
        inputs_hash=hashed,
        given_hash=given,
        changed=not manifest.is_file() or hashed != read_json(manifest).get("inputs_hash"),
        partners_in_force=tuple(sorted({partner for partner, _ in current})),
        partners_stale=stale,
        partners_held=held,
        partners_overdue=tuple(sorted({name.partition("/")[0] for name in decided["overdue"]})),
        parts={name: sorted(texts) for name, texts in parts.items()},
        row_decisions=len(rows),
    )
    tables = {
        "in_force": pa.Table.from_pylist([asdict(fate) for fate in fates], schema=FATE_SCHEMA),
        "row_decisions": pa.Table.from_pylist(rows, schema=ROW_SCHEMA),
        "alert_releases": pa.Table.from_pylist(alert_releases(decisions), schema=ALERT_SCHEMA),
        "sources": sources(settings, register, current),
        "as_of": pa.table({"as_of": [as_of.date()]}),
    }
    for name, table in tables.items():
        write_table(table, settings.work / "gates" / f"{name}.parquet")
    summary = asdict(settled)
    summary.pop("fates")
    write_json(settings.work / "gates" / "in_force.json", summary)
    return settled


def refused_rows(settings: Settings, fates: Iterable[ExtractFate]) -> list[dict[str, Any]]:
    """Return the rows of extracts in force that a quality rule refused at reading."""
    in_force = {(fate.partner, fate.extract_id) for fate in fates if fate.fate == "in_force"}
    return [
        row for landed in landed_extracts(settings) if landed.key in in_force for row in landed.refused_rows
    ]


def read_in_force(settings: Settings) -> InForce | None:
    """Read the latest result of `put_in_force`; None before the first."""
    path = settings.work / "gates" / "in_force.json"
    if not path.is_file():
        return None
    content = read_json(path)
    listed = {name: tuple(value) for name, value in content.items() if isinstance(value, list)}
    return InForce(**content | listed | {"fates": tuple(read_fates(settings).values())})


def read_fates(settings: Settings) -> dict[tuple[str, str], ExtractFate]:
    """Read the latest fates by (partner, extract id); empty before the first."""
    path = settings.work / "gates" / "in_force.parquet"
    rows = pq.read_table(path).to_pylist() if path.is_file() else []
    return {(row["partner"], row["extract_id"]): ExtractFate(**row) for row in rows}


def settle_fates(
    register: Sequence[Landed], verdicts: ExtractVerdicts, decisions: Decisions
) -> list[ExtractFate]:
    """Return the fate of each extract, in the register's order.

    Withdrawn by a steward, else held by checks unless accepted, else in force. An extract without a verdict
    is held.
    """
    withdrawn = extract_keys(decisions["extract_withdraw"])
    accepted = extract_keys(decisions["extract_accept"])
    judged = {(verdict.partner, verdict.extract_id) for verdict in verdicts.verdicts}
    fates = []
    for landed in register:
        decided, holding = fate_by(landed.key, verdicts.holding.get(landed.key, ()), accepted, withdrawn)
        if decided == "withdrawn":
            fate = ExtractFate(landed.extract_id, landed.partner, "withdrawn", withdrawn[landed.key])
        elif landed.key not in judged:
            fate = ExtractFate(landed.extract_id, landed.partner, "held", "not_judged")
        elif holding:
            names = ", ".join(verdict.check_name for verdict in holding)
            findings = " ".join(
                f"Held: {verdict.finding}. {verdict.steward_action}" for verdict in holding if verdict.finding
            )
            fate = ExtractFate(landed.extract_id, landed.partner, "held", names, findings)
        else:
            fate = ExtractFate(landed.extract_id, landed.partner, "in_force", None)
        fates.append(fate)
    over = _replaced(register, fates)
    return [
        replace(fate, is_over=fate.fate == "withdrawn" or landed.key in over)
        for landed, fate in zip(register, fates, strict=True)
    ]


def _replaced(register: Sequence[Landed], fates: Sequence[ExtractFate]) -> set[tuple[str, str]]:
    """Return the extracts that a later full one in force replaces: one of their period, or of all periods."""
    replacing: set[tuple[str, str, tuple[str, ...]]] = set()
    replaced = set()
    for at in reversed(in_order_of_receipt(register)):
        landed = register[at]
        line = (landed.partner, landed.contract)
        if {(*line, landed.declared_period), (*line, ())} & replacing:
            replaced.add(landed.key)
        if landed.is_full and fates[at].fate == "in_force":
            replacing.add((*line, landed.declared_period))
    return replaced


def manifest_extracts(settings: Settings, keys: Keys, in_force: InForce) -> list[dict[str, Any]]:
    """Return what a manifest prints of each landed extract: fate, hashes, and the partner by code."""
    fates = {(fate.partner, fate.extract_id): fate for fate in in_force.fates}
    extracts = []
    for landed in landed_extracts(settings):
        fate = fates[landed.key]
        period = landed.content.get("period") or {}
        known = {
            **landed.content,
            "partner_code": keys.partner_code(landed.partner),
            "fate": fate.fate,
            "reason": fate.reason,
            "period_from": period.get("from"),
            "period_to": period.get("to"),
            "round": period.get("round"),
        }
        extracts.append({name: known.get(name) for name in EXTRACT_FIELDS})
    return extracts


def input_parts(keys: Keys, in_force: InForce) -> dict[str, str]:
    """Return a keyed hash of each part of the inputs, by which two releases are compared.

    Keyed, because a part may hold few and guessable texts, such as the names of overdue partners.
    """
    parts = {name: list(texts) for name, texts in in_force.parts.items() if not name.startswith(DECIDED)}
    parts["time"] = [
        f"{name}={text}"
        for name, texts in sorted(in_force.parts.items())
        if name.startswith(DECIDED)
        for text in texts
    ]
    return {name: f"{keys.number('inputs', name, *texts) % (1 << 64):016x}" for name, texts in parts.items()}


def alert_releases(decisions: Decisions) -> list[dict[str, Any]]:
    """Return each alert that a steward released to the public once."""
    alerts = {
        (one["corridor"], one["direction"], date.fromisoformat(str(one["first_month"])[:10]))
        for one in decisions["alert_release"]
    }
    return [dict(zip(ALERT_SCHEMA.names, alert, strict=True)) for alert in sorted(alerts)]


def _extract_part(landed: Landed, fate: ExtractFate) -> str:
    parts = (
        landed.partner, landed.extract_id, landed.content.get("parquet_sha256"), landed.received_on,
        landed.sequence, landed.declared_period, fate.fate,
    )  # fmt: skip
    return "|".join(map(str, parts))


def _stale_and_held(
    register: Sequence[Landed], fates: Sequence[ExtractFate]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return stale partners (newest extract held, an older one in force) and held ones (none in force)."""
    newest: dict[tuple[str, str], str] = {}
    fates_of: dict[str, set[str]] = {}
    for landed, fate in zip(register, fates, strict=True):
        if fate.fate != "withdrawn":
            newest[landed.partner, landed.contract] = fate.fate
        fates_of.setdefault(landed.partner, set()).add(fate.fate)
    held = {partner for (partner, _), fate in newest.items() if fate == "held"}
    in_force = {partner for partner, fates in fates_of.items() if "in_force" in fates}
    return tuple(sorted(held & in_force)), tuple(sorted(held - in_force))


_WAS_PAST = IS_PAST_RETENTION.replace("< ?", "< extracts.received_on")
# Most records are past it nowhere: they are left out before records are collected.
_PAST_RETENTION = f"""
with terms as not materialized (
    select records.partner, record_id, extract_id, {_WAS_PAST} as was_past,
        coalesce({IS_PAST_RETENTION.replace("< ?", "< $today")}, false) as is_past
    from records inner join extracts using (partner, extract_id)
)
select partner, record_id, list(extract_id) filter (where not was_past)
from terms semi join (select partner, record_id from terms where is_past) using (partner, record_id)
group by partner, record_id having bool_and(is_past) order by partner, record_id
"""


def past_retention(settings: Settings, today: date) -> dict[str, set[int]]:
    """Return record ids by partner, by today's typing and agreements.

    Erasing is final, so a doubtful date keeps a record (the tables leave it out all the same). It must be
    past retention in every extract that holds it, and must have arrived young enough in an extract that
    passed its gate.
    """
    with open_views(settings, "extracts", "records") as con:
        rows = con.execute(_PAST_RETENTION, {"today": today}).fetchall()
    passed = {key for key, fate in read_fates(settings).items() if fate.fate != "held"}
    found: dict[str, set[int]] = {}
    for partner, record_id, extract_ids in rows:
        if any((partner, extract_id) in passed for extract_id in extract_ids or ()):
            found.setdefault(str(partner), set()).add(int(record_id))
    return found
