"""Make a small home with the program of an earlier version, for the tests: `make.py PROGRAM NAME`.

PROGRAM is a checkout of that version. Its commands run in the Python that runs this script. All people, numbers and
keys are made up. What is made again (work/, Dagster's history) stays out.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import lzma
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyrage

CASES = """\
contract: {partner}_cases
version: 1
partner: {{code: {partner}, name: "{partner} (synthetic)", steward: steward@{partner}.example}}
grain: case
files: "*.csv"
agreement: {{id: "TEST-1", valid_from: 2019-01-01, valid_to: 2099-12-31, purposes: [statistics],
            finest_place: town, may_be_named: false, retention_years: 90}}
consent: {{column: Consent, values: {{"Yes": given, "No": refused}}}}
coverage:
  - {{places: [KE040, KE047, KE042], roles: [origin, transit, exploitation], from: 2025-01-01, to: null}}
delivery: {{mode: {mode}, cadence: monthly, grace_days: 15, key: Ref}}
format: {{kind: csv, encoding: utf-8, delimiter: ";"}}
locale: {{dates: dmy, timezone: Africa/Nairobi, default_country: KEN, languages: [en, sw]}}
fields:
  event_on: {{column: Date, required: true}}
  sex: {{column: Sex, values: {{F: female, M: male}}}}
  age_band: {{column: Age, from: age_text}}
  place(origin).place_text: From
  place(intended_destination).place_text: Promised
  place(exploitation).place_text: Exploited in
  exploitation_type: {{column: Form, values: {{Domestic: domestic_servitude, Labour: forced_labour}}}}
deny: [Name]
"""
HEADER = "Ref;Date;Sex;Age;From;Promised;Exploited in;Form;Consent;Name\n"
SWALA = HEADER + (
    "".join(
        f"S{n};{n % 28 + 1:02}/{n % 12 + 1:02}/2025;F;{20 + n % 9};Kisumu;Nairobi;Nairobi;Domestic;Yes;Pendo Sampleton\n"
        for n in range(1, 41)
    )
    + "S41;04/03/2025;F;16;Busia;Nairobi;Nairobi;Domestic;Yes;Amina Testperson\n"
    "S42;06/03/2025;M;25;Kampala;Mombasa;Mombasa;Labour;Yes;Otieno Sampleton\n"
    "S43;07/03/2025;F;30;Qwertyville;Nairobi;Nairobi;Domestic;Yes;Baraka Sampleton\n"
    "S44;31/02/2025;F;19;Busia;Nairobi;Nairobi;Domestic;Yes;Zawadi Testperson\n"
    "S45;09/03/2025;F;18;Busia;Nairobi;Nairobi;Domestic;No;Rehema Fixture\n"
)
KOBE_1 = HEADER + (
    "K1;10/03/2025;F;15;Busia;Nairobi;Nairobi;Domestic;Yes;Faraja Testperson\n"
    "K2;11/03/2025;M;30;Addis Ababa;Mombasa;Mombasa;Labour;Yes;Abebe Sampleton\n"
)
KOBE_2 = HEADER + "K2;11/03/2025;M;30;Addis Ababa;Mombasa;Nairobi;Labour;Yes;Abebe Sampleton\n"
LONG, LONGEST = 4096, {"parquet": 100_000}
KEPT_WHOLE = ("evidence_base.duckdb", "manifest.json", "erasure.json")
AUTHOR = ("--author", "Asha Steward", "--reason", "made up for the tests")


def make(program: Path, folder: Path) -> None:
    """Fill `folder` with a partners' folder, the stewards' private key and a home that has seen three releases, a forgotten record and a rollback."""
    partners, home = folder / "partners", folder / "home"
    for partner, mode in (("swala_post", "full"), ("kobe_post", "incremental")):
        (partners / partner).mkdir(parents=True)
        (partners / partner / "contract.yml").write_text(CASES.format(partner=partner, mode=mode))
    pair = pyrage.x25519.Identity.generate()
    (folder / "stewards.key").write_text(f"{pair}\n")
    (home / "keys").mkdir(parents=True, mode=0o700)
    (home / "keys" / "stewards.age.pub").write_text(f"{pair.to_public()}\n")
    for name, text in (("swala.csv", SWALA), ("kobe_1.csv", KOBE_1), ("kobe_2.csv", KOBE_2)):
        (folder / name).write_text(text)

    def njia(day: int, *arguments: str | Path) -> None:
        variables = {name: value for name, value in os.environ.items() if not name.startswith("NJIA_")}
        subprocess.run(
            [sys.executable, "-c", "from orchestration.cli import main; main()", *map(str, arguments)],
            cwd=program,
            env=variables
            | {
                "PYTHONPATH": str(program),
                "NJIA_HOME": str(home),
                "NJIA_PARTNERS": str(partners),
                "NJIA_AS_OF": f"2026-04-{day:02}T06:00:00+00:00",
            },
            check=True,
        )

    njia(5, "inbox", "add", "swala_post", folder / "swala.csv")
    njia(5, "inbox", "add", "kobe_post", folder / "kobe_1.csv")
    njia(5, "refresh")
    njia(6, "forget", "kobe_post", "K1", "--yes", *AUTHOR)
    kept = (home / "current").readlink().name
    njia(7, "decide", "place-alias", "Qwertyville", "KE042", *AUTHOR)
    njia(7, "inbox", "add", "kobe_post", folder / "kobe_2.csv")
    njia(7, "refresh")
    njia(8, "rollback", kept, *AUTHOR)
    njia(8, "verify")


def shorten(program: Path, home: Path) -> None:
    """Replace long pages, exports and the list of places by a sentence; that version's code signs them again."""
    sys.path.insert(0, str(program))
    try:
        release_key = importlib.import_module("orchestration.core.release_key")
    except ModuleNotFoundError:
        release_key = importlib.import_module("orchestration.release_key")
    sign = importlib.import_module("orchestration.release.signature").sign
    key = release_key.load_release_key(home / "keys")
    for release in sorted((home / "releases").glob("[!.]*")):
        for path in release.rglob("*"):
            longest = LONGEST.get(path.parent.name, LONG)
            if path.is_file() and path.name not in KEPT_WHOLE and path.stat().st_size > longest:
                path.chmod(0o600)
                path.write_text("Left out here.\n")
        for folder in (release / "public", release):
            content = json.loads((folder / "manifest.json").read_text())
            for name, file in content["files"].items():
                if (folder / name).is_file():
                    read = (folder / name).read_bytes()
                    file.update(bytes=len(read), sha256=hashlib.sha256(read).hexdigest())
            _write_signed(folder, "manifest.json", content, sign, key)
        if (release / "erasure.json").is_file():
            note = json.loads((release / "erasure.json").read_text())
            note["manifest_sha256"] = hashlib.sha256((release / "manifest.json").read_bytes()).hexdigest()
            _write_signed(release, "erasure.json", note, sign, key)


def _write_signed(folder: Path, name: str, content: Any, sign: Callable[..., None], key: Any) -> None:
    (folder / name).chmod(0o600)
    (folder / name).write_text(json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n")
    sign(folder, name, (folder / name).read_bytes(), key)


def pack(folder: Path, archive: Path) -> None:
    """Write what was made into an archive, files of one name beside each other: these are alike."""
    paths = [
        path
        for path in sorted(folder.rglob("*"), key=lambda path: (path.is_file(), path.suffix, path.name, path))
        if path.relative_to(folder).parts[0] in ("partners", "home", "stewards.key")
        and not {"work", "dagster", "refresh.lock"} & set(path.relative_to(folder).parts)
    ]
    with tarfile.open(archive, "w:xz", preset=9 | lzma.PRESET_EXTREME) as tar:
        for path in paths:
            tar.add(path, path.relative_to(folder), recursive=False, filter=_owned_by_none)


def _owned_by_none(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        program = Path(sys.argv[1]).resolve()
        make(program, Path(scratch))
        shorten(program, Path(scratch) / "home")
        pack(Path(scratch), Path(__file__).with_name(f"{sys.argv[2]}.tar.xz"))
