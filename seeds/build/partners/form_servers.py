"""What form servers send beside workbooks: KoboToolbox's API JSON and its CSV with Swahili labels, ODK's zip.

Formats notes F2-F4, each with its traps: absent answers, two versions of a form in one file, rows that were
never decrypted, rejected ones, stops without their submission, media.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from orchestration.core import replacing
from seeds.build.partners.dice import Dice
from seeds.build.partners.journeys import Case
from seeds.build.partners.kobo_forms import SHORT, KoboForm
from seeds.build.partners.kobo_workbook import REVIEW_LABELS, TAIL, Submission, submissions_of

_STOPS = "journey/places_passed"
_FIXED = (2026, 10, 5, 0, 0, 0)  # a zip keeps times; the same seed must give the same bytes
_MODES = ("bus", "matatu", "lorry", "foot", "motorcycle", "boat", "aircraft")
LABELS_SW = {
    "given": "Ndiyo", "refused": "Hapana", "not_recorded": "", "female": "Mwanamke", "male": "Mwanaume",
    "sexual_exploitation": "Unyonyaji wa kingono", "forced_labour": "Kazi ya kulazimishwa",
    "domestic_servitude": "Kazi za nyumbani", "child_labour": "Ajira ya watoto",
    "forced_begging": "Kuombaomba", "forced_marriage": "Ndoa ya lazima",
    "forced_criminality": "Uhalifu wa kulazimishwa", "bus": "Basi", "matatu": "Matatu", "lorry": "Lori",
    "foot": "Kwa miguu", "motorcycle": "Boda boda", "boat": "Mashua", "aircraft": "Ndege",
    "family_network": "Jamaa", "friends_social": "Rafiki", "online_social": "Mtandaoni",
    "employment_agency": "Wakala wa ajira", "personal_contact": "Mtu aliyetujia",
    "confirmed": "Imethibitishwa", "presumed": "Inashukiwa", "high_risk": "Yuko hatarini",
    "prevented": "Alizuiwa njiani", "smuggling": "Magendo ya watu",
}  # fmt: skip


def _form(partner: str, questions: dict[str, str], **changes: Any) -> KoboForm:
    return KoboForm(
        partner=partner,
        title=f"{partner} (synthetic)",
        legs_sheet="",
        exports=(),
        questions=questions,
        leg_columns=("place_name", "place_transport"),
        **(
            {"many": {"exploitation": (), "modes": ()}, "select_multiple": "joined", "choices": SHORT}
            | changes
        ),
    )


_GROUPED = {
    "start": "start", "consent": "case/consent", "date": "journey/left_on", "full_name": "case/full_name",
    "phone": "case/phone", "sex": "case/sex", "age": "case/age", "nationality": "case/nationality",
    "status": "case/status", "origin": "journey/origin", "told": "journey/told_destination",
    "exploited": "journey/where_it_happened", "modes": "journey/transport",
    "recruitment": "journey/recruitment", "exploitation": "journey/exploitation",
    "notes": "notes", "about": "about",
}  # fmt: skip
_KASUKU = _form("kasuku_network", _GROUPED)
_KIFARU = _form("kifaru_rescue", {asked: column.replace("/", "-") for asked, column in _GROUPED.items()})
_DIGIDIGI = _form(
    "digidigi_trust",
    {
        "start": "start", "consent": "Je, tunaweza kushiriki taarifa hizi?", "date": "Tarehe ya kuondoka",
        "full_name": "Jina kamili", "phone": "Simu", "sex": "Jinsia", "age": "Umri", "nationality": "Uraia",
        "origin": "Alitoka wapi?", "told": "Aliambiwa anaenda wapi?", "exploited": "Ilitokea wapi?",
        "modes": "Njia ya usafiri", "recruitment": "Aliandikishwa vipi?", "exploitation": "Aina ya unyonyaji",
        "status": "Uamuzi", "notes": "Maelezo", "about": "Kuhusu",
    },
    many={"modes": tuple(LABELS_SW[mode] for mode in _MODES), "exploitation": ()},
    select_multiple="both",
    choices=LABELS_SW,
    labels=True,
)  # fmt: skip
# Asked with other words until the form's third version; the answers of both stand in one file.
_EARLIER_WORDS = {"Alitoka wapi?": "Mji wa nyumbani", "Njia ya usafiri": "Usafiri"}
_HXL = {"Tarehe ya kuondoka": "#date+start", "Jinsia": "#sex", "Alitoka wapi?": "#loc+origin"}


def _write_json(cases: Sequence[Case], folder: Path, seed: int) -> None:
    """`results` of the API, everything on one page."""
    dice = Dice(seed, "api json")
    records = [_api_record(one, dice) for one in submissions_of(_KASUKU, cases, seed, dice)]
    page = {"count": len(records), "next": None, "previous": None, "results": records}
    text = json.dumps(page, ensure_ascii=False, indent=1) + "\n"
    with replacing(folder / "kasuku_intake_2026-10-02.json") as partial:
        partial.write_bytes(text.encode())


def _api_record(one: Submission, dice: Dice) -> dict[str, Any]:
    review = one.row["_validation_status"]
    answers = {
        column: " ".join(answer) if isinstance(answer, tuple) else answer
        for asked, column in _KASUKU.questions.items()
        if (answer := one.answers[asked])
    }
    stops = [{f"{_STOPS}/place_name": place, f"{_STOPS}/place_transport": mode} for place, mode in one.legs]
    return {
        **one.row,
        "_validation_status": {"uid": review, "label": REVIEW_LABELS[str(review)]} if review else {},
        "_geolocation": [round(-1.2 - dice.share() / 5, 5), round(36.7 + dice.share() / 5, 5)],
        "_tags": [],
        "_notes": [],
        **answers,
        **({_STOPS: stops} if stops else {}),
        "meta/instanceID": f"uuid:{one.row['_uuid']}",
        "meta/rootUuid": f"uuid:{one.row['_uuid']}",
    }


def _write_zip(cases: Sequence[Case], folder: Path, seed: int) -> None:
    """The main table, the table of stops and a picture, as ODK Central packs them."""
    dice = Dice(seed, "odk zip")
    main: list[list[object]] = [[
        "SubmissionDate", *_KIFARU.columns, "KEY", "SubmitterID", "SubmitterName", "AttachmentsPresent",
        "AttachmentsExpected", "Status", "ReviewState", "DeviceID", "Edits", "FormVersion",
    ]]  # fmt: skip
    legs: list[list[object]] = [["place_name", "place_transport", "PARENT_KEY", "KEY"]]
    sent = {str(one.row["_uuid"]): one for one in submissions_of(_KIFARU, cases, seed, dice)}  # each once
    for number, (key, one) in enumerate(sent.items()):
        is_locked = number % 31 == 30
        status = dice.pick(("not decrypted", "missing encrypted form data")) if is_locked else ""
        review = "" if is_locked else dice.weighted({"": 0.4, "approved": 0.55, "rejected": 0.05})
        answers: list[object] = [""] * len(_KIFARU.columns) if is_locked else _KIFARU.lay_out(one.answers)
        sender = [
            dice.whole(5, 8),
            "Enumerator Testperson",
            0,
            0,
            status,
            review,
            "collect:synthetic",
            0,
            "3",
        ]
        main.append([f"{one.row['_submission_time']}.000Z", *answers, f"uuid:{key}", *sender])
        stops = [] if is_locked else list(enumerate(one.legs, start=1))
        # Central promises no order between rows; the index in KEY is the order.
        legs += [[*leg, f"uuid:{key}", f"uuid:{key}/places_passed[{at}]"] for at, leg in reversed(stops)]
    gone = "uuid:00000000-0000-4000-8000-000000000000"
    legs.append(["Meru", "bus", gone, f"{gone}/places_passed[1]"])
    members = {
        "kifaru_intake.csv": _as_csv(main),
        "kifaru_intake-places_passed.csv": _as_csv(legs),
        "media/synthetic.jpg": b"synthetic sample: no picture",
    }
    with (
        replacing(folder / "kifaru_intake.csv.zip") as partial,
        zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as archive,
    ):
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, _FIXED), content)


def _write_labelled_csv(cases: Sequence[Case], folder: Path, seed: int) -> None:
    """All versions of the form in one file, labels in Swahili: no stops, since a CSV has no repeats."""
    dice = Dice(seed, "labelled csv")
    columns = _DIGIDIGI.columns
    earlier = [_as_asked_before(column) for column in columns if _as_asked_before(column) != column]
    rows: list[list[object]] = [[*columns, *earlier, *TAIL]]
    rows.append([*(_HXL.get(column, "") for column in columns), *[""] * (len(earlier) + len(TAIL))])
    for index, one in enumerate(submissions_of(_DIGIDIGI, cases, seed, dice), start=1):
        answers = dict(zip(columns, _DIGIDIGI.lay_out(one.answers), strict=True))
        if one.row["__version__"] == "v2":
            answers = {_as_asked_before(column): answer for column, answer in answers.items()}
        tail = one.row | {"_index": index}
        row = [answers.get(column, "") for column in (*columns, *earlier)]
        rows.append([*row, *(tail.get(column, "") for column in TAIL)])
    name = "Digidigi_intake_-_all_versions_-_Kiswahili_sw_-_2026-10-02-09-15-00.csv"
    with replacing(folder / name) as partial:
        partial.write_bytes(_as_csv(rows, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\r\n"))


def _as_asked_before(column: str) -> str:
    question, _, choice = column.partition("/")
    return "/".join(filter(None, (_EARLIER_WORDS.get(question, question), choice)))


def _as_csv(rows: Sequence[Sequence[object]], **dialect: Any) -> bytes:
    written = io.StringIO(newline="")
    csv.writer(written, **({"lineterminator": "\n"} | dialect)).writerows(rows)
    return written.getvalue().encode()


WRITERS: dict[str, Callable[[Sequence[Case], Path, int], None]] = {
    "kasuku_network": _write_json,
    "kifaru_rescue": _write_zip,
    "digidigi_trust": _write_labelled_csv,
}
