"""What the resolver makes of the labelled strings, beside what they mean.

    .venv/bin/python -m tests.places.score           the figures of all parts, as tables for the README
    .venv/bin/python -m tests.places.score --tune    only those of the tuning half
    .venv/bin/python -m tests.places.score --faults  and each string of the tuning half that came out wrong

Right is the right country and, in Kenya, the right county; abroad the right city where one is meant. A
place is *claimed* when the resolver accepts it. Precision is the right claims among all claims, recall the
right claims among all strings that mean a place. A string that waits for a steward is *suggested* when the
first place of its row in the queue is right. Other parts than `tune` are never shown string by
string: whoever looks at their faults has begun to tune on them.
"""

from __future__ import annotations

import argparse
import csv
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from orchestration.core import REFERENCE_SEEDS
from orchestration.places import norm
from orchestration.places.candidates import ANYWHERE, outcome_of
from orchestration.places.gazetteer import Gazetteer, load_gazetteer
from orchestration.places.mentions import Mention, Outcome
from orchestration.places.place_text import squash
from orchestration.places.resolve import Resolver

LABELS = ("labelled_strings.csv", "fresh_strings.csv", "stranger_strings.csv")
PARTS = ("tune", "score", "fresh", "stranger")
MEANS_A_PLACE = ("place", "country")
NO_PLACE = ("never", "unknown", "region")
RIGHT, WRONG, COARSE, OPEN = "right", "wrong", "coarse", "open"


@dataclass(frozen=True)
class Scored:
    """A labelled string with what came out and what that is worth."""

    label: dict[str, str]
    found: Outcome
    worth: str
    is_suggested: bool = False

    @property
    def is_meant(self) -> bool:
        return self.label["expected"] in MEANS_A_PLACE


@dataclass(frozen=True)
class Figures:
    strings: int
    meant: int
    claimed: int
    right: int
    suggested: int = 0

    @property
    def precision(self) -> float | None:
        return self.right / self.claimed if self.claimed else None

    @property
    def recall(self) -> float | None:
        return self.right / self.meant if self.meant else None

    @property
    def recall_with_suggestions(self) -> float | None:
        return (self.right + self.suggested) / self.meant if self.meant else None


def labelled(part: str) -> list[dict[str, str]]:
    """The labelled strings of one part; `stranger` has two halves, which may be asked for alone."""
    rows: list[dict[str, str]] = []
    for name in LABELS:
        with (Path(__file__).parent / name).open(encoding="utf-8", newline="") as file:
            rows += [
                row
                for row in csv.DictReader(file)
                if row["half"] == part or row["half"].startswith(f"{part}_")
            ]
    return rows


def score(part: str) -> list[Scored]:
    """Every string of one part with its worth."""
    gazetteer = load_gazetteer(REFERENCE_SEEDS)
    labels = labelled(part)
    mentions = {
        number: Mention(row["text"], row["admin_text"] or None, row["country_text"] or None)
        for number, row in enumerate(labels)
    }
    found = Resolver(gazetteer).resolve_all(mentions)
    return [
        Scored(row, found[n], _worth(gazetteer, row, found[n]), _is_suggested(gazetteer, row, found[n]))
        for n, row in enumerate(labels)
    ]


def figures(scored: Iterable[Scored]) -> Figures:
    some = list(scored)
    return Figures(
        len(some),
        sum(one.is_meant for one in some),
        sum(one.worth in (RIGHT, WRONG) for one in some),
        sum(one.worth == RIGHT for one in some),
        sum(one.is_meant and one.worth in (OPEN, COARSE) and one.is_suggested for one in some),
    )


def _is_suggested(gazetteer: Gazetteer, label: dict[str, str], found: Outcome) -> bool:
    """Whether the place that a steward sees first is the one that is meant."""
    if not found.rivals or label["expected"] not in MEANS_A_PLACE:
        return False
    first = gazetteer.place(found.rivals[0])
    taken = outcome_of(gazetteer, first, "decision", 1.0, ANYWHERE)
    return _worth(gazetteer, label, taken) == RIGHT


def _worth(gazetteer: Gazetteer, label: dict[str, str], found: Outcome) -> str:
    """A country alone, where more is meant, claims nothing: it is coarse, not wrong."""
    is_claim = found.status == "resolved" and found.place_id is not None
    if label["expected"] not in MEANS_A_PLACE:
        is_country_alone = found.precision == "country" and found.country == label["country"]
        return WRONG if is_claim and not is_country_alone else OPEN
    if found.country != label["country"]:
        return WRONG if is_claim else OPEN
    if label["expected"] == "country":
        return RIGHT if found.precision == "country" else WRONG if is_claim else OPEN
    if found.kind == "country" or (found.place_id is None and found.country):
        return COARSE
    if not is_claim:
        return OPEN
    if label["county"]:
        return RIGHT if found.county == label["county"] else WRONG
    return RIGHT if _is_named(gazetteer, found.place_id or "", label["place_name"]) else WRONG


def _is_named(gazetteer: Gazetteer, place_id: str, name: str) -> bool:
    """Whether a place bears a name, as its own, as part of it (`Entebbe` airport) or as another spelling."""
    place = gazetteer.place(place_id)
    key, known_as = norm(name), norm(place.name)
    is_part = set(key.split()) <= set(known_as.split())
    return is_part or squash(known_as) == squash(key) or place_id in gazetteer.aliases.get(key, ())


def _table(scored: list[Scored], of: str, key: Callable[[Scored], str]) -> str:
    groups: dict[str, list[Scored]] = defaultdict(list)
    for one in scored:
        groups[key(one)].append(one)
    lines = [f"| {of} | strings | precision | recall | found or first suggested |", "|---|---|---|---|---|"]
    for name, some in sorted(groups.items(), key=lambda two: -len(two[1])):
        got = figures(some)
        shares = " | ".join(map(_share, (got.precision, got.recall, got.recall_with_suggestions)))
        lines.append(f"| {name} | {got.strings} | {shares} |")
    return "\n".join(lines)


def _share(share: float | None) -> str:
    return "–" if share is None else f"{share:.3f}".removeprefix("0")


def _print_part(part: str) -> None:
    scored = score(part)
    got, one_error = figures(scored), figures(one for one in scored if one.label["edits"] != "2")
    left = [one for one in scored if not one.is_meant]
    no_place = [one for one in left if one.label["expected"] in NO_PLACE]
    print(
        f"\n## {part}: {got.strings} strings, precision {_share(got.precision)}, recall {_share(got.recall)}, "
        f"found or first suggested {_share(got.recall_with_suggestions)}; "
        f"of at most one typing error {one_error.strings}, {_share(one_error.precision)}, "
        f"{_share(one_error.recall)}; left open {sum(one.worth == OPEN for one in no_place)} of "
        f"{len(no_place)} that mean no place, {sum(one.worth == OPEN for one in left if one not in no_place)} "
        f"of {len(left) - len(no_place)} that fit several\n"
    )
    print(_table(scored, "tier", lambda one: one.label["tier"]), end="\n\n")
    print(_table(scored, "typing errors", lambda one: one.label["edits"]), end="\n\n")
    print(_table(scored, "kind", lambda one: one.label["kind"] or one.label["expected"]), end="\n\n")
    print(_table(scored, "method", lambda one: f"{one.found.method}, {one.found.status}"))


def _print_faults() -> None:
    for one in score("tune"):
        if one.worth == WRONG or (one.is_meant and one.worth != RIGHT):
            meant = [
                one.label[name] for name in ("expected", "country", "county", "place_name", "tier", "edits")
            ]
            sent = [one.label[name] for name in ("text", "admin_text", "country_text")]
            got = (one.found.status, one.found.place_id, one.found.method, round(one.found.confidence, 2))
            print(one.worth, sent, meant, got, one.found.rivals[:4], one.found.problems, sep=" | ")


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--faults", action="store_true")
    given.add_argument("--tune", action="store_true")
    asked = given.parse_args()
    for part in PARTS[:1] if asked.tune else PARTS:
        _print_part(part)
    if asked.faults:
        _print_faults()


if __name__ == "__main__":
    main()
