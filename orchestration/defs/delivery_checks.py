"""Beside the gate's verdicts on each partner's asset: is its next extract late, and where are its rows.

Lateness is a check and no freshness policy: Dagster's policies look at when a step last ran, and every
refresh runs every partner's step. What counts is the day on which the partner's newest extract was received.
"""

from collections.abc import Iterator
from datetime import date

import dagster as dg

from orchestration import extracts, gates, outputs
from orchestration.defs.extracts import landing_key
from orchestration.defs.gates import VERDICTS
from orchestration.defs.workplace import Workplace, step
from orchestration.stewardship import items

ON_TIME, ADD_UP = "next_extract_is_on_time", "every_row_has_one_fate"
JUDGED = dg.AssetKey(["quality", "reconciliation"])
ON_TIME_WHY = (
    "Silence of a partner must not be read as calm: by the cadence of its contract, counted from the day its "
    "newest extract was received. If it fails: ask the partner for its next extract, or change its cadence."
)
ADD_UP_WHY = (
    "Nothing disappears: read = refused + landed, and each landed row has one fate. If it fails: tell the "
    "maintainers; the release gate refuses such a release."
)


def checks(workplace: Workplace, contracts: extracts.Contracts) -> list[dg.AssetChecksDefinition]:
    """Two checks a partner; neither blocks."""

    def specs(name: str, after: dg.AssetKey, why: str) -> list[dg.AssetCheckSpec]:
        return [
            dg.AssetCheckSpec(name, asset=landing_key(partner), additional_deps=[after], description=why)
            for partner in contracts.partners
        ]

    @dg.multi_asset_check(name="timeliness", specs=specs(ON_TIME, VERDICTS, ON_TIME_WHY))
    def timeliness(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        found = step(context, workplace, lambda refresh: gates.deliveries(workplace.settings))
        today = step(context, workplace, lambda refresh: refresh.as_of.date())
        for partner in contracts.partners:
            own = [one for one in found if one.partner == partner]
            yield _on_time(partner, own, today, workplace.settings.desk_url)

    @dg.multi_asset_check(name="partner_rows", specs=specs(ADD_UP, JUDGED, ADD_UP_WHY))
    def partner_rows(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        found = step(context, workplace, lambda refresh: list(outputs.rows_of_extracts(workplace.settings)))
        for partner in contracts.partners:
            yield _add_up(partner, [one for one in found if one.partner == partner])

    return [timeliness, partner_rows]


def _on_time(partner: str, own: list[gates.Delivery], today: date, desk_url: str) -> dg.AssetCheckResult:
    late = [one for one in own if one.is_overdue(today)]
    days = max(((today - one.due).days for one in late if one.due), default=0)
    metadata: dict[str, dg.MetadataValue] = {"days_overdue": dg.MetadataValue.int(days)}
    if own:
        newest = max(one.received_on for one in own)
        metadata |= {
            "last_received": dg.MetadataValue.text(newest.isoformat()),
            "days_since_last_received": dg.MetadataValue.int((today - newest).days),
            "deliveries": dg.MetadataValue.table([_delivery(one, today) for one in own]),
        }
    if late:
        metadata["desk"] = dg.MetadataValue.url(desk_url + items.overdue(partner).path)
    told = " ".join(
        f"{one.contract}: the newest extract came on {one.received_on}; by its {one.cadence} cadence the "
        f"next was due by {one.due}."
        for one in late
    )
    return dg.AssetCheckResult(
        asset_key=landing_key(partner),
        check_name=ON_TIME,
        passed=not late,
        severity=dg.AssetCheckSeverity.WARN,
        description=told or ("Nothing is overdue." if own else "Nothing has been taken in yet."),
        metadata=metadata,
    )


def _delivery(one: gates.Delivery, today: date) -> dg.TableRecord:
    return dg.TableRecord(
        {
            "contract": one.contract,
            "received": one.received_on.isoformat(),
            "cadence": one.cadence,
            "next due": one.due.isoformat() if one.due else "none",
            "state": "overdue" if one.is_overdue(today) else "on time",
        }
    )


def _add_up(partner: str, own: list[outputs.ExtractRows]) -> dg.AssetCheckResult:
    wrong = [one for one in own if not one.adds_up]
    fates = {fate: sum(one.fates.get(fate, 0) for one in own) for fate in outputs.FATES}
    return dg.AssetCheckResult(
        asset_key=landing_key(partner),
        check_name=ADD_UP,
        passed=not wrong,
        severity=dg.AssetCheckSeverity.ERROR,
        description=f"The rows of {', '.join(one.extract for one in wrong)} do not add up."
        if wrong
        else "Every row is accounted for.",
        metadata={
            "rows_read": sum(one.read for one in own),
            "rows_refused": sum(one.refused for one in own),
            "rows_landed": sum(one.landed for one in own),
            **{f"rows_{fate}": rows for fate, rows in fates.items()},
        },
    )
