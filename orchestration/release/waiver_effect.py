"""What a waiver did to the published numbers: the first release it let pass, beside the release before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow.parquet as pq

from orchestration.core import Settings, UsageError
from orchestration.release.current import Release, list_releases
from orchestration.release.diff import ReleaseDiff, compare
from orchestration.stewardship import list_decisions

CHECK_RESULTS = "members/parquet/quality.check_results.parquet"
OF_RELEASE = "release"


@dataclass(frozen=True)
class WaiverEffect:
    """`let_pass` are the checks it let pass in `first`, with their subjects.

    `also_changed` says what else changed since the release before; where it is empty, the difference is the
    waiver's alone. `meaning` says so in words. `diff` is None where the release before is not kept.
    """

    decision: dict[str, Any]
    first: str
    let_pass: list[str]
    diff: ReleaseDiff | None
    also_changed: list[str]
    meaning: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def waiver_effect(settings: Settings, decision_id: str) -> WaiverEffect:
    """Raises UsageError where there is no such waiver, or no kept release that it let pass."""
    waivers = {entry["id"]: entry for entry in list_decisions(settings, "check_waiver") if entry.get("check")}
    if decision_id not in waivers:
        raise UsageError(f"There is no waiver {decision_id}. `njia decide list` shows the decisions.")
    waiver = waivers[decision_id]
    releases = {release.release_id: release for release in reversed(list_releases(settings))}
    used = {name: waived_checks(release) for name, release in releases.items()}
    first = next((name for name in releases if decision_id in used[name]), None)
    if first is None:
        raise UsageError(f"Of the releases that are kept, none passed by the waiver {decision_id}.")
    decision = {name: waiver[name] for name in ("id", "says", "author", "reason", "expires", "revoked_by")}
    before = releases.get(releases[first].manifest["previous_release"] or "")
    if before is None:
        gone = "The release before it is not kept, so there is nothing to compare it with."
        return WaiverEffect(decision, first, used[first][decision_id], None, [], gone)
    found = compare(settings, before, releases[first])
    others = sorted(used[first].keys() - {decision_id})
    if waiver["scope"] == OF_RELEASE:
        also = (
            [f"the waivers {', '.join(others)}, without which it would not have passed either"]
            if others
            else []
        )
        meaning = (
            f"Without it {first} would have been refused and {before.release_id} would have stayed: readers "
            "have all of this difference through it."
        )
    else:
        also = _also_changed(found, before, releases[first], decision_id, waiver["scope"].rpartition("/")[2])
        meaning = (
            "Nothing else changed: the difference is the waiver's."
            if not also
            else "More than that changed, so the difference is not the waiver's alone. For that alone: "
            f"njia diff --without {decision_id}, while it holds."
        )
        held = f"Without it that extract would have been held. {meaning}"
        accepts = list_decisions(settings, "extract_accept")
        meaning = _in_force_anyhow(accepts, waiver, releases[first]) or held
    return WaiverEffect(decision, first, used[first][decision_id], found, also, meaning)


def _in_force_anyhow(
    accepts: list[dict[str, Any]], waiver: Mapping[str, Any], release: Release
) -> str | None:
    """A sentence where the extract was accepted as well: that answers every check that a waiver can."""
    used = {one["id"] for one in release.manifest.get("decisions") or ()}
    for one in accepts:
        if one["id"] in used and waiver["scope"] == f"{one.get('partner')}/{one.get('extract_id')}":
            return (
                f"Without it that extract would have been in force all the same: decision {one['id']} "
                "accepts it. None of the difference is the waiver's."
            )
    return None


def waived_checks(release: Release) -> dict[str, list[str]]:
    """The checks that each waiver let pass in a release, as `check of subject`."""
    rows = list(release.manifest.get("release_gate", []))
    path = release.path / CHECK_RESULTS
    if path.is_file():
        columns = ["check_name", "subject", "waived_by"]
        rows += [
            {**row, "name": row["check_name"]} for row in pq.read_table(path, columns=columns).to_pylist()
        ]
    found: dict[str, list[str]] = {}
    for row in rows:
        if row.get("waived_by"):
            subject = row.get("subject")
            of = f" of {subject}" if subject and subject != OF_RELEASE else ""
            found.setdefault(row["waived_by"], []).append(f"{row['name']}{of}")
    return found


def _also_changed(
    found: ReleaseDiff, before: Release, first: Release, waiver: str, extract: str
) -> list[str]:
    """What changed besides the waiver and the extract it is for, in words."""
    if found.inputs_changed is None or found.decisions_came is None or found.decisions_left is None:
        return ["what one of the releases is too old to tell"]
    also = []
    if other := [decision["id"] for decision in found.decisions_came if decision["id"] != waiver]:
        also.append(f"decisions came: {', '.join(other)}")
    if found.decisions_left:
        also.append(f"decisions left: {', '.join(decision['id'] for decision in found.decisions_left)}")
    if _extracts(before, extract) != _extracts(first, extract):
        also.append("other extracts came, left or changed their fate")
    of_the_waiver = {"decisions", "extracts"}
    if before.manifest["as_of"] == first.manifest["as_of"]:
        of_the_waiver.add("time")  # what the day decides of this extract's records
    if parts := [part for part in found.inputs_changed if part not in of_the_waiver]:
        also.append(f"inputs changed: {', '.join(parts)}")
    return also


def _extracts(release: Release, without: str) -> set[tuple[str, str, str, str | None]]:
    return {
        (one["partner_code"], one["extract_id"], one["fate"], one.get("parquet_sha256"))
        for one in release.manifest["extracts"]
        if one["extract_id"] != without
    }
