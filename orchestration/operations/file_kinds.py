"""Every kind of file in a home: how it is proven, what damage means and what mends it.

The first kind whose pattern fits a file is its kind. A new kind of file is one entry here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from orchestration.operations import proofs
from orchestration.operations.proofs import Proof

RESTORE = "Copy it from a backup: `njia restore REPOSITORY FOLDER` brings the last one into a new folder. "
REFRESH = "`njia refresh` makes it again."


@dataclass(frozen=True)
class Kind:
    """A kind of file. `patterns`: of the path below the home, where `*` also stands for `/`.

    `in_backup`: whether a backup takes it.
    """

    name: str
    patterns: tuple[str, ...]
    proof: Proof
    means: str
    mend: str
    in_backup: bool = True


REVIEW_LISTS = Kind(
    "review lists",
    ("review/*",),
    proofs.either_sum,
    "Stewards see an old or broken list.",
    REFRESH,
)
INBOX = Kind(
    "files to take in",
    ("inbox/*",),
    proofs.nothing,
    "The partner's file waits here; nothing of it is known yet.",
    "Have the partner send it again.",
)
KINDS = (
    Kind(
        "unfinished and locks",
        (
            "*.tmp-*",
            "releases/.candidate-*",
            "*.lock",
            "refresh.holder",
            "review/.drafts/*",
            "review/.end*",
        ),
        proofs.nothing,
        "A process is at work, or was killed.",
        "The next refresh removes what is left over.",
        in_backup=False,
    ),
    Kind(
        "home",
        ("home.json",),
        proofs.layout_named,
        "Which versions of Njia may use this home is unknown, so none does.",
        RESTORE,
    ),
    Kind(
        "keys",
        (
            "keys/record.key",
            "keys/link.key",
            "keys/noise.key",
            "keys/release.*",
            "keys/stewards.age.pub",
        ),
        proofs.keys,
        "With another record key no decision and no forgotten record is recognised; with another noise key "
        "no year can be published; with another release key the releases look forged.",
        RESTORE + "Or set NJIA_KEYS to the folder of this home's keys.",
    ),
    Kind(
        "private key of the samples",
        ("keys/stewards.age.key",),
        proofs.nothing,
        "The originals of the samples stay shut.",
        "Begin the home of the samples again.",
        in_backup=False,
    ),
    Kind(
        "passwords of sources",
        ("keys/*",),
        proofs.nothing,
        "The source refuses Njia.",
        "Write the password or token again.",
    ),
    Kind(
        "decisions",
        ("decisions/*.jsonl",),
        proofs.decisions,
        "What stewards decided cannot be applied, so nothing is refreshed.",
        RESTORE + "What came after the backup: decide it again, and take back the ids that are missing "
        "(`njia decide revoke ID`). Never edit the file.",
    ),
    Kind(
        "last backup",
        ("last_backup.json",),
        proofs.own_sum,
        "When the last backup was made is unknown.",
        "`njia backup` writes it again.",
        in_backup=False,
    ),
    Kind(
        "forgotten records",
        ("forgotten/*.json",),
        proofs.forgotten,
        "Forgotten records are there again, or would come back with the partner's next extract.",
        RESTORE
        + "`njia refresh` erases what has landed again. Of what landed with another record key, delete "
        "the files in landing/, and add the original to the inbox.",
    ),
    Kind(
        "landed extracts",
        ("landing/*",),
        proofs.landing,
        "The extract cannot be read again. What it gave stays in force until a refresh must read it.",
        RESTORE + "Without a backup, have the partner send the file again; or a steward opens the original "
        "(`njia unseal {partner} {extract} --out FILE`, with the ending of its name) and gives it back: "
        "`njia inbox add {partner} FILE`.",
    ),
    Kind(
        "sealed originals",
        ("sealed/*",),
        proofs.originals,
        "Stewards cannot open the original. What landed of it stays in force.",
        RESTORE + "Without a backup, have the partner send the file again.",
    ),
    Kind(
        "link codes",
        ("link_codes/*",),
        proofs.sum_beside,
        "The extract's persons cannot be linked with those of other partners.",
        RESTORE + "Without a backup, delete it and have the partner send the file again.",
    ),
    Kind(
        "releases",
        ("releases/*", "current"),
        proofs.releases,
        "Readers are shown something else than was published.",
        RESTORE + "Until then, `njia rollback RELEASE` shows an earlier release.",
    ),
    Kind(
        "lineage",
        ("lineage/*",),
        proofs.lineage,
        "`njia trace` finds no rows behind the numbers of this release.",
        RESTORE + "Without a backup it is lost; the next release has its own.",
    ),
    Kind(
        "audit log",
        ("audit/*",),
        proofs.audit_chain,
        "Who did what cannot be shown without a gap.",
        RESTORE + "Without one, the gap stays visible.",
    ),
    Kind(
        "accounts",
        ("desk/*",),
        proofs.own_sum,
        "The desk accepts no log-in.",
        RESTORE + "Or delete it and make each account with `njia account add`.",
    ),
    Kind(
        "history of refreshes",
        ("review/history/*", "review/changes/*"),
        proofs.history,
        "The trends at the desk have a gap.",
        RESTORE + "Without a backup, delete it: the gap stays.",
    ),
    REVIEW_LISTS,
    Kind(
        "receipts",
        ("receipts/*",),
        proofs.sum_beside,
        "The partner reads something else than was written.",
        RESTORE + "The next refresh writes a new receipt.",
    ),
    Kind(
        "messages",
        ("notices/*",),
        proofs.either_sum,
        "It is unknown which messages were sent.",
        RESTORE + "Or delete it: then current events are sent once more.",
    ),
    Kind(
        "sources",
        ("pulls/*",),
        proofs.own_sum,
        "It is unknown what was fetched, so the source is fetched from its start.",
        "Delete it: the next pull writes it again. What came before is recognised.",
    ),
    INBOX,
    Kind(
        "contracts",
        ("partners/*.yml", "partners/*.yaml"),
        proofs.nothing,
        "Landed extracts keep the contract they landed under; new files of the partner wait.",
        RESTORE + "Or put it back from your version control.",
    ),
    Kind(
        "history of runs",
        ("dagster/*",),
        proofs.sqlite,
        "The Dagster UI cannot show earlier runs. Releases do not need them.",
        "The next `njia refresh` or `njia serve` begins a new history.",
        in_backup=False,
    ),
    Kind(
        "work",
        ("work/*",),
        proofs.steps,
        "The step is done again.",
        REFRESH,
        in_backup=False,
    ),
)
UNKNOWN = Kind(
    "unknown",
    ("*",),
    proofs.nothing,
    "Njia did not write this file and does not read it.",
    "Move it out of the home.",
    in_backup=False,
)  # fmt: skip


def kind_of(name: str, kinds: Iterable[Kind] = KINDS) -> Kind:
    """Return the kind of a file by its path below the home."""
    return next((kind for kind in kinds if any(fnmatchcase(name, one) for one in kind.patterns)), UNKNOWN)
