"""The effect of a waiver on the published numbers: the first release it let pass against the one before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow.parquet as pq

from expectations.checks import is_of_release
from orchestration.core import Settings, UsageError
from orchestration.release.comparing import ReleaseDiff, compare
from orchestration.release.current import Release, list_releases
from orchestration.stewardship import list_decisions

CHECK_RESULTS = "members/parquet/quality.check_results.parquet"
OF_RELEASE = "release"


@dataclass(frozen=True)
class WaiverEffect:
    """What changed in `first`, the first release that passed by a waiver.

    `let_pass`: the waived checks with their subjects. `also_changed`: other changes since the release before;
    if there are none, the waiver caused the whole `diff`. `meaning` is a sentence on that. `diff` is None if
    the release before is not kept.
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
    """Compare the first release a waiver let pass with the one before.

    Raises UsageError if the waiver is unknown or no kept release passed by it.
    """
    waivers = {entry["id"]: entry for entry in list_decisions(settings, "check_waiver") if entry.get("check")}
    if decision_id not in waivers:
        raise UsageError(f"There is no waiver {decision_id}. `njia decide list` shows the decisions.")
    waiver = waivers[decision_id]
    releases = {release.release_id: release for release in reversed(list_releases(settings))}
    used = {name: waived_checks(release) for name, release in releases.items()}
    first = next((name for name in releases if decision_id in used[name]), None)
    if first is None:
        raise UsageError(f"No kept release passed by the waiver {decision_id}.")
    decision = {name: waiver[name] for name in ("id", "says", "author", "reason", "expires", "revoked_by")}
    before = releases.get(releases[first].manifest["previous_release"] or "")
    if before is None:
        gone = "The release before it is not kept, so there is nothing to compare it with."
        return WaiverEffect(decision, first, used[first][decision_id], None, [], gone)
    difference = compare(settings, before, releases[first])
    others = sorted(used[first].keys() - {decision_id})
    if is_of_release(waiver["scope"]):
        also = [f"the waivers {', '.join(others)}, which it needed as well"] if others else []
        meaning = (
            f"Without it {first} would have been refused and {before.release_id} would have stayed current: "
            "the whole difference follows from the waiver."
        )
    else:
        also = _also_changed(
            difference, before, releases[first], decision_id, waiver["scope"].rpartition("/")[2]
        )
        meaning = (
            "Nothing else changed: the whole difference follows from the waiver."
            if not also
            else "Other inputs changed too, so only part of the difference follows from the waiver. To see "
            f"that part, while the waiver is in force: njia diff --without {decision_id}."
        )
        held = f"Without it that extract would have been held. {meaning}"
        accepts = list_decisions(settings, "extract_accept")
        meaning = _in_force_anyhow(accepts, waiver, releases[first]) or held
    return WaiverEffect(decision, first, used[first][decision_id], difference, also, meaning)


def _in_force_anyhow(
    accepts: list[dict[str, Any]], waiver: Mapping[str, Any], release: Release
) -> str | None:
    """Return a sentence if the extract was accepted too: accepting passes every check a waiver can."""
    used = {decision["id"] for decision in release.manifest.get("decisions") or ()}
    for accept in accepts:
        scope = f"{accept.get('partner')}/{accept.get('extract_id')}"
        if accept["id"] in used and waiver["scope"] == scope:
            return (
                f"Without it that extract would still have been in force: decision {accept['id']} accepts "
                "it. None of the difference follows from the waiver."
            )
    return None


def waived_checks(release: Release) -> dict[str, list[str]]:
    """Return the checks that each waiver let pass in a release, as `check of subject`."""
    rows = list(release.manifest.get("release_gate", []))
    path = release.path / CHECK_RESULTS
    if path.is_file():
        columns = ["check_name", "subject", "waived_by"]
        rows += [
            {**row, "name": row["check_name"]} for row in pq.read_table(path, columns=columns).to_pylist()
        ]
    waived: dict[str, list[str]] = {}
    for row in rows:
        if row.get("waived_by"):
            subject = row.get("subject")
            of = f" of {subject}" if subject and subject != OF_RELEASE else ""
            waived.setdefault(row["waived_by"], []).append(f"{row['name']}{of}")
    return waived


def _also_changed(diff: ReleaseDiff, before: Release, first: Release, waiver: str, extract: str) -> list[str]:
    """Describe what changed besides the waiver and its extract."""
    also = []
    if other := [decision["id"] for decision in diff.decisions_came if decision["id"] != waiver]:
        also.append(f"decisions came: {', '.join(other)}")
    if diff.decisions_left:
        also.append(f"decisions left: {', '.join(decision['id'] for decision in diff.decisions_left)}")
    if _extracts(before, extract) != _extracts(first, extract):
        also.append("other extracts came, left or changed their state")
    by_the_waiver = {"decisions", "extracts"}
    if before.manifest["as_of"] == first.manifest["as_of"]:
        by_the_waiver.add("time")  # embargo and delay of this extract's records
    if parts := [part for part in diff.inputs_changed if part not in by_the_waiver]:
        also.append(f"inputs changed: {', '.join(parts)}")
    return also


def _extracts(release: Release, without: str) -> set[tuple[str, str, str, str | None]]:
    return {
        (extract["partner_code"], extract["extract_id"], extract["fate"], extract.get("parquet_sha256"))
        for extract in release.manifest["extracts"]
        if extract["extract_id"] != without
    }
