"""`CITATION.cff`: the citation of an edition for reference managers."""

from __future__ import annotations

from pathlib import Path

import yaml

from orchestration.outputs.exports.about import AUTHOR, KEYWORDS, About

CITATION = "CITATION.cff"


def write_citation(folder: Path, about: About) -> Path:
    content = {
        "cff-version": "1.2.0",
        "message": "Please cite the release whose numbers you use.",
        "type": "dataset",
        "title": about.title,
        "version": about.release_id,
        "date-released": about.as_of.date(),
        "authors": [{"name": AUTHOR}],
        "abstract": " ".join(about.sentences),
        "keywords": KEYWORDS,
    }
    if about.licence.is_decided:  # else the abstract says that none is decided
        content |= {"license": about.licence.spdx, "license-url": about.licence.address}
    path = folder / CITATION
    path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100), encoding="utf-8")
    return path
