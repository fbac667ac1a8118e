"""The `source` part of a contract: where Njia fetches a partner's extract itself.

A contract holds no secret: it names a file of the keys folder or an environment variable.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import parse_qsl, urlsplit

from pydantic import AfterValidator, Field, model_validator

from orchestration.contracts.fields import Strict, Text

SOURCE_KINDS = ("kobotoolbox", "odk_central", "https_file")
LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")
_SECRETS = {"token", "password", "secret", "api_key", "apikey", "key", "private_key", "authorization", "auth"}
_SECRET_IN_LINK = re.compile(
    r"token|key|secret|pass|pwd|auth|sig|credential|session|bearer|jwt|hmac|^(sp|pw|sid)$", re.I
)

# Forms that a token itself hardly has. A long variable that is hexadecimal after its first letter is a token.
SecretFile = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*\.(token|password)$")]
SecretVariable = Annotated[str, Field(pattern=r"^[A-Z_]([A-Z0-9_]{0,30}|[A-F0-9]*[G-Z_][A-Z0-9_]*)$")]
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._()-]{0,99}$")]


def is_loopback(address: str) -> bool:
    return urlsplit(address).hostname in LOOPBACK_HOSTS


def _safe_address(address: str) -> str:
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        raise ValueError("the address cannot be read; write it as https://server.example/path") from None
    if not parts.hostname or parts.scheme not in ("https", "http"):
        raise ValueError("write the whole address, such as https://server.example/path")
    if parts.scheme == "http" and not is_loopback(address):
        raise ValueError(
            "http:// sends records and tokens in clear; use https://. Only an address of this machine "
            "(127.0.0.1, localhost), such as the end of a tunnel, may begin with http://"
        )
    if parts.username or parts.password:
        raise ValueError(_secret_in("a user name or a password before its @"))
    if any(_SECRET_IN_LINK.search(name) for name, _ in parse_qsl(parts.query.replace(";", "&"), True)):
        raise ValueError(_secret_in("a secret after its question mark"))
    if parts.fragment:
        raise ValueError(_secret_in("a part after its #, which no server receives and which may be a secret"))
    return address


def _secret_in(found: str) -> str:
    return (
        f"the address holds {found}; a contract holds no secret. Write the address without it, put the token "
        "into a file of the keys folder with mode 0600 that `token_file` names (for ODK Central "
        "`password_file`), or into an environment variable that `token_env` names. If the address works only "
        "with the secret, such as a signed link, ask the partner for another one"
    )


def _address_of_server(address: str) -> str:
    if urlsplit(address).query or urlsplit(address).fragment:
        raise ValueError("write the address of the server alone, such as https://kf.kobotoolbox.org")
    return address.rstrip("/")


Address = Annotated[Text, AfterValidator(_safe_address)]
ServerAddress = Annotated[Address, AfterValidator(_address_of_server)]


class Source(Strict):
    """One file, fetched whole each time; subclasses name their secret, server and formats of files."""

    formats: ClassVar[tuple[str, ...]]

    save_as: FileName | None = Field(
        None, description="Name of the file in the inbox; without it the contract's name."
    )
    most_megabytes: int = Field(200, ge=1, le=10_000, description="A larger file is not taken.")

    @model_validator(mode="before")
    @classmethod
    def _no_secret(cls, given: Any) -> Any:
        if isinstance(given, dict) and {str(name).casefold() for name in given} & _SECRETS:
            raise ValueError(
                "a contract holds no secret. Put it into a file of the keys folder with mode 0600, and write "
                "the name of that file as `token_file` (of ODK Central `password_file`), or name an "
                "environment variable as `token_env` (`password_env`). If others may have read the secret "
                "here, have a new one made"
            )
        return given

    @property
    def address(self) -> str:
        raise NotImplementedError

    @property
    def secret_at(self) -> tuple[str | None, str | None]:
        """Return the file of the keys folder and the environment variable that may hold the secret."""
        raise NotImplementedError

    @property
    def server_name(self) -> str:
        """Return the server for messages, without path and query."""
        return urlsplit(self.address).netloc


class _WithToken(Source):
    token_file: SecretFile | None = Field(None, description="File of the keys folder, such as kobe.token.")
    token_env: SecretVariable | None = Field(None, description="Environment variable that holds the token.")

    @property
    def secret_at(self) -> tuple[str | None, str | None]:
        return self.token_file, self.token_env


class KoboSource(_WithToken):
    """A form of KoboToolbox, read through its API v2."""

    formats = ("json",)
    kind: Literal["kobotoolbox"]
    server: ServerAddress = Field(description="Such as https://kf.kobotoolbox.org.")
    asset: str = Field(pattern=r"^[A-Za-z0-9]{5,40}$", description="The form's uid, from its address.")

    @model_validator(mode="after")
    def _one_secret(self) -> KoboSource:
        _refuse_secrets(*self.secret_at, "token", at_least=1)
        return self

    @property
    def address(self) -> str:
        return self.server


class OdkCentralSource(Source):
    """A form of ODK Central, read as the zip of all its tables."""

    formats = ("odk_zip",)
    kind: Literal["odk_central"]
    server: ServerAddress = Field(description="Such as https://central.example.")
    project: int = Field(ge=1, description="The project's number, from its address.")
    form: Text = Field(min_length=1, max_length=200, description="The form's id (xmlFormId).")
    email: Text = Field(min_length=3, max_length=200, description="A web user who may view submissions.")
    password_file: SecretFile | None = Field(None, description="File of the keys folder: kobe.password.")
    password_env: SecretVariable | None = Field(None, description="Environment variable with the password.")

    @model_validator(mode="after")
    def _one_secret(self) -> OdkCentralSource:
        _refuse_secrets(*self.secret_at, "password", at_least=1)
        return self

    @property
    def address(self) -> str:
        return self.server

    @property
    def secret_at(self) -> tuple[str | None, str | None]:
        return self.password_file, self.password_env


class HttpsFileSource(_WithToken):
    """A CSV, XLSX or JSON file behind an HTTPS address, such as a published sheet."""

    formats = ("csv", "xlsx", "json")
    kind: Literal["https_file"]
    url: Address = Field(description="The address of the file.")

    @model_validator(mode="after")
    def _at_most_one_secret(self) -> HttpsFileSource:
        _refuse_secrets(*self.secret_at, "token", at_least=0)
        return self

    @property
    def address(self) -> str:
        return self.url


AnySource = KoboSource | OdkCentralSource | HttpsFileSource


def _refuse_secrets(file: str | None, variable: str | None, name: str, at_least: int) -> None:
    given = [one for one in (file, variable) if one]
    if len(given) > 1:
        raise ValueError(f"give either {name}_file or {name}_env, not both")
    if len(given) < at_least:
        raise ValueError(
            f"the server asks for a {name}: name a file of the keys folder as {name}_file, or an environment "
            f"variable as {name}_env"
        )
