"""The dbt project with the seeds of a few places instead of its own, parsed once.

What does not belong here: records (`dbt_world`) and expected answers (the tests).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.parser.manifest import extended_mashumaro_encoder

from orchestration.core import fingerprint_of, read_json
from orchestration.warehouse import parts as warehouse
from orchestration.warehouse.dbt_commands import parse, unpacked
from orchestration.warehouse.manifest import MANIFEST, PACKED
from tests.worlds import world

DBT_PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
REFERENCE_SEEDS = DBT_PROJECT.parent / "seeds" / "reference"

SEEDS: dict[str, str] = {
    "places": """place_id,name,kind,parent_place_id,iso_alpha3,region,population,source,licence
world,World,world,world,none,unknown,none,fixture,fixture
unknown,Unknown place,unknown,world,none,unknown,none,fixture,fixture
KEN,Kenya,country,world,KEN,africa,none,fixture,fixture
UGA,Uganda,country,world,UGA,africa,none,fixture,fixture
SOM,Somalia,country,world,SOM,africa,none,fixture,fixture
SOM-somaliland,Somaliland,country,SOM,SOM,africa,none,fixture,fixture
ETH,Ethiopia,country,world,ETH,africa,none,fixture,fixture
ARE,United Arab Emirates,country,world,ARE,middle_east_gulf,none,fixture,fixture
ITA,Italy,country,world,ITA,europe,none,fixture,fixture
KE040,Busia,county,KEN,KEN,africa,none,fixture,fixture
KE047,Nairobi,county,KEN,KEN,africa,none,fixture,fixture
KE001,Mombasa,county,KEN,KEN,africa,none,fixture,fixture
KE027,Uasin Gishu,county,KEN,KEN,africa,none,fixture,fixture
KE040227,Nambale,subcounty,KE040,KEN,africa,none,fixture,fixture
tn-ken-eldoret,Eldoret,town,KE027,KEN,africa,none,fixture,fixture
tn-ken-nambale,Nambale,town,KE040227,KEN,africa,none,fixture,fixture
lo-ken-eastleigh,Eastleigh,locality,KE047,KEN,africa,none,fixture,fixture
ar-ken-section,Section III,area,lo-ken-eastleigh,KEN,africa,none,fixture,fixture
wd-ken-1,Nambale Township,ward,KE040227,KEN,africa,none,fixture,fixture
cm-ken-camp,A camp,camp,KE001,KEN,africa,none,fixture,fixture
xx-ken-new,A kind that is new,of_tomorrow,KE001,KEN,africa,none,fixture,fixture
pr-eth-or,Oromia,province,ETH,ETH,africa,none,fixture,fixture
bp-ken-malaba,Malaba,border_point,KE040,KEN,africa,none,fixture,fixture
bp-uga-malaba,Malaba,border_point,UGA,UGA,africa,none,fixture,fixture
tn-are-dubai,Dubai,town,ARE,ARE,middle_east_gulf,none,fixture,fixture
""",
    "place_codes": """place_id,system,code,source,licence
KE040,pcode,KE040,fixture,fixture
KEN,iso_alpha2,KE,fixture,fixture
ARE,iso_alpha2,AE,fixture,fixture
SOM,iso_alpha2,SO,fixture,fixture
""",
    "place_coordinates": """place_id,lat,lon,grade,source,licence
KE040,0.46,34.11,capital,fixture,fixture
""",
    "codes": """domain,code,label,counts_as_victim
record_grain,case,Case,na
record_grain,route_report,Route report,na
record_grain,interception,Interception,na
record_grain,flow_count,Flow count,na
sex,female,Female,na
sex,mixed,Mixed,na
age_band,a09_17,9 to 17,na
age_band,a30_38,30 to 38,na
trafficking_status,confirmed,Confirmed,yes
trafficking_status,presumed,Presumed,yes
trafficking_status,prevented,Prevented,no
trafficking_status,smuggling,Smuggling,no
trafficking_status,high_risk,High risk,no
trafficking_status,trafficked_or_smuggled,Trafficked or smuggled,no
trafficking_status,unknown,Unknown,yes
exploitation_type,domestic_servitude,Domestic servitude,na
exploitation_type,forced_labour,Forced labour,na
exploitation_type,sexual_exploitation,Sexual exploitation,na
exploitation_type,unknown,Unknown,na
industry,domestic_work,Domestic work,na
industry,construction,Construction,na
industry,fishing,Fishing,na
industry,commercial_sex,Commercial sex,na
recruitment_method,employment_agency,Employment agency,na
recruitment_method,unknown,Unknown,na
transport_mode,bus,Bus,na
transport_mode,foot,On foot,na
transport_mode,aircraft,Aircraft,na
means_of_control,threats,Threats,na
""",
    "crosswalk": """domain,code,system,system_code,direction,loss
exploitation_type,domestic_servitude,htcds2,Servitude,out,broader
exploitation_type,domestic_servitude,ke_ctip,CTIS,both,broader
""",
    "quality_rules": """rule_code,outcome,title,explanation,steward_action,partner_action
date_ambiguous,Q,Day and month cannot be told apart,The contract names no order,Ask the partner,Ask your data steward
no_place_resolved,Q,No place is known,No place of the record is in the gazetteer,Add an alias,Ask your data steward
departs_after_receipt,Q,Later than its receipt,The date lies after the day the extract came,Ask the partner,Ask your data steward
code_not_listed,Q,Code outside the list,The contract maps to a code that no list holds,Correct the contract,Ask your data steward
purpose_not_agreed,Q,Another purpose,Statistics is none of its purposes,Ask the partner,Ask your data steward
consent_missing,Q,No consent,The person did not agree,Ask the partner,Ask your data steward
sex_count_conflict,flag,Mixed sex of one person,One person cannot be mixed,Ask the partner,Ask your data steward
child_age_conflict,flag,Child and adult,Band and child disagree,Ask the partner,Ask your data steward
twin_assumed,flag,Border twin assumed,The Kenyan side was taken,Check the place,Ask your data steward
age_estimated,flag,Age estimated,The age was given as about,None,Ask your data steward
""",
}  # fmt: skip


class Project(NamedTuple):
    """`manifest` has what `manifest_path` promises beside it."""

    folder: Path
    manifest: Path


@cache
def parsed_project() -> Project:
    """A copy of the project, and beside it the seeds of this world instead of its own. Read only."""
    root = world("small-dbt-project", _parse)
    return Project(root / "dbt_project", root / MANIFEST)


def _parse(root: Path) -> None:
    seeds = root / "seeds" / "reference"
    seeds.mkdir(parents=True)
    for name, text in SEEDS.items():
        (seeds / f"{name}.csv").write_text(text, encoding="utf-8")
    for name in (
        *("measures_of_tables.csv", "statistics_policy.csv", "statistics_words.csv"),
        *("publication_policy.csv", "noise.csv"),
    ):
        shutil.copy(REFERENCE_SEEDS / name, seeds)
    ignored = shutil.ignore_patterns("target", "logs")
    folder = Path(shutil.copytree(DBT_PROJECT, root / "dbt_project", ignore=ignored))
    parsed = parse(folder, root)
    (root / PACKED).write_bytes(parsed.packed)
    (root / MANIFEST).write_text(parsed.text, encoding="utf-8")


@contextmanager
def parsed_with(changed: Sequence[dict[str, tuple[str, str]]], folder: Path) -> Iterator[Project]:
    """Inside, `warehouse.build` builds this project, with files changed: their name, a text and one for its place."""
    project = parsed_project()
    if changed:
        folder.mkdir(exist_ok=True)
        packed = unpacked(project.manifest.with_name(PACKED))
        written = read_json(project.manifest)
        for name, (text, instead) in (change for changes in changed for change in changes.items()):
            (model,) = (node for node in packed.nodes.values() if node.original_file_path == name)
            assert text in model.raw_code, f"{name} does not hold the text to change"
            model.raw_code = model.raw_code.replace(text, instead)
            written["nodes"][model.unique_id]["checksum"] = fingerprint_of(model.raw_code)
        (folder / PACKED).write_bytes(packed.to_msgpack(extended_mashumaro_encoder))
        (folder / MANIFEST).write_text(json.dumps(written), encoding="utf-8")
        project = Project(project.folder, folder / MANIFEST)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(warehouse, "manifest_path", lambda settings: project.manifest)
        patch.setattr(warehouse, "DBT_PROJECT", project.folder)
        yield project


def run_dbt(
    command: str, project: Path, warehouse: Path, *more: str, manifest: Any = None
) -> dbtRunnerResult:
    """Without a manifest, dbt parses the project first."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NJIA_WAREHOUSE", str(warehouse))
        folders = ("--project-dir", str(project), "--profiles-dir", str(project))
        return dbtRunner(manifest=manifest).invoke(["--quiet", command, *folders, *more])
