"""An edition as catalogues, programs and assistants read it, in the formats of each.

schema.org for search engines, HDX, a Frictionless data package, a citation (CFF), llms.txt. All say what
`About` and the comments of the tables say.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from orchestration.core import sha256_of
from orchestration.outputs.exports.about import AUTHOR, CAVEATS, KEYWORDS, About
from orchestration.outputs.exports.tables import (
    EVIDENCE_BASE,
    SERIES,
    WHOLE_NUMBERS,
    Column,
    Table,
    tables_of,
)
from orchestration.outputs.pages import template
from orchestration.outputs.published import Edition

Tables = Mapping[str, Table]  # by name in files
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
    days, licence = _coverage(edition.arrow("periods").to_pylist()), about.licence
    where = {"email" if "@" in licence.contact else "url": licence.contact}
    contact = {"contactPoint": {"@type": "ContactPoint", **where}} if licence.contact else {}
    numbers = {
        column.name: column.description for table in tables for column in table.columns if column.is_number
    }
    files = [
        (f"../exports/{about.file_name(table.file_stem, 'csv')}", "text/csv", table.use) for table in tables
    ]
    files.append((f"../{EVIDENCE_BASE}", "application/vnd.duckdb", "All tables of the edition"))
    content = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "name": about.title,
        "description": " ".join([about.summary, *CAVEATS]),
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
            {"@type": "Dataset", "name": period, "version": note["first_release"]}
            for period, note in edition.manifest["periods"].items()
        ],
        "distribution": [
            {"@type": "DataDownload", "contentUrl": path, "encodingFormat": kind, "description": use}
            for path, kind, use in files
        ],
    }
    return json.dumps(content, ensure_ascii=False).replace("<", "\\u003c")


def write_hdx(folder: Path, about: About, tables: Tables) -> None:
    """Write what the Humanitarian Data Exchange asks of a dataset, in the field names of its CKAN.

    `owner_org` and `maintainer` are ids of the network's account there: whoever uploads adds them.
    """
    licence, days = about.licence, _coverage(tables["periods"].data.to_pylist())
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
        "caveats": "\n".join(f"* {caveat}" for caveat in CAVEATS),
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
    _write_json(folder / "hdx.json", content)


def write_citation(folder: Path, about: About) -> Path:
    """Write the citation of the edition for reference managers."""
    licence = about.licence
    content = {
        "cff-version": "1.2.0",
        "message": "Please cite the release whose numbers you use.",
        "type": "dataset",
        "title": about.title,
        "version": about.release_id,
        "date-released": about.as_of.date(),
        "authors": [{"name": AUTHOR}],
        "abstract": about.described if licence.is_decided else " ".join(about.sentences),
        "keywords": KEYWORDS,
        **({"license": licence.spdx, "license-url": licence.address} if licence.is_decided else {}),
    }
    path = folder / "CITATION.cff"
    path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100), encoding="utf-8")
    return path


def write_texts(exports: Path, about: About, tables: Tables, workbook: str) -> None:
    """Write what each table may be used for: `llms.txt` beside the edition, and in exports as `README.md`."""
    page = template("llms.txt.j2")
    for path, inside, beside in (
        (exports.parent / "llms.txt", "exports/", ""),
        (exports / "README.md", "", "../"),
    ):
        text = page.render(about=about, tables=tables, workbook=workbook, inside=inside, beside=beside)
        path.write_text(text + "\n", encoding="utf-8")


# --- the data package -----------------------------------------------------------------------------

_TYPES = {"VARCHAR": "string", "BOOLEAN": "boolean", "DATE": "date", "DOUBLE": "number"} | dict.fromkeys(
    WHOLE_NUMBERS, "integer"
)
_MEDIA_TYPES = {
    "csv": "text/csv",
    "geojson": "application/geo+json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# Table and column that a column refers to.
_REFERENCES = dict.fromkeys(("period_id", "earlier_period_id"), ("periods", "period_id")) | dict.fromkeys(
    ("place_id", "start_place_id", "via_place_id", "end_place_id"), ("areas", "place_id")
)
# Only the row of HXL tags begins with #.
_DIALECT = {"delimiter": ",", "lineTerminator": "\n", "commentChar": "#"}


def write_data_package(folder: Path, about: About, tables: Tables, others: Mapping[str, Path]) -> Path:
    """`tables`: those written as CSV. `others`: further files by name, which are no tables."""
    licence = about.licence
    # `notspecified` is the name of Open Definition for an undecided licence.
    named = {"name": "notspecified", "title": licence.statement}
    if licence.is_decided:
        named = {"name": licence.spdx, "title": licence.title, "path": licence.address}
        named["description"] = licence.statement
    content = {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "profile": "data-package",
        "name": about.name,
        "title": about.title,
        "description": about.described,
        "version": about.release_id,
        "created": about.as_of.isoformat(),
        "keywords": KEYWORDS,
        "licenses": [named],
        "resources": [
            *(_table(folder / about.file_name(name, "csv"), tables[name], tables) for name in tables),
            *(_resource(path, name=f"{name}-{path.suffix[1:]}") for name, path in others.items()),
        ],
    }
    path = folder / "datapackage.json"
    _write_json(path, content)
    return path


def _resource(path: Path, **described: Any) -> dict[str, Any]:
    kind = path.suffix[1:]
    found = {"path": path.name, "format": kind, "mediatype": _MEDIA_TYPES[kind]}
    return described | found | {"bytes": path.stat().st_size, "hash": f"sha256:{sha256_of(path)}"}


def _table(path: Path, table: Table, tables: Tables) -> dict[str, Any]:
    references = []
    for column in table.columns:
        name, key = _REFERENCES.get(column.name, ("", ""))
        target = tables.get(f"series_{name}" if table.schema == SERIES and name == "periods" else name)
        # Each id must be one of those that it refers to.
        if target and target is not table and table.values(column.name) - {None} <= target.values(key):
            reference = {"resource": target.file_stem, "fields": [key]}
            references.append({"fields": [column.name], "reference": reference})
    schema = {
        "fields": [_field(table, column) for column in table.columns],
        "missingValues": [""],
        "primaryKey": table.key,
        **({"foreignKeys": references} if references else {}),
    }
    return _resource(
        path,
        name=table.file_stem,
        type="table",
        profile="tabular-data-resource",
        encoding="utf-8",
        description=table.description,
        dialect=_DIALECT,
        schema=schema,
    )


def _field(table: Table, column: Column) -> dict[str, Any]:
    constraints: dict[str, Any] = {"enum": list(column.listed)} if column.listed else {}
    # A column of a key may be null: in the numbers of others.
    if column.is_key and None not in table.values(column.name):
        constraints["required"] = True
    return {
        "name": column.name,
        "type": _TYPES.get(column.data_type, "any"),
        "description": column.description,
        "hxl": column.hxl,
        "may_be_summed": column.may_be_summed,
        **({"constraints": constraints} if constraints else {}),
    }


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
