"""Whether a home lies on an encrypted volume, read from made-up trees of /proc and /sys."""

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from orchestration.cli.root import cli
from orchestration.core import Settings, UsageError, require_encrypted_volume
from orchestration.core.disk import lies_on_encrypted


class Machine:
    """Mounts and block devices as Linux shows them."""

    def __init__(self, root: Path) -> None:
        self.proc, self.sys, self.disk = root / "proc", root / "sys", root / "disk"
        for folder in ("proc/self", "sys/dev/block", "sys/class/block", "disk"):
            (root / folder).mkdir(parents=True)
        self.mounts: list[str] = []

    def mount(self, point: Path, device: str, kind: str = "ext4", source: str = "/dev/x") -> None:
        point.mkdir(parents=True, exist_ok=True)
        shown = str(point).replace(" ", "\\040")
        self.mounts.append(f"1 1 {device} / {shown} rw shared:1 - {kind} {source} rw")
        (self.proc / "self" / "mountinfo").write_text("\n".join(self.mounts) + "\n")

    def device(self, name: str, number: str, uuid: str = "", below: tuple[str, ...] = ()) -> None:
        block = self.sys / "devices" / name
        (block / "slaves").mkdir(parents=True)
        for one in below:
            (block / "slaves" / one).symlink_to(self.sys / "devices" / one)
        if uuid:
            (block / "dm").mkdir()
            (block / "dm" / "uuid").write_text(uuid)
        (self.sys / "dev" / "block" / number).symlink_to(block)
        (self.sys / "class" / "block" / name).symlink_to(block)

    def encrypts(self, path: Path) -> bool:
        return lies_on_encrypted(path, self.proc, self.sys)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tmp_path)
    made.device("sda1", "8:1")
    made.device("sdb1", "8:17")
    made.device("dm-0", "253:0", "CRYPT-LUKS2-0f-home", ("sda1",))
    made.mount(Path("/"), "8:1")
    return made


def test_luks_is_seen_and_a_plain_disk_is_not(machine: Machine) -> None:
    machine.mount(machine.disk / "my home", "253:0")
    assert machine.encrypts(machine.disk / "my home" / "not" / "there" / "yet")
    assert not machine.encrypts(machine.disk)


@pytest.mark.parametrize(("uuid", "below", "encrypts"), [
    *((f"CRYPT-{kind}-home", ("sdb1",), True) for kind in ("LUKS1", "PLAIN", "TCRYPT", "BITLK")),
    *((f"CRYPT-{kind}-0f-home", ("sdb1",), False) for kind in ("VERITY", "INTEGRITY")),
    *((f"CRYPT-{kind}-1f-home", ("dm-0",), True) for kind in ("VERITY", "INTEGRITY")),
    ("LVM-aa", ("dm-0",), True),
    ("LVM-bb", ("dm-0", "sdb1"), False),
])  # fmt: skip
def test_a_device_encrypts_by_its_kind_or_where_all_below_it_does(
    machine: Machine, uuid: str, below: tuple[str, ...], encrypts: bool
) -> None:
    machine.device("dm-1", "253:1", uuid, below)
    machine.mount(machine.disk, "253:1")
    assert machine.encrypts(machine.disk) == encrypts


@pytest.mark.parametrize(
    ("kind", "source", "encrypts"),
    [("btrfs", "/dev/dm-0", True), ("tmpfs", "tmpfs", False), ("fuse.gocryptfs", "/cipher", True)],
)
def test_file_systems_without_a_device_number_are_known_by_their_source(
    machine: Machine, kind: str, source: str, encrypts: bool
) -> None:
    machine.mount(machine.disk, "0:42", kind, source)
    assert machine.encrypts(machine.disk) == encrypts


def test_covering_mount_decides(machine: Machine) -> None:
    machine.mount(machine.disk / "home", "253:0")
    machine.mount(machine.disk / "home", "8:17")
    assert not machine.encrypts(machine.disk / "home")


def test_machine_without_proc_is_not_known_to_be_encrypted(tmp_path: Path) -> None:
    assert not lies_on_encrypted(tmp_path, tmp_path / "proc", tmp_path / "sys")


def test_home_and_keys_must_both_be_encrypted_unless_the_operator_vouches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asks = Settings(tmp_path / "home", tmp_path, tmp_path / "keys", require_encrypted_volume=True)
    encrypted = {asks.home}
    monkeypatch.setattr("orchestration.core.disk.lies_on_encrypted", lambda path: path in encrypted)
    with pytest.raises(UsageError, match=f"{asks.keys} shows no .+ LUKS") as refused:
        require_encrypted_volume(asks)
    assert str(asks.home) not in str(refused.value)
    require_encrypted_volume(replace(asks, volume_is_encrypted=True))
    require_encrypted_volume(replace(asks, require_encrypted_volume=False))
    encrypted.add(asks.keys)
    require_encrypted_volume(asks)


def test_a_command_refuses_before_it_writes_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestration.core.disk.lies_on_encrypted", lambda path: False)
    file = tmp_path / "register.csv"
    file.write_text("a,b\n")
    (tmp_path / "partners" / "fixture_desk").mkdir(parents=True)
    at = ["--home", str(tmp_path / "home"), "--partners", str(tmp_path / "partners")]
    for command in (["inbox", "add", "fixture_desk", str(file)], ["status"]):
        ended = CliRunner(env={"NJIA_REQUIRE_ENCRYPTED_VOLUME": "1"}).invoke(cli, [*command, *at])
        assert isinstance(ended.exception, UsageError)
        assert "NJIA_VOLUME_IS_ENCRYPTED=1" in str(ended.exception)
        assert not (tmp_path / "home").exists()
