"""A real mail server on loopback, which keeps what it is sent."""

from __future__ import annotations

import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

PASSWORD = "correct horse battery"  # noqa: S105


class Mailbox:
    """What arrived, oldest first. `refuses`: an address that the server does not know."""

    def __init__(self, refuses: str = "") -> None:
        self.mails: list[EmailMessage] = []
        self._refuses = refuses

    async def handle_RCPT(
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if address == self._refuses:
            return "550 Testperson is not known here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 OK"

    def texts(self) -> list[str]:
        return [mail.get_content() for mail in self.mails]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def mail_server(mailbox: Mailbox, port: int, tls: ssl.SSLContext | None = None) -> Iterator[None]:
    """With `tls` it asks for STARTTLS, then for a password; without, it takes what it is given."""

    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=data.password.decode() == PASSWORD, handled=False)

    class Loopback(Controller):
        def factory(self) -> SMTP:
            if tls is None:
                return SMTP(self.handler, hostname="localhost")
            return SMTP(
                self.handler, hostname="localhost", tls_context=tls, require_starttls=True,
                authenticator=check, auth_required=True,
            )  # fmt: skip

    server = Loopback(mailbox, hostname="127.0.0.1", port=port)
    server.start()
    try:
        yield
    finally:
        server.stop()


def certificate_of_localhost(folder: Path, openssl: str) -> tuple[Path, ssl.SSLContext]:
    """A certificate for localhost that nobody but its file vouches for, and the server's side of it."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,DNS:forms.fixture,IP:127.0.0.1", "-days", "2",
         "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return certificate, context
