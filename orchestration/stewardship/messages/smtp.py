"""Mail by SMTP, encrypted, with the server's certificate verified."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping
from email.message import EmailMessage
from email.utils import formatdate
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import model_validator

from orchestration.core import Settings, UsageError, secret_from
from orchestration.stewardship.messages.channel import Channel, Undelivered
from orchestration.stewardship.messages.config import Address, Notify, Role, Strict
from orchestration.stewardship.messages.words import Message

LOOPBACK = ("127.0.0.1", "::1", "localhost")
SECONDS_TO_WAIT = 20


class SmtpChannel(Channel):
    """Sends one mail an address, so that no recipient learns of another."""

    leaves_home: ClassVar[bool] = True

    class Options(Strict):
        type: str
        host: str
        port: int
        sender: Address
        security: Literal["starttls", "tls", "none"] = "starttls"
        username: str | None = None
        password_file: Path | None = None
        password_env: str | None = None
        ca_file: Path | None = None

        @model_validator(mode="after")
        def _is_safe(self) -> Any:
            if self.security == "none" and self.host not in LOOPBACK:
                raise ValueError("`security: none` is for a mail server on this machine only (127.0.0.1)")
            if self.username and not (self.password_file or self.password_env):
                raise ValueError("`username` needs `password_file` or `password_env`")
            return self

    def __init__(self, options: Options, notify: Notify, settings: Settings) -> None:
        self._to = notify.recipients.by_address()
        if not self._to:
            raise UsageError("The channel smtp has no recipients: name an address under `recipients`.")
        self._options = options

    def addresses(self) -> Mapping[str, frozenset[Role]]:
        return self._to

    def send(self, address: str, message: Message) -> None:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self._options.sender, address, message.subject
        mail["Date"], mail["Message-ID"] = formatdate(), f"<{message.key}@njia>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.text)
        where = f"The mail server {self._options.host}:{self._options.port}"
        # The texts of these errors are the server's own, and are not repeated.
        try:
            with self._connect() as server:
                self._log_in(server)
                server.send_message(mail)
        except smtplib.SMTPAuthenticationError:
            raise Undelivered(f"{where} refuses the user name or the password.") from None
        except smtplib.SMTPNotSupportedError:
            missing = "STARTTLS" if self._options.security == "starttls" else "a login"
            raise Undelivered(f"{where} does not offer {missing}; nothing was sent.") from None
        except smtplib.SMTPRecipientsRefused:
            raise Undelivered(f"{where} refuses one of the recipients.", only_address=True) from None
        except smtplib.SMTPSenderRefused:
            raise Undelivered(f"{where} refuses the sender {self._options.sender}.") from None
        except ssl.SSLCertVerificationError:
            raise Undelivered(
                f"{where} shows a certificate that cannot be verified. Name its authority in `ca_file`."
            ) from None
        except smtplib.SMTPResponseException as error:
            raise Undelivered(f"{where} answers with code {error.smtp_code}.") from None
        except (OSError, smtplib.SMTPException) as error:
            raise Undelivered(f"{where} cannot be reached ({type(error).__name__}).") from None

    def _connect(self) -> smtplib.SMTP:
        given = self._options
        if given.security == "tls":
            return smtplib.SMTP_SSL(given.host, given.port, timeout=SECONDS_TO_WAIT, context=self._trust())
        server = smtplib.SMTP(given.host, given.port, timeout=SECONDS_TO_WAIT)
        if given.security == "starttls":
            try:
                server.starttls(context=self._trust())
            except BaseException:
                server.close()
                raise
        return server

    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._options.ca_file)

    def _log_in(self, server: smtplib.SMTP) -> None:
        if self._options.username:
            server.login(self._options.username, self._password())

    def _password(self) -> str:
        given = self._options
        if given.password_file:
            try:
                return given.password_file.read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError):
                raise Undelivered(f"The password file {given.password_file} cannot be read.") from None
        found = secret_from(str(given.password_env))
        if found is None:
            raise Undelivered(f"The environment variable {given.password_env} holds no password.")
        return found
