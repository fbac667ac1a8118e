"""The `source` part of a contract: the form server from which Njia fetches a partner's extract.

A contract holds no secret: it names a file of the keys folder or an environment variable.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from orchestration.contracts.fields import Strict, Text

SOURCE_KINDS = ("kobotoolbox", "odk_central")
LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")
_SECRETS = {"token", "password", "secret", "api_key", "apikey", "key", "private_key", "authorization", "auth"}

# Forms that a token itself hardly has. A long variable that is hexadecimal after its first letter is a token.
SecretFile = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*\.(token|password)$")]
SecretVariable = Annotated[str, Field(pattern=r"^[A-Z_]([A-Z0-9_]{0,30}|[A-F0-9]*[G-Z_][A-Z0-9_]*)$")]
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._()-]{0,99}$")]


def _safe_address(address: str) -> str:
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        raise ValueError("the address cannot be read; write it as https://server.example") from None
    if not parts.hostname or parts.scheme not in ("https", "http"):
        raise ValueError("write the whole address, such as https://server.example")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK_HOSTS:
        raise ValueError(
            "http:// sends records and tokens in clear; use https://. Only an address of this machine "
            "(127.0.0.1, localhost), such as the end of a tunnel, may begin with http://"
        )
    if any(sign in address for sign in "@?#"):
        raise ValueError(
            "write the address of the server alone, such as https://kf.kobotoolbox.org, without @, ? and #: "
            "a contract holds no secret"
        )
    return address.rstrip("/")


ServerAddress = Annotated[Text, AfterValidator(_safe_address)]


class Source(Strict):
    """A form, fetched whole each time; subclasses name their secret and the format of their files."""

    format: ClassVar[str]
    asks_for: ClassVar[str]

    server: ServerAddress = Field(
        description="Such as https://kf.kobotoolbox.org or https://central.example."
    )
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

    @model_validator(mode="after")
    def _one_secret(self) -> Source:
        file, variable = self.secret_at
        if file and variable:
            raise ValueError(f"give either {self.asks_for}_file or {self.asks_for}_env, not both")
        if not (file or variable):
            raise ValueError(
                f"the server asks for a {self.asks_for}: name a file of the keys folder as "
                f"{self.asks_for}_file, or an environment variable as {self.asks_for}_env"
            )
        return self

    @property
    def secret_at(self) -> tuple[str | None, str | None]:
        """Return the file of the keys folder or the environment variable that holds the secret."""
        return getattr(self, f"{self.asks_for}_file"), getattr(self, f"{self.asks_for}_env")

    @property
    def server_name(self) -> str:
        """Return the server for messages, without path."""
        return urlsplit(self.server).netloc


class KoboSource(Source):
    """A form of KoboToolbox, read through its API v2."""

    format = "json"
    asks_for = "token"
    kind: Literal["kobotoolbox"]
    asset: str = Field(pattern=r"^[A-Za-z0-9]{5,40}$", description="The form's uid, from its address.")
    token_file: SecretFile | None = Field(None, description="File of the keys folder, such as kobe.token.")
    token_env: SecretVariable | None = Field(None, description="Environment variable that holds the token.")


class OdkCentralSource(Source):
    """A form of ODK Central, read as the zip of all its tables."""

    format = "odk_zip"
    asks_for = "password"
    kind: Literal["odk_central"]
    project: int = Field(ge=1, description="The project's number, from its address.")
    form: Text = Field(min_length=1, max_length=200, description="The form's id (xmlFormId).")
    email: Text = Field(min_length=3, max_length=200, description="A web user who may view submissions.")
    password_file: SecretFile | None = Field(None, description="File of the keys folder: kobe.password.")
    password_env: SecretVariable | None = Field(None, description="Environment variable with the password.")


AnySource = KoboSource | OdkCentralSource
