"""A synthetic form of a partner in two languages, forty journeys, and the exports of them that KoboToolbox writes.

The exports follow its exporter: workbooks with XML names or labels as headings, a CSV, JSON of its API.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.unit.partner_files import lying_still, workbook

ENGLISH, SWAHILI = "English (en)", "Kiswahili (sw)"
LABELS = [f"label::{ENGLISH}", f"label::{SWAHILI}"]
SURVEY = [
    ["type", "name", *LABELS, "required", "appearance", "calculation"],
    ["start", "start"],
    ["deviceid", "deviceid"],
    ["begin_group", "case", "The case", "Kesi"],
    ["select_one agree", "consent", "Do you agree to share this?", "Je, unakubali kushiriki?", "yes"],
    ["text", "full_name", "Full name", "Jina kamili"],
    ["text", "case_no", "Case number", "Nambari ya kesi"],
    ["select_one sex", "sex", "Sex", "Jinsia", "yes"],
    ["integer", "age", "Age", "Umri"],
    ["select_one staff", "enumerator", "Name of enumerator", "Jina la mhojaji"],
    ["end_group"],
    ["begin_group", "journey", "The journey", "Safari"],
    ["date", "left_on", "Date of departure", "Tarehe ya kuondoka", "yes"],
    ["text", "from_town", "Town of origin", "Mji wa asili"],
    ["text", "to_town", "Promised destination", "Alikoahidiwa kwenda"],
    ["select_multiple modes", "transport", "Means of transport", "Njia ya usafiri"],
    ["select_multiple harm", "harm", "Type of exploitation", "Aina ya unyonyaji"],
    ["begin_repeat", "stops", "Places on the way", "Vituo"],
    ["begin_group", "place", "Place", "Mahali"],
    ["text", "stop_town", "Town", "Mji"],
    ["select_one modes", "stop_mode", "Transport to this town", "Usafiri hadi mji huu"],
    ["end_group"],
    ["end_repeat"],
    ["end_group"],
    ["geopoint", "met_at", "Where you met", "Mlipokutana"],
    ["begin_repeat", "contacts", "Contacts", "Mawasiliano"],
    ["text", "contact_name", "Name of contact", "Jina la mtu"],
    ["text", "contact_phone", "Phone of contact", "Simu ya mtu"],
    ["end_repeat"],
    ["calculate", "score", "", "", "", "", "1 + 1"],
    ["text", "story", "What happened", "Kilichotokea", "", "multiline"],
    ["image", "photo", "Photo", "Picha"],
]
CHOICES = [
    ["list_name", "name", *LABELS],
    ["agree", "y", "Yes", "Ndiyo"],
    ["agree", "n", "No", "Hapana"],
    ["sex", "w", "Female", "Mwanamke"],
    ["sex", "m", "Male", "Mwanaume"],
    ["modes", "bus", "Bus", "Basi"],
    ["modes", "walk", "On foot", "Kwa miguu"],
    ["modes", "drone", "Flying taxi", "Teksi ya angani"],
    ["harm", "beg", "Begging", "Kuombaomba"],
    ["harm", "home", "Domestic work", "Kazi za nyumbani"],
    ["harm", "h9", "Other", "Nyingine"],
    ["staff", "s1", "Grace Fixture", "Grace Fixture"],
    ["staff", "s2", "Brian Sampleton", "Brian Sampleton"],
]
# What the newcomer knows of the one choice that no list of ours has.
UNKNOWN_CHOICE = {"drone", "Flying taxi", "Teksi ya angani"}
TOWNS = ["Busia", "Garissa", "Kitale", "Moyale"]
STATES = {"approved": "Approved", "not_approved": "Not Approved", "on_hold": "On Hold", "": ""}
SERVER = [
    "_id",
    "_uuid",
    "_submission_time",
    "_validation_status",
    "_notes",
    "_status",
    "_submitted_by",
    "_tags",
    "_index",
]


@dataclass(frozen=True)
class Journey:
    """One submission by XML names. `state`: its review state."""

    number: int
    answers: dict[str, str]
    stops: list[tuple[str, str]]
    state: str

    @property
    def uuid(self) -> str:
        return f"{self.number:08x}-1111-4222-8333-{self.number:012x}"


def journeys() -> list[Journey]:
    """Forty: 28 approved, 4 not approved, 4 on hold, 4 not reviewed; two share a case number."""
    made = []
    for number in range(40):
        answers = {
            "consent": "y",
            "full_name": "Grace Fixture",
            "case_no": f"C-{min(number, 38):03}",
            "sex": "wm"[number % 2],
            "age": str(10 + number),
            "enumerator": "s1",
            "left_on": f"2024-03-{number % 28 + 1:02}",
            "from_town": TOWNS[number % 4],
            "to_town": "Nairobi" if number % 2 else "Mombasa",
            "transport": ["bus", "bus walk", "drone", ""][number % 4],
            "harm": ["beg", "home beg", "h9"][number % 3],
            "met_at": "-1.2921 36.8219 0 0",
            "story": "she said that her uncle came at night",
            "score": "2",
        }
        stops = [("Nakuru", "bus"), ("Isiolo", "walk")][: number % 3]
        state = {7: "not_approved", 8: "on_hold", 9: ""}.get(number % 10, "approved")
        made.append(Journey(number, answers, stops, state))
    return made


def xlsform(path: Path) -> Path:
    settings = [["form_title", "default_language"], ["Intake", ENGLISH]]
    return workbook(path, {"survey": SURVEY, "choices": CHOICES, "settings": settings})


def asset(path: Path) -> Path:
    """The same form as `GET /api/v2/assets/{uid}.json` sends it."""

    def row(cells: list[str]) -> dict[str, Any]:
        named = dict(zip(SURVEY[0], cells, strict=False))
        kind, _, list_name = named.pop("type").partition(" ")
        labels = [named.pop(label, None) or None for label in LABELS]
        return {
            **named,
            "type": kind,
            "label": labels,
            "$kuid": "k",
            "select_from_list_name": list_name or None,
        }

    choices = [{"list_name": one[0], "name": one[1], "label": one[2:4]} for one in CHOICES[1:]]
    content = {
        "survey": [row(one) for one in SURVEY[1:]],
        "choices": choices,
        "translations": [ENGLISH, SWAHILI],
    }
    path.write_text(
        json.dumps({"name": "Intake", "asset_type": "survey", "content": content}), encoding="utf-8"
    )
    return path


def kobo_workbook(path: Path, language: str | None = None) -> Path:
    """A workbook: XML names and codes, or the labels of a language."""
    at = [ENGLISH, SWAHILI].index(language) if language else None
    main = [[*_header("", at), *SERVER]]
    stops = [[*_header("stops", at), "_index", "_parent_table_name", "_parent_index", "_submission__uuid"]]
    contacts = [
        [*_header("contacts", at), "_index", "_parent_table_name", "_parent_index", "_submission__uuid"]
    ]
    for one in journeys():
        main.append([*_row("", one.answers, at), *_of_server(one)])
        for stop in one.stops:
            cells = _row("stops", dict(zip(("stop_town", "stop_mode"), stop, strict=True)), at)
            stops.append([*cells, str(len(stops)), "Intake", str(one.number + 1), one.uuid])
        cells = _row("contacts", {"contact_name": "Brian Sampleton", "contact_phone": "0712345678"}, at)
        contacts.append([*cells, str(len(contacts)), "Intake", str(one.number + 1), one.uuid])
    return workbook(path, {"Intake": main, "stops": stops, "contacts": contacts})


def kobo_csv(path: Path) -> Path:
    """A CSV with XML names and groups: semicolons, all quoted, no repeats."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";", quoting=csv.QUOTE_ALL)
        writer.writerow([*_header("", None, has_groups=True), *SERVER])
        writer.writerows([*_row("", one.answers, None), *_of_server(one)] for one in journeys())
    return lying_still(path)


def kobo_json(path: Path) -> Path:
    """The API's JSON: whole paths, unanswered questions absent, review states as objects."""
    results = []
    for one in journeys():
        record: dict[str, Any] = {
            name: one.answers[own] for own, name, _ in _questions() if one.answers.get(own)
        }
        state = {"uid": f"validation_status_{one.state}", "label": STATES[one.state], "by_whom": "desk"}
        record |= {
            "_id": 9000 + one.number, "_uuid": one.uuid, "meta/rootUuid": one.uuid,
            "_submission_time": "2024-04-05T08:00:00", "_validation_status": state if one.state else {},
            "contacts": [{"contacts/contact_name": "Brian Sampleton", "contacts/contact_phone": "0712345678"}],
        }  # fmt: skip
        if one.stops:
            inside = "journey/stops/place"
            record["journey/stops"] = [
                {f"{inside}/stop_town": town, f"{inside}/stop_mode": mode} for town, mode in one.stops
            ]
        results.append(record)
    path.write_text(json.dumps({"count": 40, "next": None, "results": results}), encoding="utf-8")
    return lying_still(path)


def review_of(content: dict[str, Any]) -> dict[str, Any]:
    """The condition on the review in a drafted contract."""
    conditions = content["accept_if"]
    found: dict[str, Any]
    (found,) = (
        one
        for one in (conditions if isinstance(conditions, list) else [conditions])
        if "approved" in str(one.get("accept")).casefold()
    )
    return found


def odk_zip(path: Path, not_decrypted: int = 0) -> Path:
    """ODK Central's zip: groups joined by `-`, positions in four columns, a CSV for each repeat."""
    states = {"approved": "approved", "not_approved": "rejected", "on_hold": "hasIssues", "": ""}
    names = [name for name, _, _ in _questions() if name != "met_at"]
    head = [path.replace("/", "-") for name, path, _ in _questions() if name != "met_at"]
    points = [f"met_at-{part}" for part in ("Latitude", "Longitude", "Altitude", "Accuracy")]
    main = [
        ["SubmissionDate", *head, *points, "KEY", "SubmitterName", "Status", "ReviewState", "FormVersion"]
    ]
    stops = [["place-stop_town", "place-stop_mode", "PARENT_KEY", "KEY"]]
    for one in journeys():
        cells = [one.answers.get(name, "") for name in names] + one.answers["met_at"].split()
        key = f"uuid:{one.uuid}"
        status = "not decrypted" if one.number < not_decrypted else ""
        main.append(["2024-04-05T08:00:00Z", *cells, key, "desk", status, states[one.state], "1"])
        stops += [[*stop, key, f"{key}/stops[{at}]"] for at, stop in enumerate(one.stops, start=1)]
    with zipfile.ZipFile(path, "w") as archive:
        for name, rows in (("intake", main), ("intake-stops", stops)):
            text = io.StringIO(newline="")
            csv.writer(text).writerows(rows)
            archive.writestr(f"{name}.csv", text.getvalue())
    return lying_still(path)


def _header(repeat: str, at: int | None, has_groups: bool = False) -> list[str]:
    header = []
    for name, path, labels in _questions(repeat):
        head = path if has_groups else name if at is None else (labels[at : at + 1] or [""])[0] or name
        if name == "met_at":
            header += [
                head,
                *(f"_{head}_{part}" for part in ("latitude", "longitude", "altitude", "precision")),
            ]
        elif name in ("transport", "harm"):
            header += [head, *(f"{head}/{text}" for text in _texts(name, at).values())]
        else:
            header.append(head)
    return header


def _row(repeat: str, answers: dict[str, str], at: int | None) -> list[str]:
    row = []
    for name, _, _ in _questions(repeat):
        answer, texts = answers.get(name, ""), _texts(name, at)
        chosen = answer.split() if name in ("transport", "harm") else [answer]
        row.append(" ".join(texts.get(one, one) for one in chosen))
        if name == "met_at":
            row += answer.split()
        elif name in ("transport", "harm"):
            row += [str(int(choice in chosen)) if answer else "" for choice in texts]
    return row


def _texts(question: str, at: int | None) -> dict[str, str]:
    """The choices of a question, each as an export writes it."""
    lists = {row[1]: row[0].split()[1] for row in SURVEY[1:] if " " in row[0]}
    own = [one for one in CHOICES[1:] if one[0] == lists.get(question)]
    return {one[1]: one[1] if at is None else one[2 + at] for one in own}


def _of_server(one: Journey) -> list[str]:
    sent = "2024-04-05T08:00:00"
    return [
        str(9000 + one.number),
        one.uuid,
        sent,
        STATES[one.state],
        "",
        "web",
        "desk",
        "",
        str(one.number + 1),
    ]


def _questions(repeat: str = "") -> list[tuple[str, str, list[str]]]:
    """Name, path and labels of the questions of one sheet."""
    found, path = [], []
    for kind, *cells in SURVEY[1:]:
        name, more = "".join(cells[:1]), cells[1:]
        if kind.startswith("begin"):
            path.append(name)
        elif kind.startswith("end_"):
            path.pop()
        elif repeat in path if repeat else not {"stops", "contacts"} & {*path}:
            found.append((name, "/".join([*path, name]), more[:2]))
    return found
