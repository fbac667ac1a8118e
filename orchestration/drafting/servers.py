"""Columns that form servers (KoboToolbox, ODK Central) add to every export: ids, links, review states.

They are known by name, so neither headings nor values are guessed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

# Column of a child row → column of the main row that it repeats, surest first.
LINKS = {
    "_submission__uuid": "_uuid",
    "_submission__id": "_id",
    "parent_key": "KEY",
    "__submissions-id": "__id",
    "_parent_index": "_index",
}
# Ids that are unique by themselves and stay through an edit; beside others stands `_id`, a number of a form.
UNIQUE_KEYS = ("meta/rootUuid", "KEY", "__id")
# KoboToolbox gives an edited submission a new uuid. A copy that was sent again has the uuid of the first.
CHANGED_BY_EDITS, KEPT_BY_EDITS = "_uuid", "_id"
NUMBERED_KEYS = (CHANGED_BY_EDITS, KEPT_BY_EDITS)


@dataclass(frozen=True)
class Server:
    """One server's columns, each list best first.

    `keys`: the id of a record. `review`: its review state, whose answers are lists of an `accept_if`.
    `decryption`: whether it could decrypt a record.
    """

    sent_at: str
    keys: tuple[str, ...]
    review: tuple[str, ...]
    answers: Mapping[str, list[str]]
    decryption: str | None = None

    def review_column(self, columns: Collection[str], kind: str) -> str:
        """Return the column of the review state; where no record has one yet, its name in this format."""
        by_format = self.review[1:] if kind == "json" else self.review[:1]
        return next((name for name in (*by_format, *self.review) if name in columns), by_format[0])


# A record without its answers; a blank state is one that was decrypted, or never encrypted.
NOT_DECRYPTED: Mapping[str, Any] = {
    "wait": ["not decrypted", "missing encrypted form data", "notDecrypted", "missingEncryptedFormData"],
    "otherwise": "accept",
    "waits_as": "not_decrypted",
}
KOBO = Server(
    sent_at="_submission_time",
    keys=("meta/rootUuid", "_uuid", "_id"),
    review=("_validation_status", "_validation_status/uid", "_validation_status/label"),
    answers={
        "accept": ["validation_status_approved", "Approved"],
        "withhold": ["validation_status_not_approved", "Not Approved"],
        "wait": ["validation_status_on_hold", "On Hold"],
    },
)
ODK = Server(
    sent_at="SubmissionDate",
    keys=("KEY",),
    review=("ReviewState", "ReviewState"),
    answers={"accept": ["approved"], "withhold": ["rejected"], "wait": ["hasIssues", "edited"]},
    decryption="Status",
)
ODK_JSON = Server(
    sent_at="__system/submissionDate",
    keys=("__id",),
    review=("__system/reviewState", "__system/reviewState"),
    answers=ODK.answers,
    decryption="__system/status",
)


def server_of(columns: Collection[str]) -> Server | None:
    return next(
        (
            server
            for server in (KOBO, ODK, ODK_JSON)
            if server.sent_at in columns and any(key in columns for key in server.keys)
        ),
        None,
    )


def is_about_review(server: Server, column: str) -> bool:
    """Return whether a column repeats or explains the review state."""
    return column in server.review or column.rpartition("/")[0] == server.review[0]
