"""Settings: ``acd.toml`` and the environment, checked as a whole.

Every key of section ``[asterisk]`` named ``mode`` is also ``ACD_ASTERISK_MODE`` in the environment,
which wins. All bad keys are reported at once.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from acd.core.errors import AcdError

AsteriskMode = Literal["auto", "system", "bundled", "remote"]

Port = Annotated[int, Field(ge=0, le=65535)]


class ConfigError(AcdError):
    """The settings cannot be used; the message lists every bad key."""

    code = "bad-settings"


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()


Directory = Annotated[Path, AfterValidator(_absolute)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Http(_Section):
    """``[http]``: our own server.

    Attributes:
        host: address it listens on.
        port: 0 picks a free one, and keeps to it in this home.
    """

    host: str = "127.0.0.1"
    port: Port = 8080


class OutboundSection(_Section):
    """``[sip.outbound]``: calls that agents begin. Nothing may be rung that is not listed.

    Attributes:
        trunk: one of ``[sip] trunks``; empty: agents ring nobody.
        host: where the carrier takes calls, ``host`` or ``host:port``.
        allow: how the numbers begin that may be rung, such as ``+1``.
        caller_id: number shown to who is rung.
    """

    trunk: str = ""
    host: str = Field(default="", pattern=r"^[A-Za-z0-9.:\[\]-]{0,100}$")
    allow: list[Annotated[str, Field(pattern=r"^\+?[0-9]{1,20}$")]] = Field(default_factory=list)
    caller_id: str = Field(default="", pattern=r"^\+?[0-9]{0,20}$")


class Sip(_Section):
    """``[sip]``: telephones and trunks.

    Attributes:
        host: address Asterisk listens on, signalling and media.
        port: UDP and TCP.
        rtp_start: first port for media.
        rtp_end: last port for media; a call takes four.
        trunks: carrier name to the addresses it calls from.
        outbound: calls that agents begin.
    """

    host: str = "127.0.0.1"
    port: Port = 5060
    rtp_start: Port = 10000
    rtp_end: Port = 11999
    trunks: dict[str, list[str]] = Field(default_factory=dict)
    outbound: OutboundSection = OutboundSection()


class Asterisk(_Section):
    """``[asterisk]``: which one, and how it is reached.

    Attributes:
        mode: ``auto`` takes the machine's own if it is new enough, else a bundled one.
        node: its name: prefix of its channel ids, unique in a site.
        ari_port: also carries SIP over websocket.
        ami_port: manager interface.
        ari_url: only for ``remote``: such as ``http://pbx.internal:8088/ari``.
        ari_user: ARI user.
        ari_password: only for ``remote``; else a secret of the home.
        lease_seconds: a caller whose engine is silent for so long is taken back by the dialplan.
    """

    mode: AsteriskMode = "auto"
    node: str = Field(default="acd", pattern=r"^[a-z][a-z0-9]{0,15}$")
    ari_port: Port = 8088
    ami_port: Port = 5038
    ari_url: str = ""
    ari_user: str = "acd"
    ari_password: str = ""
    lease_seconds: int = Field(default=15, ge=6, le=120)


class Store(_Section):
    """``[store]``: the record.

    Attributes:
        url: SQLAlchemy URL; empty for a SQLite file in the home.
    """

    url: str = ""


class SiteSection(_Section):
    """``[site]``: what admins edit.

    Attributes:
        directory: the dialplans; relative to the current directory.
        watch: publish them by themselves whenever they have changed and are valid; by default only
            in the demo.
    """

    directory: Directory = Path("dialplans")
    watch: bool | None = None


LanguageName = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z]{2,4})?$")]
VoiceName = Annotated[str, Field(pattern=r"^(piper:.+|[A-Za-z][A-Za-z0-9+_-]{0,63})$")]


class Speech(_Section):
    """``[speech]``: who speaks the prompts that are not recorded, and who listens.

    Attributes:
        voices: language to voice: one of espeak-ng (``espeak-ng --voices``) such as ``en-gb``, or
            ``piper:joe``, or ``piper:`` and the path of a model of Piper.
        keep_utterances: keep the recordings of what callers said to the node ``intent``; without
            it they are deleted as soon as they are recognised.
    """

    voices: dict[LanguageName, VoiceName] = Field(default_factory=dict)
    keep_utterances: bool = False


class Log(_Section):
    """``[log]``: what the engine says while it runs.

    Attributes:
        level: least severe level written.
        format: ``text`` for people, ``json`` for programs.
    """

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"


class Chat(_Section):
    """``[chat]``: the widget.

    Attributes:
        origins: sites that may include it, such as ``https://www.example.org``; pages of our own
            always may.
        calls: numbers that customers may call from those sites with the browser's microphone; none
            by default.
    """

    origins: list[str] = Field(default_factory=list)
    calls: list[Annotated[str, Field(pattern=r"^\+?[0-9]{1,20}$")]] = Field(default_factory=list)


WebhookName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]


class Webhook(_Section):
    """``[webhooks.NAME]``: a messaging network or SMS provider, see ``docs/webhooks.md``.

    Attributes:
        channel: which it is.
        address: what its messages are sent to; looked up in ``numbers.toml``.
        format: how its events look.
        url: where our messages are posted; empty where none are.
        secret_file: holds the secret that events are signed with; made in the home by default.
        token_file: holds the provider's own token, for formats that need one.
        allow_private: post to addresses of the inside, too.
    """

    channel: Literal["sms", "messaging"] = "messaging"
    address: str = Field(min_length=1, max_length=200)
    format: Literal["acd", "telegram"] = "acd"
    url: str = Field(default="", pattern=r"^(https?://\S+)?$")
    secret_file: Directory | None = None
    token_file: Directory | None = None
    allow_private: bool = False


_OWN_MACHINE = frozenset({"127.0.0.1", "::1", "localhost"})


class ServiceSection(_Section):
    """``[services.NAME]``: a web service that flows may ask, see ``docs/services.md``.

    Attributes:
        url: where it is; flows add their paths to it.
        secret_file: holds who we are to it, for its owner's eyes only (mode 600): the whole value
            of ``secret_header``, such as ``Bearer …`` or ``Basic …``.
        secret_header: in which it is sent.
        allow_private: it may have an address of the inside.
    """

    url: str = Field(pattern=r"^https?://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._~/-]*)?$")
    secret_file: Directory | None = None
    secret_header: str = Field(default="Authorization", pattern=r"^[A-Za-z][A-Za-z0-9-]{0,63}$")
    allow_private: bool = False

    @model_validator(mode="after")
    def _check(self) -> Self:
        is_clear = self.url.startswith("http://")
        if self.secret_file and is_clear and urlsplit(self.url).hostname not in _OWN_MACHINE:
            raise ValueError("without TLS the secret would go over the network for all to read")
        return self


Security = Literal["tls", "starttls", "none"]

_ADDRESS = r"^[^\s<>@,;:\"()\[\]\\]{1,64}@[A-Za-z0-9.-]{1,253}$"


def _check_password(where: str, host: str, security: Security, file: object, variable: str) -> None:
    if not (file or variable):
        raise ValueError(f"say where {where} is: in a file (…_file) or in the environment (…_env)")
    if file and variable:
        raise ValueError(f"say once where {where} is: …_file or …_env")
    if security == "none" and host not in _OWN_MACHINE:
        raise ValueError(f"without TLS {where} would go over the network for all to read")


class MailSection(_Section):
    """``[mail]``: how mail leaves, and how it may be handed to us.

    Attributes:
        smtp_host: our mail server; empty: answers wait.
        smtp_port: usually 587 with ``starttls``, 465 with ``tls``.
        smtp_security: ``none`` is for a server on this machine.
        smtp_user: to sign in with; empty for not.
        smtp_password_file: holds the password, for its owner's eyes only (mode 600).
        smtp_password_env: or the variable that holds it.
        listen_port: where we take mail for our addresses over SMTP; 0 picks a free port; by
            default we do not.
        listen_host: its address.
        listen_lmtp: speak LMTP there.
    """

    smtp_host: str = ""
    smtp_port: Port = 587
    smtp_security: Security = "starttls"
    smtp_user: str = ""
    smtp_password_file: Directory | None = None
    smtp_password_env: str = ""
    listen_port: Port | None = None
    listen_host: str = "127.0.0.1"
    listen_lmtp: bool = False

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.smtp_user:
            _check_password(
                "smtp_password",
                self.smtp_host,
                self.smtp_security,
                self.smtp_password_file,
                self.smtp_password_env,
            )
        return self


class MailboxSection(_Section):
    """``[mailboxes.NAME]``: one of our mail addresses.

    Attributes:
        address: looked up in ``numbers.toml``; answers come from it.
        title: the name that answers come from.
        language: of answers to mails that do not tell their own; that of ``numbers.toml`` if empty.
        imap_host: where its mail is fetched; empty if it is handed to us, see ``[mail]``.
        imap_port: usually 993.
        imap_security: ``none`` is for a server on this machine.
        imap_user: to sign in with.
        imap_password_file: holds the password, for its owner's eyes only (mode 600).
        imap_password_env: or the variable that holds it.
        folder: which is read.
    """

    address: str = Field(pattern=_ADDRESS)
    title: str = Field(default="", max_length=100)
    language: str = Field(default="", pattern=r"^([a-z]{2,3}(-[A-Za-z]{2,4})?)?$")
    imap_host: str = ""
    imap_port: Port = 993
    imap_security: Literal["tls", "none"] = "tls"
    imap_user: str = ""
    imap_password_file: Directory | None = None
    imap_password_env: str = ""
    folder: str = "INBOX"

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.imap_host:
            if not self.imap_user:
                raise ValueError("imap_user is missing")
            _check_password(
                "imap_password",
                self.imap_host,
                self.imap_security,
                self.imap_password_file,
                self.imap_password_env,
            )
        return self


class Settings(BaseSettings):
    """All settings of one engine."""

    model_config = SettingsConfigDict(
        env_prefix="ACD_",
        env_nested_delimiter="_",
        env_nested_max_split=1,
        extra="forbid",
        frozen=True,
    )

    home: Directory = Path(".acd")
    http: Http = Http()
    sip: Sip = Sip()
    asterisk: Asterisk = Asterisk()
    store: Store = Store()
    site: SiteSection = SiteSection()
    speech: Speech = Speech()
    log: Log = Log()
    chat: Chat = Chat()
    webhooks: dict[WebhookName, Webhook] = Field(default_factory=dict)
    services: dict[WebhookName, ServiceSection] = Field(default_factory=dict)
    mail: MailSection = MailSection()
    mailboxes: dict[WebhookName, MailboxSection] = Field(default_factory=dict)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read, strongest first: what is given, the environment, the file."""
        file = TomlConfigSettingsSource(settings_cls, _file)
        return init_settings, env_settings, file


_file: Path | None = None


def load_settings(file: Path | None = None, **given: Any) -> Settings:
    """Return the settings.

    Args:
        file: the TOML file; ``acd.toml`` in the current directory, if there is one, by default.
        **given: what the command line says; stronger than everything else.

    Raises:
        ConfigError: listing every bad key.
    """
    global _file
    if file is not None and not file.is_file():
        raise ConfigError(f"there is no file {file}", hint="name an existing acd.toml")
    _file = file or (Path("acd.toml") if Path("acd.toml").is_file() else None)
    _refuse_unknown_variables()
    try:
        return Settings(**given)
    except ValidationError as error:
        lines = [
            f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}"
            for problem in error.errors()
        ]
        raise ConfigError(
            "the settings cannot be used:\n  " + "\n  ".join(lines),
            hint=f"mend them in {_file or 'the environment (ACD_…)'}",
        ) from None
    except ValueError as error:  # the file is not TOML
        raise ConfigError(f"{_file}: {error}", hint="mend the file") from None
    finally:
        _file = None


def _refuse_unknown_variables() -> None:
    """A misspelt variable must not be silently without effect."""
    sections = {name: field.annotation for name, field in Settings.model_fields.items()}
    unknown = []
    for variable in os.environ:
        if not variable.startswith("ACD_") or variable in ("ACD_FAULT", "ACD_PASSWORD"):
            continue
        section, _, key = variable.removeprefix("ACD_").lower().partition("_")
        kind = sections.get(section)
        if kind is None or (key and key not in getattr(kind, "model_fields", {})):
            unknown.append(variable)
    if unknown:
        raise ConfigError(
            f"unknown settings in the environment: {', '.join(sorted(unknown))}",
            hint="see `acd up --help` and the README for their names",
        )
