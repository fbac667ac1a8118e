"""The quality report inside a release, made from its `quality` tables. Partners are codes.

It is sealed before the release gate judges the files, so its hash is part of the verdict. The results of the
gate are in `manifest.json`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from orchestration.core import open_duckdb
from orchestration.outputs.quality.refresh_report import quarantined_share
from orchestration.outputs.quality.report import (
    Finding,
    QualityReport,
    RuleCount,
    Series,
    counted,
    most_records_first,
)
from orchestration.outputs.reconciliation import FATES, ExtractRows
from orchestration.release import EVIDENCE_BASE

SEALED_BEFORE = (
    "This page was sealed before the release gate judged the release. Its SHA-256 is in manifest.json under "
    "files and shows any later change; the results of the gate are there under release_gate. A refused "
    "release is deleted, so this one passed, or passed with a waiver named there."
)
WHO_SEES_WHAT = (
    "Partners appear by their code. Counts are rows of their files, as in the tables of the schema quality, "
    "not persons."
)


def quality_of_release(
    folder: Path, manifest: Mapping[str, Any], earlier: Sequence[Mapping[str, Any]]
) -> QualityReport:
    """`folder`: the staged release. `earlier`: manifests of the releases before, the oldest first."""
    with open_duckdb(folder / EVIDENCE_BASE) as con:
        findings = [Finding(*row) for row in con.execute(_FINDINGS).fetchall()]
        rules = [RuleCount(*row) for row in con.execute(_RULES).fetchall()]
        extracts = [
            ExtractRows(partner, extract, fate, read, refused, landed, dict(zip(FATES, fates, strict=True)))
            for partner, extract, fate, read, refused, landed, *fates in con.execute(_ROWS).fetchall()
        ]
    outcomes = Counter(finding.result for finding in findings)
    not_passed = [
        name for name in ("failed", "not judged", "did not run", "warning", "waived") if outcomes[name]
    ]
    rest = ", ".join(f"{outcomes[name]:,} {name}" for name in not_passed) or "none failed"
    return QualityReport(
        title=f"Quality of release {manifest['release_id']}",
        made=datetime.fromisoformat(manifest["as_of"]),
        outcome="sealed",
        headline="Checked",
        verdict=(
            f"{counted(outcomes['passed'], 'check')} passed before this release was made; {rest}. "
            "It then had to pass the release gate."
        ),
        findings=findings,
        rules=most_records_first(rules),
        extracts=extracts,
        trend=_trend([*earlier, manifest]),
        trend_of="releases",
        notes=(SEALED_BEFORE, WHO_SEES_WHAT),
        is_restricted=False,
    )


_FINDINGS = """
select stage, check_name,
    case when partner_code is null then subject else partner_code || '/' || subject end,
    severity, outcome, observed, coalesce(expected, ''), coalesce(why, ''), coalesce(steward_action, ''),
    waived_by
from quality.check_results order by stage, check_name, subject
"""
_RULES = """
select rule_code, max(rule_title), max(steward_action), cast(sum(record_count) as bigint)
from quality.quarantine_summary group by rule_code order by rule_code
"""
_ROWS = """
select rows_of.partner_code, rows_of.extract_id, replace(extracts.fate, '_', ' '), rows_of.rows_read,
    rows_of.rows_refused, rows_of.rows_landed, rows_current, rows_superseded, rows_quarantined,
    rows_withdrawn, rows_held, rows_embargoed
from quality.reconciliation as rows_of
left join quality.extracts as extracts using (partner_code, extract_id)
order by rows_of.partner_code, rows_of.extract_id
"""


def _trend(manifests: Sequence[Mapping[str, Any]]) -> list[Series]:
    def points(of: Any) -> Iterator[tuple[str, float | None]]:
        for manifest in manifests:
            yield str(manifest["release_id"]), of(manifest)

    return [
        Series(
            "Checks that failed before staging", list(points(lambda manifest: manifest["checks"]["failed"]))
        ),
        Series("Checks waived before staging", list(points(lambda manifest: manifest["checks"]["waived"]))),
        Series(
            "Rows set aside, of those landed",
            list(points(lambda manifest: quarantined_share(manifest["rows"]))),
            "{:.1%}",
        ),
        Series("Movements", list(points(lambda manifest: manifest["movements"]))),
    ]
