"""KoboToolbox exports (formats note F2): one sheet for the form, one for the stops, everything as text.

Three forms show the three ways a choose-many question is exported: joined and flags, joined only, flags only.
Sent more than once, on hold, not approved, changed later and legs without a parent are all in here.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from seeds.build.partners.dice import Dice
from seeds.build.partners.journeys import Case
from seeds.build.partners.kobo_forms import FORMS_IN_USE, Answers, KoboForm
from seeds.build.partners.partners import month_of
from seeds.build.partners.spreadsheet import SYNTHETIC, new_workbook, put, save

Row = dict[str, object]
REVIEW = {"validation_status_approved": 0.6, "": 0.37, "validation_status_not_approved": 0.015,
          "validation_status_on_hold": 0.015}  # fmt: skip
REVIEW_LABELS = {"validation_status_approved": "Approved", "validation_status_not_approved": "Not Approved",
                 "validation_status_on_hold": "On Hold"}  # fmt: skip
TAIL = ("_id", "_uuid", "_submission_time", "_validation_status", "_notes", "_status", "_submitted_by",
        "__version__", "_tags", "_index")  # fmt: skip
LEG_TAIL = ("_index", "_parent_table_name", "_parent_index", "_submission__id", "_submission__uuid",
            "_submission__submission_time", "_submission__validation_status")  # fmt: skip


@dataclass
class Submission:
    """What Kobo keeps of one interview."""

    month_number: int
    answers: Answers
    legs: list[tuple[str, str]]
    row: Row = field(default_factory=dict)


def write_exports(partner: str, cases: Sequence[Case], folder: Path, seed: int, months: int) -> list[str]:
    """Write every export of one partner's form; returns the names of the files."""
    form = FORMS_IN_USE[partner]
    dice = Dice(seed, "kobo", partner)
    submissions = submissions_of(form, cases, seed, dice)
    names = []
    for name, last in form.exports:
        exported = [one for one in submissions if one.month_number <= min(last, months - 1)]
        later = name != form.exports[0][0]
        _write(form, _as_known_later(exported) if later else exported, folder / name)
        names.append(name)
    return names


def submissions_of(form: KoboForm, cases: Sequence[Case], seed: int, dice: Dice) -> list[Submission]:
    """What a form server keeps of these cases, with what goes wrong on the way to it."""
    found: list[Submission] = []
    for number, case in enumerate(cases):
        digest = hashlib.sha256(f"{seed}/{form.partner}/{number}".encode()).digest()
        sent = case.event_on + timedelta(days=dice.whole(0, 2))
        review = dice.weighted(REVIEW)
        month_number = next(n for n in range(40) if month_of(n) == case.month)
        submission = Submission(month_number, form.answer(case, dice), form.legs(case, dice))
        submission.row = {
            "_id": 700000 + number,
            "_uuid": str(uuid.UUID(bytes=digest[:16], version=4)),
            "_submission_time": f"{sent:%Y-%m-%d}T{dice.whole(6, 17):02d}:{dice.whole(0, 59):02d}:00",
            "_validation_status": REVIEW_LABELS.get(review, "") if form.labels else review,
            "_status": "submitted_via_web",
            "_submitted_by": f"enumerator{dice.whole(1, 5)}",
            "__version__": "v3" if month_number > 14 else "v2",
        }
        found.append(submission)
        if dice.chance(0.006):  # a bad connection: the same interview arrives again, unchanged
            found += [submission] * dice.whole(1, 2)
        elif dice.chance(0.006):  # corrected and sent again
            changed = Submission(
                month_number, {**submission.answers, "exploited": case.intended}, submission.legs
            )
            changed.row = {
                **submission.row,
                "_submission_time": f"{sent + timedelta(days=2):%Y-%m-%d}T18:00:00",
            }
            found.append(changed)
    return found


def _as_known_later(submissions: list[Submission]) -> list[Submission]:
    """A later export: some records are gone from the form, some were corrected in it."""
    kept = []
    for number, one in enumerate(submissions):
        if number % 150 == 77:
            continue
        if number % 60 == 31:
            one = Submission(one.month_number, {**one.answers, "told": "Nairobi"}, one.legs, one.row)
        kept.append(one)
    return kept


def _write(form: KoboForm, submissions: list[Submission], path: Path) -> None:
    workbook = new_workbook()
    main, legs = workbook.create_sheet(form.title), workbook.create_sheet(form.legs_sheet)
    put(main, 1, [*form.columns, *TAIL])
    put(legs, 1, [*form.leg_columns, *LEG_TAIL])
    leg_row = 2
    for index, one in enumerate(submissions, start=1):
        put(
            main,
            index + 1,
            [*form.lay_out(one.answers), *({**one.row, "_index": index}.get(key) for key in TAIL)],
        )
        for place, transport in one.legs:
            parent: list[object] = [form.title, index, *(one.row[key] for key in TAIL[:4])]
            put(legs, leg_row, [place, transport, leg_row - 1, *parent])
            leg_row += 1
    if form.partner == "tembo_field":  # its interview was deleted, the row of the repeat stayed
        gone = str(uuid.UUID(bytes=hashlib.sha256(b"orphan").digest()[:16], version=4))
        put(
            legs,
            leg_row,
            ["Meru", "bus", leg_row - 1, form.title, 99999, 699999, gone, "2025-03-04T08:15:00", ""],
        )
    put(workbook.create_sheet("about this sample"), 1, [SYNTHETIC])
    save(workbook, path)
