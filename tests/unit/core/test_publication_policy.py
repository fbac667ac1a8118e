"""The publication policy and its noise table are checked before a build; each fault names its row."""

from pathlib import Path

import pytest

from orchestration.core import NjiaError, PublicationPolicy, Settings, load_publication_policy
from orchestration.core.policies import NOISE_SEED, POLICY_SEED


def loaded(
    folder: Path, policy: tuple[str, str] = ("", ""), noise: tuple[str, str] = ("", "")
) -> PublicationPolicy:
    """The shipped files, with one text replaced in each."""
    files = []
    for seed, (old, new) in ((POLICY_SEED, policy), (NOISE_SEED, noise)):
        text = seed.read_text(encoding="utf-8")
        assert old in text
        files.append(folder / seed.name)
        files[-1].write_text(text.replace(old, new, 1) if old else text, encoding="utf-8")
    return load_publication_policy(*files)


def row(name: str) -> str:
    lines = POLICY_SEED.read_text(encoding="utf-8").splitlines()
    return next(line for line in lines if line.startswith(name))


def test_the_shipped_policy_needs_no_signature() -> None:
    policy = load_publication_policy()
    assert (policy["public_least_count"], policy["public_least_label_count"]) == (10, 20)
    assert policy.numbers["utility_least_share"] == 0.85
    assert "sex" in policy.microdata_quasi_identifiers
    assert policy.changed == [] and policy.why_unsigned([]) is None


def test_a_changed_policy_needs_the_signature_of_exactly_its_version(tmp_path: Path) -> None:
    shipped = load_publication_policy()
    changed = loaded(tmp_path, ("public_least_count,10", "public_least_count,8"))
    assert changed.changed == ["public_least_count"] and changed.version != shipped.version
    assert changed.why_unsigned([changed.version]) is None
    for signed in ([], [shipped.version]):
        assert "differs from what Njia ships in public_least_count" in str(changed.why_unsigned(signed))


def test_reason_does_not_change_the_policy_version(tmp_path: Path) -> None:
    assert (
        loaded(tmp_path, ("Six standard deviations", "Enough")).version == load_publication_policy().version
    )


@pytest.mark.parametrize(("old", "new", "sentence"), [
    (row("public_delay_days") + "\n", "", "has no row public_delay_days"),
    ("public_delay_days,90,", "public_delay_days,,", "row public_delay_days: found nothing, expected a whole"),
    ("public_delay_days,90,", "public_delay_days,0,", "found 0, expected a whole number from 30 to 3650"),
    ("public_delay_days,90,", "public_delay_days,soon,", "found soon, expected a whole number"),
    ("public_delay_days,90,", "public_delay_days,90.5,", "found 90.5, expected a whole number"),
    ("public_delay_days,90,", "public_delay_days,1e2,", "found 1e2, expected a whole number"),
    ("utility_least_share,0.85,", "utility_least_share,85,", "found 85, expected a number from 0 to 1"),
    ("utility_least_share,0.85,", "utility_least_share,nan,", "found nan, expected a number"),
    ("label_count,20,", "label_count,9,", "line 3, row public_least_label_count: found 9, expected at least "
     "public_least_count (10)"),
    ("public_least_count,10,", "public_least_count,4,", "line 2, row public_least_count: found 4, expected at "
     "least members_least_count (5)"),
    ("public_least_count,10,", "public_least_count,0,", "found 0, expected a whole number from 3 to 1000"),
    ("comparison_changed_percent,20,", "comparison_changed_percent,120,", "found 120, expected a whole number from 1"),
    ("comparison_least_percent,125,", "comparison_least_percent,99,", "found 99, expected a whole number from 101"),
    ("comparison_least_cases,20,", "comparison_least_cases,9,", "expected at least comparison_least_matched (10)"),
    ("noise_row_3_from,200,", "noise_row_3_from,40,", "found 40, expected more than noise_row_2_from"),
    ("public_delay_days,90,", "public_delay,90,", "has no row public_delay_days"),
    ("public_delay_days", "dominance,1,1,,\npublic_delay_days", "has a row dominance that nothing reads"),
    ("public_delay_days", row("members_least") + "\npublic_delay_days", "has a name in two rows"),
    ("name,value,shipped", "name,value,default", "must have the columns name, value, shipped"),
    ("public_delay_days,90,90,days,", "public_delay_days,90", "and each row all of them"),
])  # fmt: skip
def test_impossible_policy_is_refused_by_its_row(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    with pytest.raises(NjiaError) as refused:
        loaded(tmp_path, (old, new))
    assert str(refused.value).startswith("publication_policy.csv") and sentence in str(refused.value)


@pytest.mark.parametrize(("old", "new", "sentence"), [
    ("1,-14,00000000,00000037\n", "", "noise_row 1: hashes are missing at 00000000"),
    ("1,-14,00000000,00000037", "1,-14,00000000,00000036", "hashes are missing at 00000037"),
    ("1,-14,00000000,00000037", "1,-14,00000000,0000003G", "hashes are missing"),
    ("0000131a", "0000131A", "hashes are missing"),
    ("1,-14,", "1,-15,", "largest value 15, where publication_policy.csv says 0, 6 and 14"),
    ("1,-14,", "1,many,", "has an invalid row: 1, many"),
    ("1,-14,", "6,-14,", "has an invalid row: 6, -14"),
    ("noise_row,noise,", "row,noise,", "must have the columns noise_row, noise"),
])  # fmt: skip
def test_damaged_noise_table_is_refused(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    with pytest.raises(NjiaError) as refused:
        loaded(tmp_path, noise=(old, new))
    assert str(refused.value).startswith("noise.csv") and sentence in str(refused.value)


@pytest.mark.parametrize(
    "changed", ["noise_row_1_variance,8", "noise_row_2_largest,15", "noise_row_3_variance,16"]
)
def test_a_policy_with_the_noise_of_another_is_refused(tmp_path: Path, changed: str) -> None:
    name = changed.partition(",")[0]
    with pytest.raises(NjiaError, match=r"Write the table anew: python -m seeds\.build\.noise_table"):
        loaded(tmp_path, (",".join(row(name).split(",")[:2]), changed))


@pytest.mark.parametrize("seed", [POLICY_SEED, NOISE_SEED])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, seed: Path) -> None:
    files = {POLICY_SEED: POLICY_SEED, NOISE_SEED: NOISE_SEED} | {seed: tmp_path / seed.name}
    for _ in range(2):  # missing, then no text
        with pytest.raises(NjiaError, match=rf"{seed.name} cannot be read"):
            load_publication_policy(*files.values())
        files[seed].write_bytes(b"\xff\xfe\xff")


def test_a_refresh_checks_the_policy_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from orchestration.refresh import run

    def refuse() -> None:
        raise NjiaError("publication_policy.csv, row public_delay_days: found 0")

    monkeypatch.setattr(run, "load_publication_policy", refuse)
    begun = run.Runs(Settings(tmp_path / "home", tmp_path, tmp_path / "home" / "keys"))
    with pytest.raises(NjiaError, match="row public_delay_days"):
        begun.begin("a-run")
    assert not (tmp_path / "home" / "work" / "warehouse.duckdb").exists()
