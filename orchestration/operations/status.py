"""What `njia status` shows, as the rooms have recorded it, and warnings, which `njia refresh` shows, too."""

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

from orchestration.contracts import (
    Contracts,
    agreements_ending,
    load_contracts,
    partners_without_contract,
    with_changes,
)
from orchestration.core import (
    HOME_JSON,
    SAMPLES_PRIVATE_KEY,
    Damaged,
    Settings,
    key_faults,
    key_places,
    kind_and_place,
    of_text,
    read_json,
    refreshes,
    say,
)
from orchestration.intake import left_alone, names_in_inbox, read_sources, still_written
from orchestration.operations.next_run import read_next_run
from orchestration.operations.proofs import has_another_record_key
from orchestration.release import alert_count, current_release, why_not_signed
from orchestration.stewardship import (
    Decisions,
    active_decisions,
    items,
    messages,
    refresh_since,
    review,
    worklists,
)

MOST_VALUABLE, MOST_NAMED = 5, 8


class _Sound:
    """Reads one part after the other: a damaged file is noted in `damaged` and stops no other part."""

    def __init__(self) -> None:
        self.damaged: list[str] = []

    def read(self, part: Callable[[], Any], otherwise: Any) -> Any:
        try:
            return part()
        except Damaged as fault:
            self.damaged += [str(fault)] * (str(fault) not in self.damaged)
        except (ValueError, KeyError, TypeError, csv.Error) as fault:
            self.damaged.append(f"A file of the home is damaged ({kind_and_place(fault)}): `njia check`.")
        return otherwise


def read_status(settings: Settings) -> dict[str, Any]:
    """Return the release and its age, the partners, held extracts, and what waits for a steward."""
    sound = _Sound()
    release = sound.read(lambda: current_release(settings), None)
    in_force = sound.read(lambda: review.in_force(settings), {"partners": {}, "held": []})
    last_verdict = settings.review / review.LAST_VERDICT
    verdict = sound.read(lambda: read_json(last_verdict) if last_verdict.exists() else None, None)
    refused = verdict if verdict and verdict["outcome"] == "refused" else None
    standing = review.standing_candidate(settings)
    decisions = sound.read(lambda: active_decisions(settings, settings.as_of()), Decisions())
    contracts = with_changes(load_contracts(settings.partners), decisions["agreement_change"])
    files = sound.read(lambda: _waiting(settings), [])
    waiting = sound.read(lambda: worklists.open_items(settings), [])
    lists = sound.read(lambda: _lists(settings, waiting), {})
    partners = _partners(settings, in_force["partners"], files, sound)
    running, listed = refresh_since(settings), refreshes.lists_as_of(settings)
    last = refreshes.last(settings)
    return {
        "home": str(settings.home),
        "is_home": (settings.home / HOME_JSON).is_file(),
        "refresh_running_since": running and running.isoformat(),
        "lists_as_of": listed and listed.isoformat(),
        "next_run": read_next_run(settings, datetime.now(UTC)),
        "release": release
        and {
            "release_id": release.release_id,
            "as_of": release.manifest["as_of"],
            "age": _age(settings.as_of(), datetime.fromisoformat(release.manifest["as_of"])),
            "movements": release.manifest["movements"],
            "alerts": alert_count(release.manifest),
            "rows_embargoed": release.manifest["rows"]["embargoed"],
            "boundaries": release.manifest.get("boundaries"),
        },
        "crashed": {
            "ended": last.ended,
            "reason": last.reason,
            "in_a_row": len(refreshes.crashes_in_a_row(settings)),
        }
        if last and last.outcome == refreshes.CRASHED
        else None,
        "last_refused": refused and {"candidate": refused["candidate"], "why": refused["refused_because"]},
        "candidate": standing
        and {
            "candidate": standing["candidate"],
            "outcome": standing["outcome"],
            "what_would_change": f"{settings.desk_url}/release",
        },
        "messages": sound.read(lambda: messages.standing(settings), []),
        "partners": partners,
        "warnings": sound.read(lambda: warnings(settings, contracts), []),
        "agreements": [
            {
                "partner": ending.partner,
                "contract": ending.contract,
                "ends_on": ending.ends_on.isoformat(),
                "state": ending.state(settings.as_of().date()),
            }
            for ending in agreements_ending(contracts, settings.as_of().date())
        ],
        "failed_checks": sound.read(lambda: list(review.failed_checks(settings)), []),
        "held": [
            one | {"cause": f"{of_text(one['cause'])}."} if one.get("cause") else one
            for one in in_force["held"]
        ],
        "waiting": files,
        "decisions_without_effect": sound.read(
            lambda: review.read(settings, review.DECISIONS_WITHOUT_EFFECT), []
        ),
        "sources": [source.as_dict() for source in read_sources(settings, contracts)],
        "left_alone": [vars(file) for file in left_alone(settings)],
        "open_items": {
            "number": len(waiting),
            "most_valuable": [worklists.as_dict(item) for item in waiting[:MOST_VALUABLE]],
        },
        "review": lists,
        "damaged": [*map(str, key_faults(settings)), *sound.damaged],
        "backup": sound.read(lambda: _last_backup(settings), None),
    }


def _last_backup(settings: Settings) -> dict[str, Any] | None:
    """Return snapshot, time and age of the last backup; None where none was made."""
    try:
        noted: dict[str, Any] = read_json(settings.last_backup)
    except FileNotFoundError:
        return None
    return {**noted, "age": _age(datetime.now(UTC), datetime.fromisoformat(noted["made_at"]))}


def _lists(settings: Settings, waiting: Iterable[items.OpenItem]) -> dict[str, int]:
    """Return how many items each of the stewards' lists has; of names and pairs, those that still wait."""
    kinds = Counter(one.item.kind for one in items.with_consequences(waiting))
    return {
        "unresolved_places": kinds["place"],
        "doubtful_links": kinds["link"],
        "records_set_aside": len({row["record"] for row in review.read(settings, review.QUARANTINED_ROWS)}),
        "rows_refused": sum(int(row["rows"]) for row in review.standing(settings, review.REFUSED_ROWS)),
        "failed_checks": review.count(settings, review.FAILED_CHECKS),
        "files_not_taken": review.count(settings, review.FILES_NOT_TAKEN),
        "drifted_columns_and_lists": review.count(settings, review.DRIFT),
        "extracts_not_typed": review.count(settings, review.EXTRACTS_NOT_TYPED),
        "decisions_without_effect": review.count(settings, review.DECISIONS_WITHOUT_EFFECT),
    }


def _waiting(settings: Settings) -> list[dict[str, Any]]:
    """Return the files that wait now, and those of the inbox that the last refresh did not take."""
    now = [vars(file) for file in still_written(settings)]
    shown = {(file["partner"], file["file"]) for file in now}
    rows = review.standing(settings, review.FILES_NOT_TAKEN)
    names = names_in_inbox(settings) if rows else {}  # it reads each file
    listed = [row | {"file": names.get((row["partner"], row["file"]), row["file"])} for row in rows]
    return now + [
        {name: row[name] for name in ("partner", "file", "outcome", "reason")}
        for row in listed
        if (row["partner"], row["file"]) not in shown
    ]


def _partners(
    settings: Settings, in_force: dict[str, list[str]], files: list[dict[str, Any]], sound: _Sound
) -> list[dict[str, Any]]:
    """Return each partner with its extracts and its state; `files` are those that wait."""
    states = {
        "held": in_force.get("held", []),
        "stale: its newest file is held, an earlier one is in force": in_force.get("stale", []),
        "overdue": in_force.get("overdue", []),
        "in force": in_force.get("in_force", []),
    }
    waiting = Counter(file["partner"] for file in files)
    gone = partners_gone(settings)
    record_key = next(place.id for place in key_places(settings) if place.name == "record")
    partners = []
    for partner in sorted({path.name for path in settings.partners.iterdir() if path.is_dir()} | set(gone)):
        notes = sorted((settings.landing / partner).glob("[!.]*.json"))
        read = (sound.read(partial(read_json, path), None) for path in notes)
        landed = [note for note in read if note]
        if record_key and any(has_another_record_key(note, record_key) for note in landed):
            sound.damaged.append(
                f"{partner}: an extract landed with another record key, so forgotten records in it are not "
                "recognised. `njia check` names it and says what to do."
            )
        newest = max(landed, key=lambda entry: entry["sequence"], default=None)
        state = [name for name, members in states.items() if partner in members][:1]
        if partner in waiting:
            state = [say("{count} file(s) wait in the inbox", count=waiting[partner])]
        if partner in gone:
            state = ["no contract: held"]
        if not landed:
            without = "nothing taken in yet"
        else:
            without = "nothing in force" if in_force else "known after the next refresh"
        partners.append(
            {
                "partner": partner,
                "extracts": len(notes),
                "last_received": newest["received_on"] if newest else None,
                "cadence": newest["contract_content"]["delivery"]["cadence"] if newest else None,
                "withheld": sum(
                    refusal["rows"]
                    for entry in landed
                    for refusal in entry["refusals"]
                    if refusal["reason"].startswith("withheld:")
                ),
                "state": state[0] if state else without,
            }
        )
    return partners


def _age(now: datetime, then: datetime) -> str:
    hours = (now - then.astimezone(UTC)).total_seconds() / 3600
    return f"{hours:.0f} hours" if hours < 48 else f"{hours / 24:.0f} days"


def warnings(settings: Settings, contracts: Contracts | None = None) -> list[str]:
    """Return warnings, the gravest first."""
    return list(_warnings(settings, contracts or load_contracts(settings.partners)))


def _warnings(settings: Settings, contracts: Contracts) -> Iterator[str]:
    if any(settings.forgotten.glob("[!.]*.json")):
        from orchestration.release import still_held  # slow to load

        if held := still_held(settings):  # after a restore or a refused refresh
            yield f"Release {held} holds records that were forgotten since: run `njia refresh`."
    current = current_release(settings)
    if current and (unsigned := why_not_signed(settings, current)):
        yield unsigned
    if faults := review.damaged_files(settings):
        yield (
            f"{len(faults)} file(s) of the home are damaged or missing "
            f"({_listed([fault['path'] for fault in faults])}). `njia check` says what mends them."
        )
    private_key = settings.keys / SAMPLES_PRIVATE_KEY
    if private_key.is_file() and not settings.has_sample_partners:
        yield (
            f"{private_key} opens originals of this home, which was begun with the samples. Take real files "
            "into a home of their own, with the stewards' own public key."
        )
    gone = partners_gone(settings)
    if gone:
        many = "1 partner has" if len(gone) == 1 else f"{len(gone)} partners have"
        yield (
            f"{many} no contract: held ({_listed(gone)}). Put the contracts back, or set NJIA_PARTNERS to "
            f"the right folder; it is {settings.partners}."
        )
    # Landed extracts keep the contract they landed under.
    for partner in sorted(contracts.problems.keys() & _landed_partners(settings) - set(gone)):
        yield (
            f"{partner}: a contract cannot be used. Landed extracts stay in force; new files wait. "
            f"{' '.join(contracts.problems[partner])}"
        )
    yield from _sent_twice(settings)


def partners_gone(settings: Settings) -> tuple[str, ...]:
    """Return the partners that have landed extracts and no contract."""
    return partners_without_contract(settings.partners, _landed_partners(settings))


def _landed_partners(settings: Settings) -> set[str]:
    return {path.parent.name for path in settings.landing.glob("*/[!.]*.json")}


def _sent_twice(settings: Settings) -> Iterator[str]:
    """Warn of a file that counts for two partners, which may be a mistake."""
    path = settings.work / "gates" / "in_force.parquet"
    landed = Counter(path.stem for path in settings.landing.glob("*/[!.]*.json"))
    if not path.is_file() or max(landed.values(), default=0) < 2:
        return
    import pyarrow.parquet as pq  # slow to load and rarely needed

    owners: dict[str, list[str]] = {}
    for fate in pq.read_table(path).to_pylist():
        if fate["fate"] == "in_force":
            owners.setdefault(fate["extract_id"], []).append(fate["partner"])
    for extract_id, partners in sorted(owners.items()):
        if len(partners) > 1:
            yield (
                f"The same file counts once for each of {_listed(partners)} (extract {extract_id}). If one "
                f"of them did not send it: njia decide withdraw-extract PARTNER {extract_id}"
            )


def _listed(names: tuple[str, ...] | list[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join([*names[:MOST_NAMED], *([f"and {more} more"] if more > 0 else [])])
