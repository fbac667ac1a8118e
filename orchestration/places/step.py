"""The locate step, which resolves distinct mentions into `work/places/`.

Its tables hold no text: an unresolved name is its token, and `unresolved.texts`, encrypted, says what was
written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.core import (
    REFERENCE_SEEDS,
    TEXTS_SUFFIX,
    Keys,
    Settings,
    is_token,
    load_keys,
    open_duckdb,
    read_texts,
    replacing,
    schemas_of,
    write_texts,
)
from orchestration.places.gazetteer import load_gazetteer
from orchestration.places.lookups import country_code, described, resolver_of
from orchestration.places.mentions import (
    STOPS,
    Mention,
    Outcome,
    in_scope,
    is_scoped,
    naming,
    role_of,
    scoped_file,
    scoped_id,
)
from orchestration.places.place_text import norm
from orchestration.places.resolve import Resolver

# Code and seeds that decide how a mention is resolved.
READ_BY = ("orchestration/places", "seeds/reference", "dbt_project/models/staging/sources.yml", "rapidfuzz==")

MATCHES, SCOPED_MENTIONS = (schemas_of("places")[name] for name in ("matches", "scoped_mentions"))
UNRESOLVED = pa.schema(
    [
        ("mention_id", pa.int64()), ("name", pa.string()), ("country_alpha3", pa.string()),
        ("status", pa.string()), ("reason", pa.string()), ("record_count", pa.int64()),
        ("candidates", pa.string()), ("candidate_names", pa.string()), ("named_by", pa.string()),
    ]
)  # fmt: skip
_ALL = ("", "")  # no partner, no role
_COUNTRY_CODE_LENGTH = 3


def locate(settings: Settings, keys: Keys, place_aliases: Sequence[Mapping[str, Any]] = ()) -> dict[str, int]:
    """Resolve every distinct mention of the typed extracts; stewards' active decisions go first.

    Return the number of `mentions`, of those by status, and `to_review`: the length of the stewards' list.
    """
    folder = settings.work / "places"
    mentions = _distinct_mentions(settings.typed / "mentions", keys)
    resolver = Resolver(load_gazetteer(REFERENCE_SEEDS), place_aliases, keys)
    outcomes = resolver.resolve_all(mentions)
    reached = [i for i, mention in mentions.items() if resolver.is_decided_in_a_scope(mention)]
    scoped = _put_in_scope(resolver, naming(settings, reached), mentions, outcomes)
    _write(scoped_file(settings), scoped, SCOPED_MENTIONS)
    open_ids = [mention_id for mention_id, outcome in outcomes.items() if outcome.needs_steward]
    records = _record_counts(settings, open_ids)
    unresolved = [_unresolved_row(i, mentions[i], outcomes[i], records.get(i, {}), keys) for i in open_ids]
    unresolved.sort(key=lambda row: (-row["record_count"], row["mention_id"]))
    _write(folder / "matches.parquet", [_match_row(i, outcomes[i]) for i in sorted(outcomes)], MATCHES)
    _write(folder / "unresolved.parquet", unresolved, UNRESOLVED)
    write_texts(folder / "unresolved.texts", keys, {str(i): _written(mentions[i]) for i in open_ids})
    by_status = Counter(outcome.status for outcome in outcomes.values())
    statuses = {name: by_status[name] for name in ("resolved", "review", "ambiguous", "unresolved")}
    return {"mentions": len(outcomes), **statuses, "to_review": len(unresolved)}


def _put_in_scope(
    resolver: Resolver,
    named: Iterable[tuple[str, str, int]],
    mentions: dict[int, Mention],
    outcomes: dict[int, Outcome],
) -> list[dict[str, Any]]:
    """Add the mentions in the scope of a decision, with their outcomes; return the rows of their scopes.

    `named`: who names the mentions that decisions with a scope are about. A mention that nobody names
    outside the scopes is dropped.
    """
    rows, elsewhere, inside = [], set[int](), set[int]()
    for partner, place_role, mention_id in named:
        decision = resolver.decision_for(mentions[mention_id], partner, role_of(place_role))
        if decision is None or not is_scoped(decision):
            elsewhere.add(mention_id)
            continue
        inside.add(mention_id)
        number = scoped_id(mention_id, decision)
        mentions[number], outcomes[number] = mentions[mention_id], resolver.decided(decision)
        rows.append(dict(zip(SCOPED_MENTIONS.names, (partner, place_role, mention_id, number), strict=True)))
    for mention_id in inside - elsewhere:
        del outcomes[mention_id]
    return rows


def locate_rows(
    tables: Mapping[str, pa.Table],
    place_aliases: Sequence[Mapping[str, Any]] = (),
    keys: Keys | None = None,
) -> tuple[dict[str, pa.Table], list[str]]:
    """Return `matches` and `place_mentions` of one extract's typed tables, and each open mention's status."""
    mentions = dict(mentions_of(tables["mentions"].to_pylist()))
    resolver = resolver_of(place_aliases, keys)
    outcomes = resolver.resolve_all(mentions)
    named = tables["place_mentions"]
    keyed = list(zip(*(named[name].to_pylist() for name in SCOPED_MENTIONS.names[:3]), strict=True))
    reached = dict.fromkeys(
        key for key in keyed if key[2] in mentions and resolver.is_decided_in_a_scope(mentions[key[2]])
    )
    scoped = {tuple(row.values())[:3]: row for row in _put_in_scope(resolver, reached, mentions, outcomes)}
    ids = [scoped[key]["scoped_mention_id"] if key in scoped else key[2] for key in keyed]
    named = named.set_column(named.column_names.index("mention_id"), "mention_id", pa.array(ids, pa.int64()))
    matches = [_match_row(mention_id, outcome) for mention_id, outcome in outcomes.items()]
    waiting = [outcome.status for outcome in outcomes.values() if outcome.needs_steward]
    return {"matches": pa.Table.from_pylist(matches, schema=MATCHES), "place_mentions": named}, waiting


def mentions_named(settings: Settings, keys: Keys, names: Collection[str]) -> dict[int, Mention]:
    """Return the typed mentions with one of these names (tokens), by id."""
    found = _by_name(settings.typed / "mentions", keys, _stamps(settings.typed / "mentions"))
    return {number: mention for name in names for number, mention in found.get(name, {}).items()}


def mentions_numbered(settings: Settings, keys: Keys, numbers: Collection[int]) -> dict[int, Mention]:
    """Return the typed mentions with one of these ids."""
    found = _by_name(settings.typed / "mentions", keys, _stamps(settings.typed / "mentions"))
    return {number: one for of_name in found.values() for number, one in of_name.items() if number in numbers}


def located(
    mentions: Mapping[int, Mention],
    named: Iterable[tuple[str, str, int]],
    place_aliases: Sequence[Mapping[str, Any]],
    keys: Keys,
) -> dict[str, pa.Table]:
    """Return `matches` and `scoped_mentions` of mentions under these decisions, as the step writes them.

    `named`: who names them, as (partner, place role, mention id as typed).
    """
    resolver, every = resolver_of(place_aliases, keys), dict(mentions)
    outcomes = resolver.resolve_all(every)
    reached = [one for one in named if resolver.is_decided_in_a_scope(mentions[one[2]])]
    scoped = _put_in_scope(resolver, reached, every, outcomes)
    matches = [_match_row(mention_id, outcome) for mention_id, outcome in outcomes.items()]
    return {
        "matches": pa.Table.from_pylist(matches, schema=MATCHES),
        "scoped_mentions": pa.Table.from_pylist(scoped, schema=SCOPED_MENTIONS),
    }


def certain_meanings(
    settings: Settings, asked: Collection[tuple[str, str | None]]
) -> dict[tuple[str, str | None], str]:
    """Return the id of the place that each of these names means for certain, without decisions.

    Each is a text or token with the country that mentions of it name, or None. One letter off is not
    certain: it is read and flagged.
    """
    texts = {one: Mention(place_text=one[0], country_text=one[1]) for one in asked if not is_token(one[0])}
    written = [
        ((name, country), mention)
        for name, country in asked
        if is_token(name)
        for mention in mentions_named(settings, load_keys(settings), {name}).values()
        if country in (None, country_code(mention.country_text or ""))
    ]
    every = [*texts.items(), *written]
    outcomes = resolver_of((), None).resolve_all(dict(enumerate(mention for _, mention in every)))
    found: dict[tuple[str, str | None], str] = {}
    for at, (one, _) in enumerate(every):
        if outcomes[at].status == "resolved" and outcomes[at].method != "fuzzy":
            found.setdefault(one, str(outcomes[at].place_id))
    return found


def _stamps(folder: Path) -> tuple[tuple[str, int], ...]:
    return tuple((path.name, path.stat().st_mtime_ns) for path in sorted(folder.glob(f"*{TEXTS_SUFFIX}")))


@lru_cache(maxsize=1)
def _by_name(
    folder: Path, keys: Keys, stamps: tuple[tuple[str, int], ...]
) -> Mapping[str, Mapping[int, Mention]]:
    """Return the typed mentions by the token of their name; read anew where a file changed."""
    found: dict[str, dict[int, Mention]] = {}
    for number, mention in _distinct_mentions(folder, keys).items():
        found.setdefault(keys.token(mention.name), {})[number] = mention
    return found


def _distinct_mentions(folder: Path, keys: Keys) -> dict[int, Mention]:
    """Return one mention for each id, in the order of ids; of several spellings the first in order."""
    mentions: dict[int, Mention] = {}
    for path in sorted(folder.glob(f"*{TEXTS_SUFFIX}")):
        for mention_id, mention in mentions_of(read_texts(path, keys)):  # distinct, so small
            known = mentions.get(mention_id)
            if known is None or _spelling(mention) < _spelling(known):
                mentions[mention_id] = mention
    return dict(sorted(mentions.items()))


def mentions_of(rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, Mention]]:
    """Yield the mentions of one extract's rows, each with its id."""
    countries = {text for row in rows if (text := (row["country_text"] or "").strip())}
    # `NA` is a code only beside other codes.
    is_code = bool(countries - {"NA"}) and all(len(text) <= _COUNTRY_CODE_LENGTH for text in countries)
    for row in rows:
        texts = (row["place_text"], row["admin_text"], row["country_text"], row["default_country"])
        yield (
            row["mention_id"],
            Mention(
                *texts,
                country_is_code=is_code,
                code_system=row.get("code_system"),
                place_code=row.get("place_code"),
            ),
        )


def _spelling(mention: Mention) -> tuple[Any, ...]:
    """Return what spellings of one mention are ordered by."""
    texts = (value or "" for name, value in vars(mention).items() if name != "country_is_code")
    return mention.country_is_code, *texts


def _record_counts(settings: Settings, mention_ids: list[int]) -> dict[int, dict[tuple[str, str], int]]:
    """Count the records that name each of some mentions, by partner and role; repeated extracts count once.

    The number of all stands at `_ALL`: one record may name a place in two roles.
    """
    files = settings.typed / "place_mentions" / "*.parquet"
    if not mention_ids or not any(files.parent.glob(files.name)):
        return {}
    counts: dict[int, dict[tuple[str, str], int]] = {}
    with open_duckdb() as con:
        con.register("wanted", pa.table({"mention_id": pa.array(mention_ids, pa.int64())}))
        con.register("stops", pa.table({"place_role": list(STOPS), "role": list(STOPS.values())}))
        rows = con.execute(
            "select mention_id, coalesce(partner, ''), coalesce(role, ''), "
            "count(distinct (partner, record_id)) "
            f"from ({in_scope(settings, 'select * from read_parquet(?)')}) as named "
            "inner join wanted using (mention_id) left join stops using (place_role) "
            "group by grouping sets ((mention_id), (mention_id, partner, role))",
            [str(files)],
        ).fetchall()
    for mention_id, partner, role, records in rows:
        counts.setdefault(mention_id, {})[partner, role] = records
    return counts


def _match_row(mention_id: int, found: Outcome) -> dict[str, Any]:
    return vars(found) | {
        "mention_id": mention_id,
        "country_alpha3": found.country,
        "county_place_id": found.county,
        "geo_precision": found.precision,
        "rival_count": len(found.rivals),
        "problem_codes": ";".join(found.problems),
    }


def _unresolved_row(
    mention_id: int,
    mention: Mention,
    found: Outcome,
    records: Mapping[tuple[str, str], int],
    keys: Keys,
) -> dict[str, Any]:
    candidates = list(dict.fromkeys(filter(None, (found.place_id, *found.rivals))))
    by_scope = sorted((number, *scope) for scope, number in records.items() if scope != _ALL)
    return {
        "mention_id": mention_id,
        "name": keys.token(mention.name),
        "country_alpha3": country_code(mention.country_text or ""),
        "status": found.status,
        "reason": ";".join(found.problems) or found.method,
        "record_count": records.get(_ALL, 0),
        "candidates": ";".join(candidates),
        "candidate_names": "; ".join(described(place_id) for place_id in candidates),
        "named_by": ";".join(f"{partner}/{role}/{number}" for number, partner, role in reversed(by_scope)),
    }


def _written(mention: Mention) -> list[str]:
    """Return what was written of a place: the text that `Mention.name` is made of, then the others."""
    texts = (mention.place_text, mention.admin_text, mention.place_code, mention.country_text)
    return [" ".join(text.split()) for text in texts if norm(text or "") and text]


def _write(path: Path, rows: list[dict[str, Any]], schema: pa.Schema) -> None:
    with replacing(path) as partial:
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), partial)
