"""Files made to harm end in a sentence or in harmless text, within bounded memory."""

import csv
import io
import multiprocessing
import resource
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from orchestration.core import safe
from orchestration.intake import ExtractStopped
from orchestration.intake.outcomes import ExtractUnreadable
from orchestration.intake.reading import sheets
from tests.fixtures.partner_files import HEADER, ROW, book, read, values, workbook

CSV: dict[str, Any] = {"kind": "csv", "encoding": "utf-8", "delimiter": ","}
Found = dict[str, tuple[str, str, int]]
SHEET = "xl/worksheets/sheet1.xml"
MEMORY = 700 * sheets.MEGABYTE  # to what a process that has loaded the libraries takes


def line(*cells: Any) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()


def csv_book(folder: Path, *rows: list[Any], encoding: str = "utf-8") -> Path:
    """A CSV file with a header and these rows."""
    path = folder / "book.csv"
    path.write_text("".join(line(*row) for row in (HEADER, *rows)), encoding=encoding)
    return path


def from_place(text: str) -> list[Any]:
    return [*ROW[:4], text, *ROW[5:]]


def member_replaced(path: Path, name: str, change: Callable[[bytes], bytes]) -> Path:
    """The same workbook with one member of its zip changed; a member that is not there is added."""
    changed = path.with_name(f"changed_{path.name}")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.namelist():
            new.writestr(member, change(old.read(member)) if member == name else old.read(member))
        if name not in old.namelist():
            new.writestr(name, change(b""))
    return changed


def _read_within(files: dict[str, tuple[Path, dict[str, Any]]], answers: Any) -> None:
    # Libraries take addresses when they are loaded, whatever the file: the limit is about reading.
    import orchestration.intake.reading.csv_files
    import orchestration.intake.reading.workbooks  # noqa: F401

    limit = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    for name, (path, content) in files.items():
        try:
            cells, reader = read(path, content)
            answers.put((name, ("read", str(len(cells)), reader.tally.rows_landed)))
        except ExtractStopped as fault:
            answers.put((name, (fault.code, fault.sentence, 0)))


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    return workbook(tmp_path / "book.xlsx", {"Cases": [HEADER, ROW]})


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    """What becomes of large files in a process that may not use more; it gives no answer where it dies of one."""
    folders = {name: tmp_path_factory.mktemp(name) for name in LARGE}
    files = {name: (make(folders[name]), book(**changes)) for name, (make, changes) in LARGE.items()}
    context = multiprocessing.get_context("spawn")
    answers: Any = context.Queue()
    process = context.Process(target=_read_within, args=(files, answers))
    process.start()
    try:
        return dict(answers.get(timeout=120) for _ in files)
    finally:
        process.kill()
        process.join()


def with_rows(folder: Path, rows: bytes) -> Path:
    """A workbook with rows added as XML."""
    path = workbook(folder / "book.xlsx", {"Cases": [HEADER, ROW]})
    return member_replaced(
        path, SHEET, lambda xml: replaced_once(xml, {b"</sheetData>": rows + b"</sheetData>"})
    )


def zip_bomb(folder: Path) -> Path:
    bomb = with_rows(folder, b'<row r="2">' + b"<c/>" * 20_000_000 + b"</row>")
    assert bomb.stat().st_size < sheets.MEGABYTE
    return bomb


def million_laughs(folder: Path) -> Path:
    laughs = b"".join(
        b'<!ENTITY l%d "%s">' % (number, b"&l%d;" % (number - 1) * 10) for number in range(1, 10)
    )
    doctype = b'<!DOCTYPE worksheet [<!ENTITY l0 "ha">' + laughs + b"]>"
    changed = {b"<worksheet": doctype + b"<worksheet", b"<sheetData>": b"<sheetData>&l9;"}
    return member_replaced(with_rows(folder, b""), SHEET, lambda xml: replaced_once(xml, changed))


def replaced_once(text: bytes, changes: dict[bytes, bytes]) -> bytes:
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new, 1)
    return text


def one_line(folder: Path) -> Path:
    (folder / "book.csv").write_bytes(b"a" * (20 * sheets.MEGABYTE))
    return folder / "book.csv"


LARGE: dict[str, tuple[Callable[[Path], Path], dict[str, Any]]] = {
    "zip bomb": (zip_bomb, {}),
    "blank rows": (lambda to: with_rows(to, b'<row r="1048576"><c r="XFD1048576" s="0"/></row>'), {}),
    "entities": (million_laughs, {}),
    "large cell": (lambda to: csv_book(to, from_place("x" * (40 * sheets.MEGABYTE))), {"format": CSV}),
    "one line": (one_line, {"format": CSV}),
}


@pytest.mark.parametrize(("name", "code", "words"), [
    ("zip bomb", "too_large", "would expand to"), ("entities", "broken_workbook", ""),
    ("large cell", "too_large", "line 2"), ("one line", "too_large", ""),
])  # fmt: skip
def test_a_file_made_to_fill_the_memory_is_refused(found: Found, name: str, code: str, words: str) -> None:
    assert found[name][0] == code
    assert words in found[name][1] and "ha" * 5 not in found[name][1]


def test_a_million_blank_rows_are_skipped_in_bounded_memory(found: Found) -> None:
    code, cells, rows = found["blank rows"]
    assert (code, rows) == ("read", 1)
    assert int(cells) > 3


def test_a_workbook_of_too_many_shared_texts_is_refused(plain: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_HELD", 1000)
    with pytest.raises(ExtractUnreadable) as refused:
        read(plain, book())
    assert refused.value.code == "too_large"


def test_an_outside_entity_is_not_fetched(plain: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("Nakuru")
    doctype = f'<!DOCTYPE worksheet [<!ENTITY out SYSTEM "file://{secret}">]><worksheet'.encode()
    with pytest.raises(ExtractUnreadable):
        changes = {b"<worksheet": doctype, b"</sheetData>": b"&out;</sheetData>"}
        read(member_replaced(plain, SHEET, lambda xml: replaced_once(xml, changes)), book())


def test_a_zip_member_never_escapes_its_folder(plain: Path, tmp_path: Path) -> None:
    evil = member_replaced(plain, "../../escaped.txt", lambda _: b"out")
    assert values(read(evil, book())[0], "place(origin).place_text") == ["Busia"]
    assert not list(tmp_path.parent.glob("escaped.txt")) and not list(tmp_path.glob("**/escaped.txt"))


def test_macros_and_external_links_are_ignored(plain: Path) -> None:
    macro = member_replaced(plain, "xl/vbaProject.bin", lambda _: b"\xd0\xcf\x11\xe0macro")
    linked = member_replaced(macro, "xl/externalLinks/externalLink1.xml", lambda _: b"<not xml")
    assert values(read(linked, book())[0], "place(origin).place_text") == ["Busia"]


def test_a_formula_lands_as_its_saved_result_or_as_an_error(tmp_path: Path) -> None:
    path = workbook(tmp_path / "book.xlsx", {"Cases": [HEADER, from_place("=HYPERLINK(A1)")]})
    (cell,) = [cell for cell in read(path, book())[0] if cell.field == "place(origin).place_text"]
    assert (cell.kind, cell.value) == ("error", "formula_no_value")


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1+1", "\r=1+1"])
def test_a_spreadsheet_formula_is_escaped_in_csv(text: str) -> None:
    assert safe(text) == f"'{text}"


@pytest.mark.parametrize("value", ["Busia", "", "5-10", 7, -7, None, "p-01ab"])
def test_harmless_cells_are_not_escaped(value: Any) -> None:
    assert safe(value) == value


def test_a_cell_longer_than_excel_allows_is_cut_and_then_stripped(tmp_path: Path) -> None:
    path = csv_book(tmp_path, from_place("x" * 100_000))
    cells, reader = read(path, book(format=CSV))
    assert values(cells, "place(origin).place_text") == []
    assert reader.tally.stripped["strip:free_text"] == 1


def test_nul_bytes_are_removed(tmp_path: Path) -> None:
    path = csv_book(tmp_path, from_place("Bu\x00sia"))
    assert values(read(path, book(format=CSV))[0], "place(origin).place_text") == ["Busia"]


@pytest.mark.parametrize("place", ["دبي", "አዲስ አበባ", "\u202eairobiN\u202c", "Muqdisho – مقديشو"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_every_script_lands_as_sent(place: str, encoding: str, tmp_path: Path) -> None:
    path = csv_book(tmp_path, from_place(place), encoding=encoding)
    cells, _ = read(path, book(format={**CSV, "encoding": encoding}))
    assert values(cells, "place(origin).place_text") == [place]


def test_mixed_encodings_hold_the_file(tmp_path: Path) -> None:
    path = csv_book(tmp_path, ROW)
    path.write_bytes(path.read_bytes() + line(*from_place("Murang’a")).encode("cp1252"))
    with pytest.raises(ExtractStopped) as stopped:
        read(path, book(format=CSV))
    assert stopped.value.code == "hold:encoding_wrong"


def test_the_memory_guard_of_these_tests_can_fail(tmp_path: Path) -> None:
    """A control: what these tests forbid does end a reader."""
    script = (
        f"import resource; resource.setrlimit(resource.RLIMIT_AS, ({MEMORY},) * 2); bytearray({2 * MEMORY})"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, check=False).returncode != 0


def test_openpyxl_refuses_entities_itself() -> None:
    assert openpyxl.DEFUSEDXML
