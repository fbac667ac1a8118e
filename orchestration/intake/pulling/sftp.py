"""Fetch the files of a folder on an SFTP server that are new or changed, each whole.

A file is new or changed if its size or its time differs from those of the last pull. The host key is checked
before the secret is sent. Symbolic links, folders, hidden files and unfinished uploads stay where they are;
the pull says so. Nothing on the server is changed.
"""

from __future__ import annotations

import io
import logging
import re
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.contracts import Contract, SftpSource
from orchestration.intake.claim import STILL_SECONDS, UNFINISHED
from orchestration.intake.pulling.fetched import existing
from orchestration.intake.pulling.limits import CONNECT_SECONDS, READ_SECONDS, BrokenOff, Limits, TryAgain
from orchestration.intake.pulling.state import FileLeft, FileRefused, Mark, PullFailed
from orchestration.intake.shown_names import shown_file

if TYPE_CHECKING:
    import paramiko

MOST_ENTRIES, LONGEST_NAME = 10_000, 200
NAMED = 5  # entries of one sentence
CHUNK = 1 << 15  # what every server gives at once
_OUT_OF_PLACE = re.compile(r"[/\\\x00-\x1f\x7f-\x9f]")


class Folder:
    """The folder of one source during a pull; connected when it is first asked, and again after a fault."""

    is_folder = True

    def __init__(
        self, source: SftpSource, contract: Contract, secret: str | None, limits: Limits, place: str
    ) -> None:
        self.left: list[str] = []
        self.faults: list[str] = []
        self._source, self._contract, self._limits = source, contract, limits
        self._secret, self._place_of_secret = secret or "", place
        self._entries: dict[str, Any] = {}
        self._client: Any = None
        self._session: Any = None

    def names(self) -> list[str]:
        """List the folder; return the names of its files that the contract asks for."""
        listed = self._limits.keep_trying(self._list)
        if len(listed) > MOST_ENTRIES:
            raise PullFailed(
                f"the folder holds {len(listed):,} entries; at most {MOST_ENTRIES:,} are looked through. Ask "
                "the partner for a folder with its extracts alone, and name it in `source.folder`."
            )
        reasons: dict[str, list[str]] = {}
        for entry in sorted(listed, key=lambda entry: entry.filename):
            if _leads_elsewhere(entry.filename):
                reasons.setdefault("", []).append(entry.filename)
            elif reason := self._why_left(entry):
                reasons.setdefault(reason, []).append(shown_file(entry.filename))
            else:
                self._entries[entry.filename] = entry
        if refused := reasons.pop("", []):
            self.faults.append(
                f"{len(refused)} name(s) in the folder lead out of it (/ or \\), hold control signs or are "
                "longer than 200 bytes; such a file is not taken. Ask whoever runs the server."
            )
        self.left += [f"{_listed(names)}: {reason}" for reason, names in reasons.items()]
        return list(self._entries)

    def fetch(self, name: str, into: Path, mark: Mark) -> Mark | None:
        """Write a file whole; return None if it has the size and the time of the mark."""
        entry = self._entries[name]
        version = _version(entry)
        if version and version == mark.etag:
            return None
        if abs(time.time() - (entry.st_mtime or 0)) < STILL_SECONDS:
            raise FileLeft("written to less than 30 seconds ago. The next pull fetches it.")
        self._limits.check_size(entry.st_size or 0)
        return self._limits.keep_trying(lambda: self._download(name, into))

    def close(self) -> None:
        client, self._client, self._session = self._client, None, None
        if client:
            client.close()

    def _list(self) -> list[Any]:
        with self._talking() as session:
            try:
                return list(session.listdir_attr(self._source.folder))
            except FileNotFoundError:
                raise PullFailed("the server has no such folder. Check `source.folder`.") from None
            except PermissionError:
                raise PullFailed(
                    "the account may not list the folder. Check `source.folder`, and ask whoever runs the "
                    "server."
                ) from None
            except UnicodeDecodeError:
                raise PullFailed(
                    "a name in the folder is not written in UTF-8. Ask the partner to rename that file."
                ) from None

    def _why_left(self, entry: Any) -> str | None:
        """Say why an entry is not fetched; None for a file that the contract asks for."""
        name, mode = entry.filename, entry.st_mode or 0
        if stat.S_ISLNK(mode):
            return "a symbolic link, and Njia follows none. Ask the partner for the file itself."
        if stat.S_ISDIR(mode):
            return "a folder. Only files of `source.folder` itself are fetched."
        if not stat.S_ISREG(mode):
            return "no ordinary file, or the server does not say what it is."
        if name.startswith((".", "~$")) or name.casefold().endswith(UNFINISHED):
            return "hidden, or an upload that is not complete."
        if not fnmatch(name.casefold(), self._source.pattern.casefold()):
            return f"not of the form {self._source.pattern} (`source.pattern`)."
        if not self._contract.reads(name):
            return f"not read by contract {self._contract.contract} (`files`)."
        return None

    def _download(self, name: str, into: Path) -> Mark:
        with open(into, "wb", opener=existing) as file:
            for chunk in self._chunks(name):
                file.write(chunk)
        return Mark(etag=_version(self._entries[name]))

    def _chunks(self, name: str) -> Iterator[bytes]:
        """Yield a file's bytes; afterwards its entry is that of the file as it was read."""
        with self._talking() as session:
            try:
                remote = session.open(f"{self._source.folder.rstrip('/')}/{name}", "rb")
            except FileNotFoundError:
                raise FileLeft("gone since the folder was listed.") from None
            except PermissionError:
                raise FileRefused("the account may not read it. Ask whoever runs the server.") from None
            before, size = remote.stat(), 0
            while chunk := remote.read(CHUNK):
                size += len(chunk)
                self._limits.check_size(size)
                self._limits.check_time()
                yield chunk
            after = remote.stat()
            remote.close()  # not in `with`: of a connection that broke off it would wait for an answer
        if _version(before) != _version(after) or after.st_size not in (None, size):
            raise FileLeft("changed while it was fetched. The next pull fetches it.")
        self._entries[name] = after

    @contextmanager
    def _talking(self) -> Iterator[Any]:
        """Yield the session; a fault of the network ends it and is one to try again."""
        import paramiko  # only where a source needs it

        try:
            if self._session is None:
                self._connect()
            yield self._session
        except (EOFError, OSError, paramiko.SSHException, paramiko.SFTPError) as fault:
            again = self._to_try_again(fault)
            self.close()
            raise again from None

    def _connect(self) -> None:
        """Open a session on a server whose key is known; raises PullFailed for another key or a refusal."""
        import paramiko

        # Its log would hold names of files, and each connection that breaks off as a traceback.
        logging.getLogger("paramiko").setLevel(logging.CRITICAL + 1)
        source = self._source
        secret = {"pkey": self._private_key()} if source.has_private_key else {"password": self._secret}
        self._client = client = paramiko.SSHClient()
        client.set_missing_host_key_policy(_NamedKey(source))
        if source.known_hosts:
            _load_known_hosts(client, source.known_hosts)
        try:
            client.connect(
                source.host,
                source.port,
                source.user,
                **secret,
                timeout=CONNECT_SECONDS,
                banner_timeout=READ_SECONDS,
                auth_timeout=READ_SECONDS,
                channel_timeout=READ_SECONDS,
                allow_agent=False,
                look_for_keys=False,
            )
        except paramiko.BadHostKeyException as fault:
            raise PullFailed(_of_unknown_key(source, fault.key)) from None
        except paramiko.IncompatiblePeer:
            raise PullFailed(
                "the server knows no encryption that is safe today. Ask whoever runs it to update it."
            ) from None
        except paramiko.BadAuthenticationType as fault:
            raise PullFailed(
                f"the server takes another secret than the contract names: {', '.join(fault.allowed_types)}. "
                "Name `password_file`, or `private_key_file` for publickey."
            ) from None
        except paramiko.AuthenticationException:
            if not self._is_alive():
                raise EOFError from None
            raise PullFailed(self._refusal()) from None
        self._session = client.open_sftp()
        self._session.get_channel().settimeout(READ_SECONDS)

    def _refusal(self) -> str:
        if self._source.has_private_key:
            return (
                "the server refuses the user and the private key. Check `source.user`, and ask whoever runs "
                f"the server whether it knows the key's public part. A new key goes {self._place_of_secret}."
            )
        return (
            "the server refuses the user and the password. Check `source.user`; a new password goes "
            f"{self._place_of_secret}."
        )

    def _private_key(self) -> paramiko.PKey:
        import paramiko

        for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
            try:
                return kind.from_private_key(io.StringIO(f"{self._secret}\n"))
            except paramiko.PasswordRequiredException:
                raise PullFailed(
                    "the private key is protected by a passphrase. Make one for Njia alone, without a "
                    f"passphrase (ssh-keygen -t ed25519 -N ''), and put it {self._place_of_secret}."
                ) from None
            except (paramiko.SSHException, ValueError, IndexError):
                continue
        raise PullFailed(
            "the private key cannot be read. Make one (ssh-keygen -t ed25519 -N '') and put it "
            f"{self._place_of_secret}."
        )

    def _is_alive(self) -> bool:
        transport = self._client.get_transport() if self._client else None
        return bool(transport and transport.is_active())

    def _to_try_again(self, fault: Exception) -> TryAgain:
        """Return a fault without its text, which may hold an address or a name."""
        if isinstance(fault, TimeoutError):
            return TryAgain("does not answer in time")
        if self._session is None and isinstance(fault, OSError):
            return TryAgain(f"cannot be reached ({type(fault).__name__})")
        if self._is_alive() and isinstance(fault, OSError):
            return TryAgain("answers that it cannot do what was asked")
        return BrokenOff()


class _NamedKey:
    """Whether to talk to a server that no known_hosts file knows: only with the key of the contract."""

    def __init__(self, source: SftpSource) -> None:
        self._source = source

    def missing_host_key(self, client: Any, hostname: str, key: paramiko.PKey) -> None:
        if key.fingerprint != self._source.host_key:
            raise PullFailed(_of_unknown_key(self._source, key))


def _of_unknown_key(source: SftpSource, key: paramiko.PKey) -> str:
    if source.known_hosts:
        named = f"{source.known_hosts} holds another one or none for this server"
    else:
        named = f"the contract names {'another one' if source.host_key else 'none'} (`source.host_key`)"
    return (
        f"the host key of the server is {key.fingerprint} ({key.get_name()}), and {named}. No secret was "
        "sent. Ask whoever runs the server, by telephone or letter, for its fingerprint. Only if it is this "
        "one, write it there; else somebody may stand between."
    )


def _load_known_hosts(client: paramiko.SSHClient, path: str) -> None:
    import paramiko

    try:
        client.load_host_keys(str(Path(path).expanduser()))
    except (OSError, ValueError, paramiko.SSHException):
        raise PullFailed(f"{path} of `source.known_hosts` cannot be read as a known_hosts file.") from None


def _leads_elsewhere(name: str) -> bool:
    """Return whether a name is none of a file of this folder."""
    is_short = 0 < len(name.encode(errors="surrogatepass")) <= LONGEST_NAME
    return not is_short or name in (".", "..") or bool(_OUT_OF_PLACE.search(name))


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{', '.join(names[:NAMED])}{more}"


def _version(entry: Any) -> str | None:
    """Return size and time of change, by which a new version of a file is seen; None where one is missing."""
    if entry.st_size is None or entry.st_mtime is None:
        return None
    return f"{entry.st_size}-{entry.st_mtime}"
