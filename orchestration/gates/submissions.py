"""Submissions of one form that several partners sent, by the codes of their ids.

How much of an extract another partner sent first, for the extract gate; and which partners are one source.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from expectations import thresholds
from orchestration.contracts import SubmissionId
from orchestration.core import Settings
from orchestration.gates.landed import Landed
from orchestration.linkage import clustered
from orchestration.typing import open_views

SHARED_SHARE, SHARED_WITH = "shared_submission_share", "shared_with"
SOURCES = pa.schema([("partner", pa.string()), ("source", pa.string())])
# Records are counted, because an id that stands in many of them supersedes them all at the other partner.
_KEYS = """
select partner, extract_id, submission_key, count(*) as records
from records
where submission_key is not null
group by partner, extract_id, submission_key
"""
_SHARED = """
with own as (select * from submissions where partner = $partner and extract_id = $extract_id),
sent_before as (select submission_key from sent where partner = $partner)
select sent.partner, sum(own.records) as shared, (select sum(records) from own) as submissions
from own
inner join sent on own.submission_key = sent.submission_key
where sent.partner <> $partner and own.submission_key not in (select submission_key from sent_before)
group by sent.partner
order by shared desc, sent.partner
"""
# Each two partners that share enough of the smaller one's submissions in force.
_PAIRS = f"""
with held as (
    select distinct keys.partner, keys.submission_key
    from ({_KEYS}) as keys
    inner join in_force on keys.partner = in_force.partner and keys.extract_id = in_force.extract_id
),
sizes as (select partner, count(*) as submissions from held group by partner),
pairs as (
    select one.partner as one, other.partner as other, count(*) as shared
    from held as one
    inner join held as other on one.submission_key = other.submission_key and one.partner < other.partner
    group by one.partner, other.partner
)
select pairs.one, pairs.other
from pairs
inner join sizes as size_of_one on pairs.one = size_of_one.partner
inner join sizes as size_of_other on pairs.other = size_of_other.partner
where pairs.shared / least(size_of_one.submissions, size_of_other.submissions) >= $share
"""
# Each partner that sent a submission of another one, beside the first of them by name.
_SHARING = """
with shared as (
    select submission_key, min(partner) as first_partner
    from records
    where submission_key is not null
    group by submission_key
    having min(partner) <> max(partner)
)
select distinct first_partner, partner from records inner join shared using (submission_key)
"""


class SentBefore:
    """The submissions of extracts in force, added in the order in which the extracts came.

    `con` has the typed `records`. A submission that the partner has in force itself is its own. Two partners
    of which a steward accepted that they share most of an extract are not asked about again.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con
        self._accepted: set[frozenset[str]] = set()
        con.execute(f"create table submissions as {_KEYS}")
        con.execute("create table sent (partner varchar, submission_key varchar)")
        self._with_ids = {
            one for (one,) in con.execute("select distinct partner from submissions").fetchall()
        }

    def shared_by(self, landed: Landed) -> dict[str, Any]:
        """Return the share of an extract's submissions that another partner sent first, and that partner."""
        may_share = landed.partner in self._with_ids
        found = self._con.execute(_SHARED, self._key(landed)).fetchall() if may_share else ()
        for other, shared, submissions in found:
            if frozenset((landed.partner, other)) not in self._accepted:
                return {SHARED_SHARE: shared / submissions, SHARED_WITH: other}
        return {SHARED_SHARE: None, SHARED_WITH: None}

    def add(self, landed: Landed, row: Mapping[str, Any]) -> None:
        """Add an extract that is in force; `row` is its profile."""
        if landed.partner not in self._with_ids:
            return
        if (row[SHARED_SHARE] or 0) > thresholds.SHARED_SUBMISSIONS_MAX:
            self._accepted.add(frozenset((landed.partner, row[SHARED_WITH])))
        self._con.execute(
            "insert into sent select partner, submission_key from submissions "
            "where partner = $partner and extract_id = $extract_id "
            "except select partner, submission_key from sent",
            self._key(landed),
        )

    @staticmethod
    def _key(landed: Landed) -> dict[str, str]:
        return {"partner": landed.partner, "extract_id": landed.extract_id}


def in_order_of_receipt(register: Sequence[Landed]) -> list[int]:
    """Return the positions of the register's extracts in the order in which they came, partner by partner."""
    latest: dict[str, str] = {}
    received = []
    for at, landed in enumerate(register):  # by partner and sequence
        latest[landed.partner] = max(
            latest.get(landed.partner, ""), str(landed.content.get("received_on") or "")
        )
        received.append((latest[landed.partner], at))
    return [at for _, at in sorted(received)]


def sharing(con: duckdb.DuckDBPyConnection, partners: Iterable[str]) -> dict[str, str]:
    """Return the first by name of the partners that each shares a submission with, directly or by others.

    `con` has the typed `records`. A partner that shares none is its own first.
    """
    return _first_of(partners, con.execute(_SHARING).fetchall())


def sources(settings: Settings, register: Sequence[Landed], in_force: Iterable[tuple[str, str]]) -> pa.Table:
    """Return the source of each partner, as SOURCES.

    Partners that share ONE_SOURCE_SHARE_MIN of the smaller one's submissions in force, or name one form, are
    one source, called by the first of them by name.
    """
    keys = set(in_force)
    with_ids = [landed for landed in register if landed.key in keys and _submission_id(landed)]
    first_of_form: dict[str, str] = {}
    pairs = [
        (first_of_form.setdefault(form, landed.partner), landed.partner)
        for landed in with_ids
        if (form := SubmissionId.model_validate(_submission_id(landed)).form_name)
    ]
    if len({landed.partner for landed in with_ids}) > 1:
        with open_views(settings, "records") as con:
            con.execute("create table in_force (partner varchar, extract_id varchar)")
            con.executemany("insert into in_force values (?, ?)", [landed.key for landed in with_ids])
            pairs += con.execute(_PAIRS, {"share": thresholds.ONE_SOURCE_SHARE_MIN}).fetchall()
    first_of = _first_of({landed.partner for landed in register}, pairs)
    rows = [{"partner": one, "source": first} for one, first in first_of.items()]
    return pa.Table.from_pylist(rows, schema=SOURCES)


def _first_of(partners: Iterable[str], pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the first partner by name of the cluster of each, by name."""
    names = sorted(partners)
    number = {partner: at for at, partner in enumerate(names)}
    first_of = clustered((number[one], number[other]) for one, other in pairs)
    return {partner: names[first_of.get(at, at)] for at, partner in enumerate(names)}


def _submission_id(landed: Landed) -> dict[str, Any] | None:
    return (landed.content.get("contract_content") or {}).get("submission_id")
