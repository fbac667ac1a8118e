"""An SFTP server on loopback: paramiko's server side over a folder, with faults."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import paramiko

USER, PASSWORD = "njia", "f1xture passphrase"
Hook = Callable[["Reading"], None]


class Reading(paramiko.SFTPHandle):
    """An open file; `offset` is where the client reads."""

    def __init__(self, of: SftpServer, path: Path, transport: paramiko.Transport) -> None:
        super().__init__(os.O_RDONLY)
        self.of, self.path, self.transport = of, path, transport
        self.offset = 0
        self.readfile = path.open("rb")

    def read(self, offset: int, length: int) -> Any:
        self.offset = offset
        if self.of.on_read:
            self.of.on_read(self)
        return super().read(offset, length)

    def stat(self) -> paramiko.SFTPAttributes:
        return paramiko.SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))


class Files(paramiko.SFTPServerInterface):
    """The folder of a server, whose root is `/`."""

    def __init__(self, session: Session, *_: Any, **__: Any) -> None:
        super().__init__(session)
        self.session, self.of = session, session.of

    def _path(self, path: str) -> Path:
        return self.of.root / self.canonicalize(path).lstrip("/")

    def list_folder(self, path: str) -> Any:
        self.of.asked.append(f"list {path}")
        if not self._path(path).is_dir():
            return paramiko.SFTP_NO_SUCH_FILE
        found = [
            paramiko.SFTPAttributes.from_stat(entry.lstat(), entry.name)
            for entry in self._path(path).iterdir()
        ]
        return [*found, *self.of.more_entries]

    def open(self, path: str, flags: int, attr: Any) -> Any:
        self.of.asked.append(f"open {path}")
        if path.rpartition("/")[2] in self.of.forbidden:
            return paramiko.SFTP_PERMISSION_DENIED
        try:
            return Reading(self.of, self._path(path), self.session.transport)
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)


class Session(paramiko.ServerInterface):
    """One connection: who may log in, and by what."""

    def __init__(self, of: SftpServer, transport: paramiko.Transport) -> None:
        self.of, self.transport = of, transport

    def get_allowed_auths(self, username: str) -> str:
        return "publickey" if self.of.client_key else "password"

    def check_auth_password(self, username: str, password: str) -> int:
        self.of.passwords.append(password)
        if self.of.hangs_up_at_log_in:
            self.of.hangs_up_at_log_in -= 1
            self.transport.close()
        is_right = not self.of.client_key and (username, password) == (USER, self.of.password)
        return paramiko.AUTH_SUCCESSFUL if is_right else paramiko.AUTH_FAILED

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        is_right = username == USER and key == self.of.client_key
        return paramiko.AUTH_SUCCESSFUL if is_right else paramiko.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED


class SftpServer:
    """A server on a free port.

    `on_read` is called before each reading of a file. `more_entries` stand in its listing besides the files;
    `forbidden` names cannot be opened. With `client_key` it takes that public key and no password. So many
    times as `hangs_up_at_log_in` says, it ends the connection instead of an answer.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.password, self.client_key = PASSWORD, None
        self.key: paramiko.PKey = paramiko.ECDSAKey.generate()
        self.asked: list[str] = []
        self.passwords: list[str] = []
        self.more_entries: list[paramiko.SFTPAttributes] = []
        self.forbidden: set[str] = set()
        self.hangs_up_at_log_in = 0
        self.on_read: Hook | None = None
        self._transports: list[paramiko.Transport] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def write(self, name: str, content: bytes, changed: int = 1_790_000_000) -> Path:
        """Put a file into the folder, last changed at a time that a test chooses."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (changed, changed))
        return path

    def opened(self) -> list[str]:
        """Return the names of the files that were opened since this was last asked."""
        names = [line.rpartition("/")[2] for line in self.asked if line.startswith("open ")]
        self.asked.clear()
        return names

    def close(self) -> None:
        with contextlib.suppress(OSError):  # closed before
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for transport in self._transports:
            transport.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            transport = paramiko.Transport(connection)
            transport.add_server_key(self.key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, Files)
            self._transports.append(transport)
            with contextlib.suppress(paramiko.SSHException, EOFError, OSError):
                transport.start_server(server=Session(self, transport), event=threading.Event())
