"""Every setting, read from the environment (prefix RAWI_) and from a `.env` file. The only file that does."""

import difflib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

from dotenv import dotenv_values
from pydantic import AnyHttpUrl, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from knowledge.errors import RawiError

PREFIX = "RAWI_"
_PROJECT = Path(__file__).resolve().parent.parent
_ENV_FILE = _PROJECT / ".env"


class SettingsError(RawiError):
    """A setting is unknown or has a value that cannot be used."""


class Settings(BaseSettings):
    """What an owner can set; every field is documented in README under its name in capitals after RAWI_."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=_ENV_FILE, env_file_encoding="utf-8", extra="ignore", frozen=True
    )

    articles_dir: Path = _PROJECT / "knowledge" / "articles"
    data_dir: Path = _PROJECT / "index" / "artifacts"
    max_article_bytes: Annotated[int, Field(gt=0)] = 20_000_000
    embedding_model: str = ""
    """A sentence-transformers name or folder; empty: the bundled model."""
    store_url: str = ""
    """Empty: FAISS; else a Milvus server or a Milvus Lite file."""
    threads: Annotated[int, Field(ge=1, le=64)] = 1
    """Threads that one question's embedding may use."""
    caution: Annotated[float, Field(ge=0, le=1)] = 0.3
    """The least confidence at which a question counts as answered."""

    telegram_token: SecretStr = SecretStr("")
    telegram_api_url: AnyHttpUrl = AnyHttpUrl("https://api.telegram.org")
    admin_ids: Annotated[frozenset[int], NoDecode] = frozenset()
    webhook_url: str = ""
    webhook_secret: SecretStr = SecretStr("")
    webhook_listen: str = "127.0.0.1"
    webhook_port: Annotated[int, Field(ge=1, le=65535)] = 8443
    retention_days: Annotated[int, Field(ge=1)] = 30
    questions_per_minute: Annotated[int, Field(ge=1)] = 15

    @field_validator("admin_ids", mode="before")
    @classmethod
    def _split_ids(cls, value: object) -> object:
        return value.replace(",", " ").split() if isinstance(value, str) else value

    @field_validator("articles_dir", "data_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().resolve()


def load_settings() -> Settings:
    """Return the settings; raises SettingsError for an unknown RAWI_ name or a value that cannot be used."""
    _refuse_unknown([*os.environ, *dotenv_values(_ENV_FILE)])
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = PREFIX + str(first["loc"][0]).upper()
        # The value itself stays out of the message: it may be the token.
        raise SettingsError(
            f"{name} cannot be used: {first['msg']}; see the settings in README, then run the command again"
        ) from None


def _refuse_unknown(names: Iterable[str]) -> None:
    known = [PREFIX + name.upper() for name in Settings.model_fields]
    for name in names:
        if name.startswith(PREFIX) and name not in known:
            nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.0)[0]
            raise SettingsError(
                f"unknown setting {name}, expected a known one such as {nearest}; run: unset {name}"
            )
