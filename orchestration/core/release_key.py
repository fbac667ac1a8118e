"""The key that signs releases: `release.key` signs, `release.pub` (public) verifies.

Ed25519 in openssl's file format: a reader can check a signature without Njia. The key is no input of a
refresh.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from orchestration.core.durable import write_secret
from orchestration.core.errors import UsageError
from orchestration.core.sums import write_summed

RELEASE_KEY, RELEASE_PUB = "release.key", "release.pub"
SIGNATURES = "*/manifest.sig"


class PublicKey:
    """Verifies signatures of the release key."""

    def __init__(self, key: Ed25519PublicKey) -> None:
        self._key = key

    @classmethod
    def of_pem(cls, pem: bytes) -> PublicKey:
        """Raise ValueError or TypeError for what is no Ed25519 public key."""
        key = load_pem_public_key(pem)
        if not isinstance(key, Ed25519PublicKey):
            raise TypeError
        return cls(key)

    @property
    def id(self) -> str:
        """8 hex digits, short enough to compare on the telephone."""
        return hashlib.sha256(self._key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:8]

    @property
    def pem(self) -> bytes:
        return self._key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def has_signed(self, content: bytes, signature: bytes) -> bool:
        try:
            self._key.verify(signature, content)
        except InvalidSignature:
            return False
        return True


class ReleaseKey:
    """Signs releases. It is read for one use and never shown."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    @classmethod
    def generate(cls) -> ReleaseKey:
        return cls(Ed25519PrivateKey.generate())

    @property
    def public(self) -> PublicKey:
        return PublicKey(self._key.public_key())

    def sign(self, content: bytes) -> bytes:
        """Return the signature, 64 bytes."""
        return self._key.sign(content)

    def write_new(self, path: Path) -> None:
        content = self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        write_secret(path, content.decode().rstrip())


def create_missing_release_key(folder: Path, releases: Path | None) -> None:
    """Create the key and its public part where they are missing.

    Raises UsageError where signed releases exist without their key: with a new key they would look forged.
    """
    if not (folder / RELEASE_KEY).exists():
        if releases is not None and any(releases.glob(SIGNATURES)):
            raise UsageError(
                f"No release key in {folder}, but releases were signed with one. Set NJIA_KEYS to its "
                f"folder, or restore {RELEASE_KEY} from the backup; if it is lost, make another with "
                "`njia keys rotate release` and give every reader the new release.pub."
            )
        ReleaseKey.generate().write_new(folder / RELEASE_KEY)
    write_public_part(folder)


def write_public_part(folder: Path) -> None:
    """Write `release.pub` beside the key where it is missing or belongs to another key."""
    pem = load_release_key(folder).public.pem
    path = folder / RELEASE_PUB
    if not path.exists() or path.read_bytes() != pem:
        write_summed(path, pem, 0o600)  # the file is public, its folder is not


def load_release_key(folder: Path) -> ReleaseKey:
    """Read the release key; raises UsageError where it is missing or no Ed25519 key."""
    path = folder / RELEASE_KEY
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except FileNotFoundError:
        raise UsageError(
            f"There is no release key in {folder}, so no release can be signed. Set NJIA_KEYS to its folder, "
            "or restore it from the backup. In a new home `njia refresh` makes it."
        ) from None
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise UsageError(f"{path} holds no Ed25519 key (PEM). Restore it from the backup.")
    return ReleaseKey(key)


def installed_public_key(folder: Path) -> PublicKey:
    """Return the installation's public key, from the private one where this account may read it."""
    if os.access(folder / RELEASE_KEY, os.R_OK):
        return load_release_key(folder).public
    return load_public_key(folder / RELEASE_PUB)


def load_public_key(path: Path) -> PublicKey:
    """Read a public key; raises UsageError where the file is missing or no Ed25519 public key."""
    try:
        return PublicKey.of_pem(path.read_bytes())
    except (FileNotFoundError, PermissionError):
        raise UsageError(
            f"There is no public key {path} that this account may read. Ask whoever runs Njia for its "
            "release.pub, and give it with --key."
        ) from None
    except (ValueError, TypeError):
        raise UsageError(
            f"{path} is no public key of releases; such a file begins with `-----BEGIN PUBLIC KEY-----`. Ask "
            "whoever runs Njia for its release.pub."
        ) from None
