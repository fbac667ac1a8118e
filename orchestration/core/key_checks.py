"""The key that signs releases, and the proof of every key before use: its check value in `home.json`.

A check value is 16 hex digits of a hash of the key, which do not give it away. It is noted when a key is made
or brought, and changed by a rotation alone: while that runs, the values of both keys stand there. A release
key without a check value is proven by the release in force.

`release.key` signs, `release.pub` (public) verifies: Ed25519 in openssl's file format, so that a reader can
check a signature without Njia. The key is no input of a refresh.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pyrage
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from orchestration.core.durable import write_bytes, write_secret
from orchestration.core.errors import Damaged, NjiaError, UsageError
from orchestration.core.home import HOME_JSON
from orchestration.core.settings import Settings
from orchestration.core.sums import read_json, write_json

RECORD_KEY, LINK_KEY, NOISE_KEY = "record.key", "link.key", "noise.key"
RELEASE_KEY, RELEASE_PUB = "release.key", "release.pub"
STEWARDS_RECIPIENT = "stewards.age.pub"
SAMPLES_PRIVATE_KEY = "stewards.age.key"  # in a home of the samples alone
USES = {
    "record": (
        RECORD_KEY,
        "makes record ids, codes of partners and submissions, marks of forgotten records; "
        "encrypts texts of places",
    ),
    "link": (LINK_KEY, "makes link codes of names, phones and answers"),
    "noise": (NOISE_KEY, "makes protection keys, which decide the noise of public counts"),
    "stewards": (STEWARDS_RECIPIENT, "originals are sealed to it; the stewards hold the private key"),
    "release": (RELEASE_KEY, "signs releases; release.pub is for everybody"),
}
CHECKS = "key_checks"  # in home.json
KEY_BYTES = 32
_NOT_YET = ""  # beside the check value of a new key that replaces none
_RESTORE = (
    "Restore it from the backup (`njia restore` brings it back in a new folder), or set NJIA_KEYS to the "
    "folder of this home's keys. "
)
_IF_LOST = {
    "record": "If it is lost, begin a new home: another key gives every record another id.",
    "noise": "If it is lost, begin a new home: the noise of two keys would give a count away.",
}


def has_signed(key: Ed25519PublicKey, content: bytes, signature: bytes) -> bool:
    try:
        key.verify(signature, content)
    except InvalidSignature:
        return False
    return True


def write_new_release_key(path: Path) -> Ed25519PrivateKey:
    key = Ed25519PrivateKey.generate()
    content = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_secret(path, content.decode().rstrip())
    return key


def _read_release_key(path: Path) -> Ed25519PrivateKey:
    """Read a private key; raises ValueError or TypeError for what is no Ed25519 key."""
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError
    return key


def load_public_key(path: Path) -> Ed25519PublicKey:
    """Read a public key; raises UsageError where the file is missing or no Ed25519 public key."""
    try:
        key = load_pem_public_key(path.read_bytes())
        if not isinstance(key, Ed25519PublicKey):
            raise TypeError
        return key
    except (FileNotFoundError, PermissionError):
        raise UsageError(
            f"There is no public key {path} that this account may read. Ask whoever runs Njia for its "
            "release.pub, and give it with --key."
        ) from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise UsageError(
            f"{path} is no public key of releases; such a file begins with `-----BEGIN PUBLIC KEY-----`. Ask "
            "whoever runs Njia for its release.pub."
        ) from None


def noted_checks(settings: Settings) -> dict[str, list[str]]:
    """Return the check values that each key may have, by its name; empty for a home that has none yet."""
    path = settings.home / HOME_JSON
    try:
        return dict(read_json(path).get(CHECKS, {}))
    except FileNotFoundError:
        return {}
    except (AttributeError, OSError):
        raise Damaged(path, "it names no check values of keys") from None


def note_checks(settings: Settings, checks: Mapping[str, list[str]]) -> None:
    """Write check values into home.json, which exists; none drops the key. Those of other keys stay."""
    path = settings.home / HOME_JSON
    found = read_json(path)
    noted = {**found.get(CHECKS, {}), **checks}
    wanted = {**found, CHECKS: {name: values for name, values in noted.items() if values}}
    if wanted != found:
        write_json(path, wanted)


def note_new_checks(settings: Settings) -> None:
    """Note the check value of each key that has none."""
    missing = USES.keys() - noted_checks(settings).keys()
    note_checks(settings, {name: [_check(name, proven(settings, name))] for name in missing})


def expect_key(settings: Settings, name: str, successor: Path) -> None:
    """Note that a key may be replaced by its successor from now on; `settle_checks` ends that."""
    earlier = noted_checks(settings).get(name, [_NOT_YET])[-1]
    note_checks(settings, {name: [earlier, _check(name, key_in(name, successor))]})


def is_replaced(settings: Settings, name: str) -> bool:
    """Return whether a rotation that has not ended has installed its new key."""
    noted = noted_checks(settings).get(name, ())
    try:
        return len(noted) > 1 and noted[-1] == _check(name, key_in(name, settings.keys / USES[name][0]))
    except Damaged:  # the key of before, lost or damaged
        return False


def settle_checks(settings: Settings) -> None:
    """Note of each ended rotation the new key alone if it is installed, otherwise that of before, if any."""
    for name, noted in noted_checks(settings).items():
        if name in USES and len(noted) > 1:
            settled = noted[-1 if is_replaced(settings, name) else 0]
            note_checks(settings, {name: [] if settled == _NOT_YET else [settled]})


def proven(settings: Settings, name: str) -> bytes:
    """Return a key, of the release key its public part, after its proof.

    Raises UsageError where the home has none yet, Damaged where it is missing or is not that of this home.
    """
    path = settings.keys / USES[name][0]
    if not os.access(path, os.F_OK) and not needs(settings, name):
        raise UsageError(
            f"The keys in {settings.keys} are missing or incomplete. `njia refresh` makes them, once "
            f"{STEWARDS_RECIPIENT} holds the stewards' public key, or in a terminal."
        )
    key = key_in(name, path)
    _prove(settings, name, key, path)
    return key


def needs(settings: Settings, name: str) -> bool:
    """Return whether this home was used with a key, so that no other may take its place."""
    return name in noted_checks(settings) or (name == "release" and not _signs(settings, b""))


def key_in(name: str, path: Path) -> bytes:
    """Read a file that holds a key of this name; raises Damaged where it does not."""
    expected = {"release": "Ed25519 key (PEM)", "stewards": "age recipient (age1…)"}
    found, advice = f"expected: {expected.get(name, f'{2 * KEY_BYTES} hex digits')}", mend(name)
    try:
        if name == "release":
            return _read_release_key(path).public_key().public_bytes_raw()
        text = path.read_text().strip()
        if name == "stewards":
            if "AGE-SECRET-KEY-" in text:
                found, advice = "it holds the private key", "Delete it, and put the public part there."
            pyrage.x25519.Recipient.from_str(text)
            return text.encode()
        if len(key := bytes.fromhex(text)) == KEY_BYTES:
            return key
    except FileNotFoundError:
        found = "it is missing"
    except OSError as error:
        found, advice = f"it cannot be read ({error.strerror})", "Let this account read it. " + advice
    except (ValueError, TypeError, UnsupportedAlgorithm, pyrage.RecipientError):
        pass
    raise Damaged(path, found, advice)


def mend(name: str) -> str:
    """Return what the operator does about a key that is missing or damaged."""
    return _RESTORE + _IF_LOST.get(name, f"If it is lost: `njia keys rotate {name}`.")


def load_release_key(settings: Settings) -> Ed25519PrivateKey:
    """Read and prove the release key; raises what `proven` raises."""
    proven(settings, "release")
    return _read_release_key(settings.keys / RELEASE_KEY)


def installed_public_key(settings: Settings) -> Ed25519PublicKey:
    """Return the proven public key; from `release.pub` where `release.key` cannot be used."""
    try:
        return load_release_key(settings).public_key()
    except NjiaError:
        path = settings.keys / RELEASE_PUB
        if not os.access(path, os.F_OK):
            raise
        key = load_public_key(path)
        _prove(settings, "release", key.public_bytes_raw(), path)
        return key


def write_public_part(settings: Settings, replaces: bool = False) -> None:
    """Write `release.pub` where it is missing; after a rotation it `replaces` that of the earlier key."""
    path, key = settings.keys / RELEASE_PUB, load_release_key(settings).public_key()
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    if not path.exists() or (replaces and path.read_bytes() != pem):
        write_bytes(path, pem, 0o600)  # the file is public, its folder is not


def key_faults(settings: Settings) -> Iterator[Damaged]:
    """Yield what is wrong with each key that is missing, damaged or of another home."""
    for name in USES:
        try:
            proven(settings, name)
        except Damaged as fault:
            yield fault
        except UsageError:
            continue
    path, advice = settings.keys / RELEASE_PUB, mend("release")
    with suppress(NjiaError):
        load_release_key(settings)
        advice = "Delete it: the next `njia refresh` writes it from release.key."
    try:
        if os.access(path, os.F_OK):
            _prove(settings, "release", load_public_key(path).public_bytes_raw(), path, advice)
    except Damaged as fault:
        yield fault
    except UsageError:
        yield Damaged(path, "it holds no public key of releases", advice)


def _prove(settings: Settings, name: str, key: bytes, path: Path, advice: str = "") -> None:
    checks = noted_checks(settings).get(name)
    if _check(name, key) not in checks if checks else name == "release" and not _signs(settings, key):
        raise Damaged(path, f"it is not the {name} key of this home, or was changed", advice or mend(name))


def _signs(settings: Settings, key: bytes) -> bool:
    """Return whether a release key has signed the release in force; also where there is none."""
    manifest, signature = (settings.current / f"manifest.{ending}" for ending in ("json", "sig"))
    if not (manifest.is_file() and signature.is_file()):
        return True
    signer = Ed25519PublicKey.from_public_bytes(key) if key else None
    return signer is not None and has_signed(signer, manifest.read_bytes(), signature.read_bytes())


def _check(name: str, key: bytes) -> str:
    return hashlib.sha256(f"njia key check|{name}|".encode() + key).hexdigest()[:16]


def key_id(name: str, key: bytes) -> str:
    """Return the id of a key for manifests: 8 hex digits of a hash."""
    is_public = name in ("stewards", "release")
    return hashlib.sha256((b"" if is_public else b"njia key id|") + key).hexdigest()[:8]


@dataclass(frozen=True)
class KeyPlace:
    """`id`: 8 hex digits of a hash, None where the key is missing, damaged or of another home."""

    name: str
    id: str | None
    file: str
    use: str


def key_places(settings: Settings) -> list[KeyPlace]:
    """List every kind of key in a fixed order, missing ones included."""
    ids: dict[str, str] = {}
    for name in USES:
        with suppress(NjiaError):
            ids[name] = key_id(name, proven(settings, name))
    return [
        KeyPlace(name, ids.get(name), str(settings.keys / file), use) for name, (file, use) in USES.items()
    ]
