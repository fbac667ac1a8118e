"""The key that signs releases: `release.key` signs, `release.pub` (public) verifies.

Ed25519 in openssl's file format: a reader can check a signature without Njia. The key is no input of a
refresh.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

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

from orchestration.core.durable import write_secret
from orchestration.core.errors import UsageError

RELEASE_KEY, RELEASE_PUB = "release.key", "release.pub"


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

    @classmethod
    def of_raw(cls, key: bytes) -> PublicKey:
        return cls(Ed25519PublicKey.from_public_bytes(key))

    @property
    def raw(self) -> bytes:
        """The key itself, 32 bytes."""
        return self._key.public_bytes(Encoding.Raw, PublicFormat.Raw)

    @property
    def id(self) -> str:
        """8 hex digits, short enough to compare on the telephone."""
        return hashlib.sha256(self.raw).hexdigest()[:8]

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


def read_release_key(path: Path) -> ReleaseKey:
    """Read a private key; raises ValueError or TypeError for what is no Ed25519 key."""
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError
    return ReleaseKey(key)


def load_public_key(path: Path) -> PublicKey:
    """Read a public key; raises UsageError where the file is missing or no Ed25519 public key."""
    try:
        return PublicKey.of_pem(path.read_bytes())
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
