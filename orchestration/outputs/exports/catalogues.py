"""An edition as catalogues and assistants read it: schema.org for search engines, HDX, llms.txt.

All say what `About` and the comments of the tables say.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from orchestration.outputs.exports.about import AUTHOR, KEYWORDS, About
from orchestration.outputs.exports.tables import EVIDENCE_BASE, Table, tables_of
from orchestration.outputs.pages import template
from orchestration.outputs.published import Edition

HDX, LLMS, README = "hdx.json", "llms.txt", "README.md"
# Ids of licences at the Humanitarian Data Exchange, by those of the SPDX list; any other is described.
_HDX_LICENCES = {"CC-BY-4.0": "cc-by", "CC-BY-SA-4.0": "cc-by-sa", "CC-BY-3.0-IGO": "cc-by-igo"}
_HDX_TAGS, _HDX_VOCABULARY = ("hxl", "migration"), "b891512e-9516-4bf5-962a-7a289772a2a1"
_YEARLY = "365"


def _coverage(periods: Iterable[Mapping[str, Any]]) -> tuple[str, str] | None:
    """Return the first and the last day of the periods; None without any."""
    days = [(str(row["period_from"]), str(row["period_to"])) for row in periods]
    return (min(first for first, _ in days), max(last for _, last in days)) if days else None


def json_ld(edition: Edition) -> str:
    """Return the edition as a Dataset of schema.org, safe inside a script element of `report/index.html`."""
    about, tables = About.of(edition), tables_of(edition).values()
    days = _coverage(edition.arrow("periods").to_pylist())
    licence = about.licence
    where = {"email" if "@" in licence.contact else "url": licence.contact}
    contact = {"contactPoint": {"@type": "ContactPoint", **where}} if licence.contact else {}
    numbers = {
        column.name: column.description for table in tables for column in table.columns if column.is_number
    }
    closed = {period: note["first_release"] for period, note in edition.manifest["periods"].items()}
    files = [
        (f"../exports/{about.file_name(table.file_stem, 'csv')}", "text/csv", table.use) for table in tables
    ]
    files.append((f"../{EVIDENCE_BASE}", "application/vnd.duckdb", "All tables of the edition"))
    content = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "name": about.title,
        "description": " ".join([about.summary, *about.caveats]),
        "version": about.release_id,
        "datePublished": about.day,
        "creditText": about.citation,
        "keywords": KEYWORDS,
        "isAccessibleForFree": about.edition == "public",
        **({"license": licence.address} if licence.is_decided else {"conditionsOfAccess": licence.statement}),
        "creator": {"@type": "Organization", "name": AUTHOR, **contact},
        "spatialCoverage": {"@type": "Country", "name": "Kenya", "identifier": "KEN"},
        **({"temporalCoverage": "/".join(days)} if days else {}),
        "measurementTechnique": about.methodology,
        "variableMeasured": [
            {"@type": "PropertyValue", "name": name, "description": prose} for name, prose in numbers.items()
        ],
        # What a closed period says never changes: each keeps the release that first published it.
        "hasPart": [
            {"@type": "Dataset", "name": period, "version": release} for period, release in closed.items()
        ],
        "distribution": [
            {"@type": "DataDownload", "contentUrl": path, "encodingFormat": kind, "description": use}
            for path, kind, use in files
        ],
    }
    return json.dumps(content, ensure_ascii=False).replace("<", "\\u003c")


def write_hdx(folder: Path, about: About, tables: Mapping[str, Table]) -> None:
    """Write what the Humanitarian Data Exchange asks of a dataset, in the field names of its CKAN.

    `owner_org` and `maintainer` are ids of the network's account there: whoever uploads adds them.
    """
    licence, days = about.licence, _coverage(tables["periods"].records())
    content = {
        "name": about.name,
        "title": about.title,
        "notes": "\n\n".join([about.summary, about.citation, licence.contact]).strip(),
        "dataset_source": AUTHOR,
        "dataset_date": f"[{days[0]}T00:00:00 TO {days[1]}T23:59:59]" if days else None,
        "data_update_frequency": _YEARLY,
        "groups": [{"name": "ken"}],
        "subnational": "1",
        "tags": [{"name": tag, "vocabulary_id": _HDX_VOCABULARY} for tag in _HDX_TAGS],
        "methodology": "Other",
        "methodology_other": about.methodology,
        "caveats": "\n".join(f"* {caveat}" for caveat in about.caveats),
        **(
            {"license_id": _HDX_LICENCES[licence.spdx]}
            if licence.spdx in _HDX_LICENCES
            else {"license_id": "hdx-other", "license_other": licence.said}
        ),
        "private": False,
        "resources": [
            {"name": about.file_name(name, "csv"), "description": table.use, "format": "csv"}
            for name, table in tables.items()
        ],
    }
    (folder / HDX).write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def write_texts(exports: Path, about: About, tables: Mapping[str, Table], workbook: str) -> None:
    """Write what each table may be used for: `llms.txt` beside the edition, and in exports as `README.md`."""
    page = template("llms.txt.j2")
    for path, inside, beside in ((exports.parent / LLMS, "exports/", ""), (exports / README, "", "../")):
        text = page.render(about=about, tables=tables, workbook=workbook, inside=inside, beside=beside)
        path.write_text(text + "\n", encoding="utf-8")
