"""The folders, the imports and the Dagster graph tell the story of the design, and go on telling it."""

from __future__ import annotations

import ast
import csv
import functools
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml
from dagster._core.storage.noop_compute_log_manager import NoOpComputeLogManager

from expectations.checks import CHECKS, is_waivable
from expectations.extract_gate import EXTRACT_GATE
from expectations.release_gate import RELEASE_GATE, TABLE_GATE
from orchestration.core import REFERENCE_SEEDS, Settings, prepare_home
from orchestration.defs.resources import evidence_base
from orchestration.refresh import Runs
from orchestration.typing import TYPED_TABLES
from tests import scenario
from tests.command import HEAVY
from tests.evidence_base import new_evidence_base

ROOT = Path(__file__).resolve().parents[3]
# In the order in which they may refer to each other: a room knows only rooms before it.
ROOMS_OF_THE_DESIGN = (
    "core", "places", "linkage", "statistics", "warehouse", "contracts", "intake", "typing",
    "stewardship", "release", "gates", "outputs", "drafting", "operations", "refresh",
)  # fmt: skip
CALL_THE_ROOMS = {"cli", "defs"}
MOST_FILES = 25  # of one folder of a room
ROOMS = sorted(ROOMS_OF_THE_DESIGN)
FOLDERS_OF_THE_DESIGN = {".ci", "orchestration", "dbt_project", "expectations", "seeds", "tests", "docs"}
FILES_OF_THE_DESIGN = {
    "README.md", "pyproject.toml", "uv.lock", "Makefile", "LICENSE", "NOTICE", "CHANGELOG.md",
    "CONTRIBUTING.md", "SECURITY.md",
}  # fmt: skip
FORBIDDEN_WORDS = {"util", "utils", "helper", "helpers", "common", "manager", "processor"}
LONGEST_DEFS_FILE = 280
Specs = dict[dg.AssetKey, dg.AssetSpec]
# Used whole, as rooms of their own inside the package: `review`, `refreshes` and `audit` write one folder each,
# `items` only names, `worklists` is what waits, `messages` sends, `desk` serves; `boundaries` loads
# shapely, which the rest of its room does without; others are a set of functions whose names say little alone.
MODULES_USED_WHOLE = {
    (f"orchestration.{room}", module)
    for room, modules in {
        "core": "durable refreshes release_key",
        "stewardship": "review audit items worklists messages desk",
        "places": "boundaries",
        "operations": "forget next_run",
        # One file a part of the refresh, in the order of its steps.
        "refresh": "extracts tables releasing run_outcome",
    }.items()
    for module in modules.split()
}
# Who touches os.environ besides settings.py, and why it may.
TOUCHES_ENVIRONMENT = {
    "orchestration/cli/serve.py": "hands the settings on to Dagster's code server, another process",
    "orchestration/defs/refresh.py": "sets DAGSTER_HOME, which Dagster reads of itself",
    "orchestration/gates/judging.py": "sets GX_ANALYTICS_ENABLED, which Great Expectations reads when imported",
    "orchestration/warehouse/parsed_project.py": "sets NJIA_WAREHOUSE and NJIA_ENGINE for dbt's profile, puts back what was there",
}
# Who changes files without `core.durable`, by why it may.
WRITES_WITHOUT_DURABLE = {
    "files of work/, which can be made again":
        "core/work linkage/step refresh/releasing "
        "operations/backup release/earlier statistics/leaves statistics/measure typing/landed_cells typing/step "
        "warehouse/builds warehouse/engines warehouse/parsed_project",
    "a file of the project, written by its developer": "contracts/loading",
    "Dagster's history": "defs/history",
    "a file in memory": "intake/landing/erasing intake/landing/sealing",
    "opens what `placing` yields, which is synced afterwards": "intake/pulling/server",
    "writes what `placing` yields": "intake/pulling/form_servers intake/pulling/pull",
    "files of a candidate, which staging syncs one by one before its manifest names them":
        "outputs/exports/catalogues outputs/exports/write "
        "outputs/report/write release/evidence_base",
    "a file of the steward's, outside the home": "stewardship/unsealing",
}  # fmt: skip
CHANGES_FILES = {"hardlink_to", "mkdir", "rmdir", "rmtree", "symlink_to", "touch", "unlink", "write_bytes", "write_text"}  # fmt: skip
CHANGES_FILES_OF_OS = {"ftruncate", "link", "makedirs", "move", "remove", "removedirs", "symlink", "truncate"}


@functools.cache
def python_files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@functools.cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@functools.cache
def nodes(path: Path) -> list[ast.AST]:
    return list(ast.walk(tree(path)))


def program() -> Iterator[tuple[Path, Any]]:
    """Every node of every module."""
    for path in python_files("orchestration", "expectations"):
        yield from ((path, node) for node in nodes(path))


@functools.cache
def imports(path: Path) -> list[tuple[str, str | None]]:
    """(module, name) of every import of a file, also inside functions; name is None for `import module`."""
    found: list[tuple[str, str | None]] = []
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found += ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{shown(path)}: imports are written in full"
            found += ((str(node.module), alias.name) for alias in node.names)
    return found


@functools.cache
def imported_modules(path: Path) -> set[str]:
    """Modules a file imports; a name taken from a package counts as a module where it is one."""
    found = set()
    for module, name in imports(path):
        as_path = ROOT.joinpath(*module.split("."), name or "")
        is_module = name and (as_path.is_dir() or as_path.with_suffix(".py").is_file())
        found.add(f"{module}.{name}" if is_module else module)
    return found


def room_of(name: str) -> str | None:
    """The room that a dotted module name lies in, None outside all rooms."""
    parts = name.split(".")
    if parts[0] == "expectations":
        return "expectations"
    return parts[1] if parts[0] == "orchestration" and len(parts) > 1 and parts[1] in ROOMS else None


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def room_files() -> list[Path]:
    return [path for path in python_files("orchestration", "expectations") if room_of(dotted(path))]


@functools.cache
def public_names(room: str) -> set[str]:
    """What a room's package imports from its modules."""
    package = ROOT / "orchestration" / room / "__init__.py"
    return {str(name) for module, name in imports(package) if module.startswith(f"orchestration.{room}.")}


@functools.cache
def committed() -> list[Path]:
    """Files under version control or about to be; the rest is rebuilt."""
    asked = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True)
    return [Path(line) for line in listed.stdout.splitlines() if (ROOT / line).exists()]


def test_the_top_level_is_that_of_the_design() -> None:
    folders = {path.parts[0] for path in committed() if len(path.parts) > 1}
    files = {path.name for path in committed() if len(path.parts) == 1}
    settings_of_tools = {name for name in files if name.startswith(".")}
    assert folders - FOLDERS_OF_THE_DESIGN == set()
    assert files - settings_of_tools == FILES_OF_THE_DESIGN
    assert (ROOT / ".ci" / "run").is_file()


def test_every_folder_of_tests_is_run_by_one_of_the_commands() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    quick = settings["tool"]["pytest"]["ini_options"]["testpaths"]
    of_tests = {
        path.parts[1] for path in committed() if path.parts[0] == "tests" and path.name.startswith("test_")
    }
    assert {
        name for name in of_tests if f"tests/{name}" not in quick and f" tests/{name}" not in makefile
    } == set()


def test_the_rooms_are_those_of_the_design() -> None:
    inside = {one.parts[1] for one in committed() if one.parts[0] == "orchestration" and len(one.parts) > 2}
    assert inside == {*ROOMS_OF_THE_DESIGN, *CALL_THE_ROOMS}
    loose = {path.name for path in (ROOT / "orchestration").glob("*.py")}
    assert loose == {"__init__.py", "definitions.py"}


def test_no_folder_of_a_room_is_too_full_to_be_looked_through() -> None:
    files = Counter(path.parent for path in python_files("orchestration") if path.name != "__init__.py")
    full = {shown(folder): count for folder, count in files.items() if count > MOST_FILES}
    assert full == {}


def test_duckdb_is_opened_in_one_place() -> None:
    """`open_duckdb` sets what every connection needs: no progress bar, no download, UTC, where it may spill."""
    opened = {
        shown(path)
        for path, node in program()
        if getattr(node, "attr", "") == "connect" and ast.unparse(node) == "duckdb.connect"
    }
    assert opened == {"orchestration/core/engine.py"}


def test_no_name_is_one_that_says_nothing() -> None:
    wrong = []
    for path in [path for path in committed() if path.parts[0] in FOLDERS_OF_THE_DESIGN]:
        if set(re.split(r"[\W_]+", path.as_posix().casefold())) & FORBIDDEN_WORDS:
            wrong.append(path.as_posix())
    for path, node in program():
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", node.name).casefold().split("_")
            if set(words) & FORBIDDEN_WORDS:
                wrong.append(f"{shown(path)}:{node.lineno} {node.name}")
    assert wrong == []


def test_every_file_opens_with_a_docstring() -> None:
    """An empty `__init__.py` of the tests has nothing to say."""
    texts = {
        path: path.read_text(encoding="utf-8")
        for path in python_files("orchestration", "expectations", "tests")
    }
    assert [shown(path) for path, text in texts.items() if text.strip() and not text.startswith('"""')] == []


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_says_what_it_holds_and_what_it_offers(room: str) -> None:
    package = ROOT / "orchestration" / room / "__init__.py"
    told = ast.get_docstring(tree(package)) or ""
    elsewhere = {f"`{other}`" for other in {*ROOMS_OF_THE_DESIGN, "expectations"} - {room}}
    says_what_belongs_elsewhere = re.search(r"\bnot\b", told) or any(other in told for other in elsewhere)
    assert says_what_belongs_elsewhere and public_names(room)


def test_rooms_know_neither_dagster_nor_what_calls_them() -> None:
    """Nor a library that brings Dagster: all of them are named after it."""
    above = re.compile(r"dagster|orchestration\.(?:defs|cli|definitions)\b")
    known = [(shown(path), module) for path in room_files() for module in imported_modules(path)]
    assert [one for one in known if above.match(one[1])] == []


def test_entering_a_room_loads_none_of_the_libraries_behind_it() -> None:
    code = f"import sys, {', '.join(f'orchestration.{room}' for room in ROOMS)}; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in ran.stdout.split()}
    assert "orchestration" in loaded and loaded & HEAVY == set()


def test_a_room_is_entered_by_its_door() -> None:
    """Another room's names come from its package, which offers them."""
    wrong = []
    for path in python_files("orchestration", "expectations"):
        own = room_of(dotted(path))
        for module, name in imports(path):
            room = room_of(module)
            if room in (None, own, "expectations") or (module, name) in MODULES_USED_WHOLE:
                continue
            if module != f"orchestration.{room}" or name not in public_names(str(room)):
                wrong.append((shown(path), f"{module}: {name}"))
    assert wrong == []


def test_names_imported_from_a_room_are_offered_by_it() -> None:
    """`from orchestration import intake` and then only `intake.<what its package offers>`."""
    wrong = []
    for path in python_files("orchestration"):
        rooms = {name for module, name in imports(path) if module == "orchestration" and name in ROOMS}
        for node in nodes(path) if rooms else ():
            room = getattr(getattr(node, "value", None), "id", None)
            if isinstance(node, ast.Attribute) and room in rooms and node.attr not in public_names(str(room)):
                wrong.append(f"{shown(path)}:{node.lineno} {room}.{node.attr}")
    assert wrong == []


def test_a_room_refers_only_to_rooms_before_it() -> None:
    back = []
    for path in room_files():
        own = str(room_of(dotted(path)))
        others = {room_of(module) for module in imported_modules(path)} - {None, own, "expectations"}
        place = ROOMS_OF_THE_DESIGN.index(own) if own in ROOMS_OF_THE_DESIGN else 0
        back += [(shown(path), other) for other in others if ROOMS_OF_THE_DESIGN.index(str(other)) > place]
    assert back == []


def test_modules_do_not_refer_to_each_other_in_a_circle() -> None:
    """Not even for types alone."""
    knows = {dotted(path): imported_modules(path) for path in room_files() if path.name != "__init__.py"}
    while knows:
        settled = [module for module, others in knows.items() if not others & knows.keys()]
        assert settled, f"these modules refer to each other in a circle: {sorted(knows)}"
        for module in settled:
            del knows[module]


def test_only_settings_reads_the_environment() -> None:
    names = {"environ", "environb", "getenv", "putenv"}
    touching = {
        shown(path)
        for path, node in program()
        if {getattr(node, "attr", ""), getattr(node, "id", "")} & names
    }
    assert touching - {"orchestration/core/settings.py"} == TOUCHES_ENVIRONMENT.keys()


def test_other_modules_only_set_environment_variables() -> None:
    reading = {}
    for path in python_files("orchestration", "expectations"):
        text = path.read_text(encoding="utf-8")
        found = re.findall(r"environ\.get\((.*?)\)|getenv\((.*?)\)|= *os\.environ\[", text)
        if found and shown(path) != "orchestration/core/settings.py":
            reading[shown(path)] = len(found)
    assert reading == {"orchestration/warehouse/parsed_project.py": 1}, "what was there is put back"


def changes_files(call: ast.Call) -> bool:
    """Whether a call, by its name, changes files past `core.durable`."""
    function = call.func
    owner, name = getattr(function, "value", None), getattr(function, "attr", getattr(function, "id", ""))
    owner_name = getattr(owner, "id", "")
    texts = [str(one.value) for one in call.args if isinstance(one, ast.Constant)]
    if name == "open":
        is_low = owner_name == "os" and any(getattr(one, "attr", "") == "O_CREAT" for one in ast.walk(call))
        return is_low or any(re.fullmatch(r"[rbt]*[wax+][wbt+]*", text) for text in texts)
    if owner is None or owner_name == "durable":
        return False
    if name in ("replace", "rename"):  # of a text they take two arguments, of a time or a data frame names
        return owner_name == "os" or (len(call.args) == 1 and not call.keywords and not texts)
    return name in CHANGES_FILES or (owner_name in ("os", "shutil") and name in CHANGES_FILES_OF_OS)


def test_only_durable_changes_what_is_kept() -> None:
    """A test can then fail each change of each step in turn: `tests/faults`."""
    changing = {shown(path) for path, node in program() if isinstance(node, ast.Call) and changes_files(node)}
    told = {f"orchestration/{name}.py" for names in WRITES_WITHOUT_DURABLE.values() for name in names.split()}
    assert changing == {"orchestration/core/durable.py"} | told


def test_defs_stay_thin() -> None:
    long = {
        shown(path): lines
        for path in python_files("orchestration/defs")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_DEFS_FILE
    }
    assert long == {}
    definitions = (ROOT / "orchestration" / "definitions.py").read_text(encoding="utf-8")
    assert len(definitions.splitlines()) < 20


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return new_evidence_base(tmp_path_factory.mktemp("definitions")).settings


@pytest.fixture(scope="module")
def definitions(settings: Settings) -> dg.Definitions:
    return evidence_base(Runs(settings))


@pytest.fixture(scope="module")
def specs(definitions: dg.Definitions) -> Specs:
    return {spec.key: spec for spec in definitions.resolve_all_asset_specs()}


def of_python(specs: Specs) -> Specs:
    return {key: spec for key, spec in specs.items() if "dbt" not in spec.kinds}


def test_every_check_targets_an_asset_that_exists(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    made = graph.materializable_asset_keys
    assert 30 < len(graph.asset_check_keys) < 80
    assert [key for key in graph.asset_check_keys if key.asset_key not in made] == []


def test_every_partner_has_an_asset_with_checks_of_what_it_sent_and_when(definitions: dg.Definitions) -> None:
    checks = definitions.resolve_asset_graph().asset_check_keys
    for partner in scenario.PARTNERS:
        key = dg.AssetKey(["landing", partner])
        named = {check.name for check in checks if check.asset_key == key}
        assert named == {"extracts_are_fit_and_on_time"}


def test_every_expectation_appears_once_and_says_why_and_what_to_do() -> None:
    for gate in (EXTRACT_GATE, (*RELEASE_GATE, *TABLE_GATE)):
        assert len({one.name for one in gate if one.why and one.steward_action}) == len(gate)


def test_checks_of_reconciliation_and_disclosure_cannot_be_waived() -> None:
    promised = [name for name in CHECKS if re.search("reconcil|disclosure|attack", name)]
    assert promised and not [name for name in promised if is_waivable(name)]


def test_pipeline_starts_with_landings(definitions: dg.Definitions, specs: Specs) -> None:
    """No Python step stands beside the way, and none refers to what nobody makes."""
    graph = definitions.resolve_asset_graph()
    assert graph.external_asset_keys == set()
    roots = graph.root_materializable_asset_keys & of_python(specs).keys()
    assert {key.to_user_string() for key in roots} == {f"landing/{partner}" for partner in scenario.PARTNERS}
    leaves = {key.to_user_string() for key in of_python(specs) if not graph.get(key).child_keys}
    assert leaves == {"release/published", "release/receipts"}


def test_dbt_and_python_read_what_the_other_makes(definitions: dg.Definitions, specs: Specs) -> None:
    declared = yaml.safe_load((ROOT / "dbt_project/models/staging/sources.yml").read_text(encoding="utf-8"))
    read = {(source["name"], table["name"]) for source in declared["sources"] for table in source["tables"]}
    sources = {source for source, _ in read}
    made = {key.path[0] for key in of_python(specs)} - {"landing", "release"}
    assert made == sources
    assert {table for source, table in read if source == "typed"} == set(TYPED_TABLES)
    graph = definitions.resolve_asset_graph()
    for source in sources:
        key = dg.AssetKey(["gates", "in_force"]) if source == "gates" else dg.AssetKey(source)
        readers = graph.get(key).child_keys
        assert [reader for reader in readers if reader not in of_python(specs)], f"no model reads {source}"


def test_all_that_the_ui_shows_is_described(definitions: dg.Definitions, specs: Specs) -> None:
    """Of checks the refusal after a failed dbt test promises it: `refresh/tables.py`, `stop_if_broken`."""
    assert [key for key, spec in specs.items() if not (spec.description or "").strip()] == []
    repository = definitions.get_repository_def()
    described = (repository.get_job("refresh"), *repository.schedule_defs, *repository.sensor_defs)
    assert [one.name for one in described if not one.description] == []
    graph = definitions.resolve_asset_graph()
    purposes = {key: graph.get_check_spec(key).description or "" for key in graph.asset_check_keys}
    assert [key for key, purpose in purposes.items() if not purpose.strip()] == []


def test_the_groups_of_the_graph_read_from_left_to_right(definitions: dg.Definitions, specs: Specs) -> None:
    in_order = [
        "extracts", "places", "gates", "shape", "link", "measure", "marts", "protect", "release",
    ]  # fmt: skip
    graph = definitions.resolve_asset_graph()
    back = [
        (key.to_user_string(), child.to_user_string())
        for key in specs
        for child in graph.get(key).child_keys
        if in_order.index(str(specs[key].group_name)) > in_order.index(str(specs[child].group_name))
    ]
    assert back == []


def test_every_asset_has_an_owner_a_kind_and_says_who_may_see_it(
    specs: Specs,
) -> None:
    assert {owner for spec in specs.values() for owner in spec.owners} == {"team:operators"}
    assert [key.to_user_string() for key, spec in specs.items() if not (spec.owners and spec.kinds)] == []
    shown = {spec.tags.get("njia/sensitivity") for spec in specs.values()}
    assert shown == {"restricted", "members", "public"}


def test_a_partners_steward_owns_its_extracts_where_dagster_takes_the_address(tmp_path: Path) -> None:
    base = new_evidence_base(tmp_path)
    given = scenario.PARTNERS["swala_post"]
    for address, owner in (
        ("data@swala.example", "data@swala.example"),
        (".a@swala.example", "team:operators"),
    ):
        written = given.replace("steward@swala_post.example", address)
        assert written != given
        base.write_contract("swala_post", written)
        specs = {spec.key: spec for spec in evidence_base(Runs(base.settings)).resolve_all_asset_specs()}
        assert specs[dg.AssetKey(["landing", "swala_post"])].owners == [owner]


def test_one_job_runs_at_two_in_nairobi_and_when_a_file_arrives(definitions: dg.Definitions) -> None:
    repository = definitions.get_repository_def()
    jobs = [job.name for job in repository.get_all_jobs() if not job.name.startswith("__")]
    assert jobs == ["refresh"]
    (schedule,) = repository.schedule_defs
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 2 * * *", "Africa/Nairobi")
    assert schedule.job_name == "refresh"
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING
    sensors = {one.name: [target.job_name for target in one.targets] for one in repository.sensor_defs}
    assert sensors == {"inbox": ["refresh"], "messages": []}, "what tells people starts nothing"
    assert {one.default_status for one in repository.sensor_defs} == {dg.DefaultSensorStatus.RUNNING}


def test_the_job_takes_every_asset(definitions: dg.Definitions) -> None:
    job = definitions.resolve_job_def("refresh")
    graph = definitions.resolve_asset_graph()
    assert job.asset_layer.selected_asset_keys == graph.materializable_asset_keys
    assert job.asset_layer.asset_graph.asset_check_keys == graph.asset_check_keys


def test_dagster_sends_no_telemetry_and_runs_one_at_a_time(settings: Settings) -> None:
    prepare_home(settings)
    written = yaml.safe_load((settings.dagster_home / "dagster.yaml").read_text(encoding="utf-8"))
    assert written["nux"] == {"enabled": False}
    assert written["run_coordinator"]["class"] == "QueuedRunCoordinator"
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance:
        assert instance.telemetry_enabled is False
        assert isinstance(instance.compute_log_manager, NoOpComputeLogManager), "a print may quote a cell"
        assert instance.get_concurrency_config().run_queue_config.max_concurrent_runs == 1


def test_a_broken_or_missing_contract_leaves_the_definitions_whole(tmp_path: Path) -> None:
    base = new_evidence_base(tmp_path)
    base.write_contract("swala_post", "contract: [this is not\n  a contract: at all")
    misspelt = scenario.PARTNERS["kobe_post"].replace("delivery:", "delivry:")
    assert "delivry:" in misspelt
    base.write_contract("kobe_post", misspelt)
    (base.settings.partners / "punda_new").mkdir()
    whole = evidence_base(Runs(base.settings)).resolve_asset_graph()
    for partner in (*scenario.PARTNERS, "punda_new"):
        key = dg.AssetKey(["landing", partner])
        assert key in whole.materializable_asset_keys
        assert [check for check in whole.asset_check_keys if check.asset_key == key]


# They put `Q:`, `unk:` or `flag:` before the code they are given.
EMITTERS = {"_unknown", "_unread", "set_aside", "flagged"}
OUTCOME = re.compile(r"(?:Q|unk|flag):(\w+)")
CODE = re.compile(r"[a-z]+(_[a-z0-9]+)+")


def rule_codes_in_python() -> set[str]:
    """Codes written out in the two rooms that find problems: with their outcome, or given to an emitter."""
    found: set[str] = set()
    for path in python_files(
        *(f"orchestration/{room}" for room in ("contracts", "intake", "typing", "places"))
    ):
        for node in nodes(path):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.update(OUTCOME.fullmatch(node.value).groups() if OUTCOME.fullmatch(node.value) else ())
            callee = getattr(node, "func", None)
            name = getattr(callee, "id", getattr(callee, "attr", None))
            first = str(getattr(node.values[0], "value", "")) if isinstance(node, ast.JoinedStr) else ""
            if first.endswith(("Q:", "unk:", "flag:")):
                found.update(codes_below(node))
            elif name in EMITTERS:
                found.update(code for argument in node.args for code in codes_below(argument))
            elif isinstance(node, ast.FunctionDef) and node.name == "error_code":
                found.update(codes_below(node))
    return found


def codes_below(node: ast.AST) -> Iterator[str]:
    for one in ast.walk(node):
        if isinstance(one, ast.Constant) and isinstance(one.value, str) and CODE.fullmatch(one.value):
            yield one.value


def rule_codes_in_sql() -> set[str]:
    """Codes that the judging models write, as the rule a record met or the rule that decided its fate."""
    folder = ROOT / "dbt_project" / "models" / "quarantine"
    rules = re.findall(r"'(\w+)' as rule_code\b", (folder / "record_rules.sql").read_text(encoding="utf-8"))
    judging = (folder / "judged_records.sql").read_text(encoding="utf-8")
    fates = re.search(r"as fate,\s+case.*?end as rule_codes", judging, re.DOTALL)
    assert rules and fates
    return {*rules, *re.findall(r"then '(\w+)'", fates[0])}


def explained_rules() -> dict[str, dict[str, str]]:
    with (REFERENCE_SEEDS / "quality_rules.csv").open(encoding="utf-8", newline="") as lines:
        return {row["rule_code"]: row for row in csv.DictReader(lines)}


def test_every_rule_that_reading_typing_and_judging_find_is_explained() -> None:
    found = rule_codes_in_python()
    assert found >= {
        "date_invalid",
        "age_straddles_18",
        "count_vague",
        "twin_assumed",
        "cell_error",
        "orphan_leg",
    }
    assert (found | rule_codes_in_sql()) - explained_rules().keys() == set()


def test_every_rule_says_what_it_means_and_what_a_steward_does() -> None:
    for code, row in explained_rules().items():
        assert row["outcome"] in ("Q", "unk", "flag"), code
        assert all(row[column].strip() for column in ("title", "explanation", "steward_action")), code
