"""A partner's form (an XLSForm, or the JSON of a KoboToolbox asset), and the columns of its exports.

Both go through pyxform, which knows every spelling of a question type. Raises UsageError for a file that is
no form. A form holds no answers, so its own texts may be shown unless they name a person. KoboToolbox heads a
column by the question's XML name or its label in one language, with or without the groups around it; its JSON
uses the whole path, ODK Central joins names by `-`.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from orchestration.contracts import same, tidy
from orchestration.core import UsageError
from orchestration.drafting.layout import DraftLayout, Table
from orchestration.drafting.reading import part_name
from orchestration.drafting.samples import ColumnSample, Named, Question
from orchestration.drafting.servers import KOBO, ODK
from orchestration.intake import names_somebody, shown_file

_SECTIONS = ("group", "repeat", "survey", "loop")
_NO_LANGUAGE = "default"  # pyxform's name beside labels with a language
# Question types of KoboToolbox that are written as groups of ordinary questions.
_KOBO_GROUPS = {"kobomatrix": "group", "score": "group", "rank": "group"}
FORMATS = ("xlsx", "csv", "json", "odk_zip")
_PATH, _NAME = "path", "name"
_OF_A_POINT = re.compile(r"_(?P<kobo>.+)_(?:latitude|longitude|altitude|precision)")
_OF_A_POINT_ODK = ("Latitude", "Longitude", "Altitude", "Accuracy")


@dataclass(frozen=True)
class Form:
    label: str
    languages: tuple[str, ...]
    questions: tuple[Question, ...]

    @property
    def repeats(self) -> list[tuple[Named, ...]]:
        """The paths of the repeats that hold questions, in order."""
        found = {
            question.repeat: question.path[: len(question.repeat)]
            for question in self.questions
            if question.repeat
        }
        return list(found.values())


def read_form(path: Path) -> Form:
    """Read a form. Raises UsageError if the file is neither an XLSForm nor an asset's JSON."""
    # Loads a parser of expressions that no other command needs.
    from pyxform.errors import PyXFormError
    from pyxform.xls2json import workbook_to_json
    from pyxform.xls2json_backends import get_xlsform

    label = shown_file(path.name)
    content = path.read_bytes()
    try:
        if content.lstrip(b"\xef\xbb\xbf \r\n\t").startswith((b"{", b"[")):
            sheets = get_xlsform(_sheets_of_asset(json.loads(content), label))
        else:
            sheets = get_xlsform(BytesIO(content))
        if not sheets.survey:
            raise UsageError(_no_form(label, "it has no sheet `survey`"))
        tree = workbook_to_json(sheets, fallback_form_name=path.stem, warnings=[])
    except (PyXFormError, BadZipFile, ValueError, KeyError, TypeError, AttributeError) as fault:
        why = " ".join(str(fault).split()).rstrip(".") or type(fault).__name__
        raise UsageError(_no_form(label, why)) from None
    questions = tuple(_questions(tree, tree.get("choices", {}), (), ()))
    if not questions:
        raise UsageError(_no_form(label, "it has no questions"))
    languages = dict.fromkeys(
        language for question in questions for one in question.path for language in one.labels
    )
    return Form(label, tuple(languages), questions)


def _no_form(label: str, why: str) -> str:
    return (
        f"Form {label} cannot be read: {why}. Give the XLSForm (.xlsx) from which the form was made, or the "
        "JSON of `GET /api/v2/assets/{uid}.json` of KoboToolbox."
    )


def _questions(
    section: dict[str, Any], lists: dict[str, Any], path: tuple[Named, ...], repeat: tuple[str, ...]
) -> Iterator[Question]:
    for child in section.get("children", ()):
        inner = (*path, Named(child["name"], _labels(child)))
        kind = child["type"]
        if child["name"] == "meta" and not path:
            continue
        if kind in _SECTIONS:
            names = tuple(one.name for one in inner)
            yield from _questions(child, lists, inner, names if kind == "repeat" else repeat)
        elif kind != "note":  # shown to the enumerator, never answered
            choices = child.get("choices") or lists.get(child.get("list_name"), ())
            yield Question(
                inner,
                kind,
                repeat,
                tuple(Named(choice["name"], _labels(choice)) for choice in choices),
                str(child.get("bind", {}).get("required", "")).casefold() in ("yes", "true", "true()"),
                "multiline" in str(child.get("control", {}).get("appearance", "")),
            )


def _labels(element: dict[str, Any]) -> dict[str, str]:
    """Return the labels by language, which is blank where the form leaves it out."""
    label = element.get("label")
    by_language = label if isinstance(label, dict) else {"": label}
    return {
        "" if language == _NO_LANGUAGE else language: tidy(text)
        for language, text in by_language.items()
        if isinstance(text, str) and text
    }


def _sheets_of_asset(asset: Any, label: str) -> dict[str, Any]:
    content = asset.get("content", asset) if isinstance(asset, dict) else None
    if not isinstance(content, dict) or not isinstance(content.get("survey"), list):
        raise UsageError(_no_form(label, "it has no `content.survey`"))
    languages = content.get("translations") or [None]
    settings = {"form_title": str(asset.get("name") or "form"), "id_string": "form"}
    return {
        "survey": [_row(row, languages) for row in content["survey"]],
        "choices": [_row(row, languages) for row in content.get("choices", ())],
        "settings": [settings],
        "sheet_names": ["survey", "choices", "settings"],
    }


def _row(row: dict[str, Any], languages: list[str | None]) -> dict[str, str]:
    """Return a row of an asset's survey or choices as a row of a sheet."""
    made = {
        key: str(row[key])
        for key in ("name", "list_name", "required", "appearance", "calculation")
        if row.get(key) not in (None, "")
    }
    made.setdefault("name", str(row.get("$autoname") or row.get("$autovalue") or row.get("$kuid") or ""))
    kind = str(row.get("type", ""))
    start, mark, what = kind.partition("_")
    if mark and start in ("begin", "end") and what in _KOBO_GROUPS:
        kind = f"{start}_{_KOBO_GROUPS[what]}"
    elif "__" in kind:  # a row of such a group
        kind = "text"
    if kind:
        list_name = row.get("select_from_list_name") or row.get("file")
        made["type"] = f"{kind} {list_name}" if list_name else kind
    labels = row.get("label") or []
    for language, text in zip(languages, labels if isinstance(labels, list) else [labels], strict=False):
        if text:
            made[f"label::{language}" if language else "label"] = str(text)
    return {key: text for key, text in made.items() if text}


def layout_of_form(kind: str) -> DraftLayout:
    """Return the layout of an export that nobody has seen, with XML names as headings."""
    server = ODK if kind == "odk_zip" else KOBO
    of_kind: dict[str, dict[str, Any]] = {
        "xlsx": {"sheet": 0}, "csv": {"delimiter": ";"}, "json": {"records": "results"}
    }  # fmt: skip
    layout = {"kind": kind} | of_kind.get(kind, {})
    names = [server.keys[-1], *server.keys[-2:-1], server.sent_at, server.review_column((), kind)]
    names += [server.decryption] if server.decryption else []
    drafted = DraftLayout(layout, Table("", list(dict.fromkeys(names)), []))
    drafted.notes.append("no export was given: this is one with XML names as headings, without groups")
    return drafted


def add_repeats(layout: DraftLayout, form: Form) -> None:
    """Add the form's repeats that the file does not show, because no record fills them."""
    kind = layout.format["kind"]
    if kind == "csv":
        layout.notes += ["a CSV holds no repeats; ask for the workbook or JSON"] if form.repeats else []
        return
    for path in form.repeats:
        if any(path == _repeat_of(layout, child.part, form) for child in layout.children):
            continue
        part = part_name(path[-1].name)
        sheet = "/".join(one.name for one in path) if kind == "json" else path[-1].name
        added: dict[str, Any] = {"sheet": sheet}
        if kind == "xlsx":
            added["parent"] = "_submission__uuid"
        layout.format.setdefault("repeats", {})[part] = added
        layout.children.append(Table(part, [], []))


def columns_of_form(layout: DraftLayout, table: Table, form: Form) -> list[ColumnSample]:
    path = _repeat_of(layout, table.part, form) if table.part else ()
    if path is None:
        return []
    repeat = tuple(one.name for one in path)
    questions = [question for question in form.questions if question.repeat == repeat]
    kind = layout.format["kind"]
    headings = [_headings(question, kind, form.languages) for question in questions]
    owners: dict[str, set[int]] = defaultdict(set)
    for at, by_style in enumerate(headings):
        for heading in by_style.values():
            owners[same(heading)].add(at)
    unique = {heading for heading, own in owners.items() if len(own) == 1}
    known = {same(name): name for name in table.names}
    styles = Counter(
        style for one in headings for style, text in one.items() if same(text) in known.keys() & unique
    )
    usual = _PATH if kind in ("json", "odk_zip") else _NAME
    style = max(headings[0] if headings else (), key=lambda one: (styles[one], one == usual), default=usual)
    columns = []
    for question, by_style in zip(questions, headings, strict=True):
        own = [text for text in dict.fromkeys(by_style.values()) if same(text) in unique]
        expected = next((text for text in (by_style[style], *own) if text in own), by_style[_PATH])
        columns.append(_column(kind, question, own, expected, table))
    return columns


def _column(kind: str, question: Question, own: list[str], expected: str, table: Table) -> ColumnSample:
    """Return a question with its columns; `own`: headings of no other question."""
    in_file = {same(name): name for name in table.names}
    found = [in_file[same(text)] for text in own if same(text) in in_file]
    flags = list(_flags(question, own, table.names))
    points = list(_of_a_point(question, own, table.names))
    beginning = next((start for start, _, _ in flags), None)
    name, longitude = found[0] if found else beginning or expected, None
    others = [text for text in dict.fromkeys([*found, *own]) if same(text) != same(name)]
    if kind == "odk_zip" and question.kind == "geopoint":
        start = points[0].rpartition("-")[0] if points else expected
        name, longitude = (f"{start}-{part}" for part in _OF_A_POINT_ODK[:2])
        others = []
    columns = [*found, *(flag for _, _, flag in flags), *points]
    return ColumnSample(
        name,
        [cell for text in found for _, cell in table.cells(text)],
        len(table.records),
        table.part,
        list(dict.fromkeys(choice for _, choice, _ in flags)),
        question=question,
        other_names=[text for text in others if not names_somebody(text)],
        is_absent=not columns,
        longitude=longitude,
        columns=columns,
    )


def _headings(question: Question, kind: str, languages: Iterable[str]) -> dict[str, str]:
    path = question.path
    names = [one.name for one in path]
    if kind == "json":
        return {_PATH: "/".join(names)}
    if kind == "odk_zip":
        return {_PATH: "-".join(names[len(question.repeat) :]), _NAME: names[-1]}
    headings = {_PATH: "/".join(names), _NAME: names[-1]}
    for language in languages:
        headings[f"label {language}"] = path[-1].label(language)
        headings[f"path of labels {language}"] = "/".join(one.label(language) for one in path)
    return {style: tidy(heading) for style, heading in headings.items()}


def _flags(question: Question, headings: list[str], names: list[str]) -> Iterator[tuple[str, str, str]]:
    """Yield the 1/0 columns of a choose-many question: its heading, the choice, and the column."""
    if not question.has_many_choices:
        return
    spellings = {same(text) for choice in question.choices for text in choice.spellings}
    for heading in headings:
        start = f"{same(heading)}/"
        for name in names:
            rest = name[len(start) :]
            if same(name).startswith(start) and same(rest) in spellings:
                yield heading, rest, name


def _of_a_point(question: Question, headings: list[str], names: list[str]) -> Iterator[str]:
    if question.kind != "geopoint":
        return
    own = {same(heading) for heading in headings}
    for name in names:
        found = _OF_A_POINT.fullmatch(name)
        before, _, last = name.rpartition("-")
        if (found and same(found["kobo"]) in own) or (last in _OF_A_POINT_ODK and same(before) in own):
            yield name


def _repeat_of(layout: DraftLayout, part: str, form: Form) -> tuple[Named, ...] | None:
    sheet = same(layout.format["repeats"][part].get("sheet") or part)
    for path in form.repeats:
        name = same(path[-1].name)
        titles = {name, same("/".join(one.name for one in path)), *map(same, path[-1].labels.values())}
        if sheet in titles or sheet.endswith(f"-{name}") or (len(sheet) > 27 and name.startswith(sheet[:28])):
            return path
    return None
