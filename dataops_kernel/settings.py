"""One object of settings, read from ``DATAOPS_*`` environment variables and keyword arguments, nothing else."""

import getpass
import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from dataops_kernel.errors import SettingsError, suggestion
from dataops_kernel.types import Duration, Frozen

PREFIX = "DATAOPS_"


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "local"


class Settings(Frozen):
    """Every limit and choice with its default; ``DATAOPS_QUERY_SECONDS=60`` sets ``query_seconds``."""

    workspace: Path = Field(default=Path(".dataops"), description="The folder that holds everything.")
    user: str = Field(default_factory=_login, min_length=1, max_length=200, description="Who acts at the local doors.")
    workflows: tuple[Path, ...] = Field(
        default=(), description=f"Folders of workflows besides the shipped ones, separated by {os.pathsep!r}."
    )
    model: Literal["rules"] = Field(default="rules", description="What understands language.")
    ledger: Literal["embedded", "dynamodb"] = Field(
        default="embedded", description="Where records are kept: a file of the workspace, or a DynamoDB table."
    )
    dynamodb_table: str = Field(
        default="dataops-ledger",
        pattern=r"^[A-Za-z0-9_.-]{3,255}$",
        description="The table of the DynamoDB ledger, made by `dataops aws init`.",
    )
    aws_region: str | None = Field(default=None, description="The AWS region, such as eu-central-1.")
    aws_endpoint_url: str | None = Field(
        default=None, pattern=r"^https?://\S+$", description="Another address than AWS, such as http://127.0.0.1:8000."
    )
    engine: Literal["local"] = Field(default="local", description="Where runs execute.")
    durability: Literal["full", "relaxed"] = Field(
        default="full", description="Whether a commit waits for the disk; relaxed may lose the last ones at power loss."
    )
    message_bytes: int = Field(default=100_000, ge=1, description="The longest message, in bytes of UTF-8.")
    context_tokens: int = Field(
        default=8_000, ge=200, description="The budget of a session's context view, in tokens; nearing it compresses."
    )
    query_seconds: float = Field(default=30.0, gt=0, le=3600, description="When a query is stopped.")
    query_memory_mb: int = Field(default=2048, ge=64, description="The memory one query may use.")
    query_rows: int = Field(default=1_000_000, ge=1, description="The most rows one query returns.")
    session_idle_after: Duration = Field(
        default=timedelta(minutes=30), description="When a session nobody writes to is idle, such as 30m."
    )
    session_expire_after: Duration = Field(
        default=timedelta(days=90), description="When a session nobody writes to expires and may be archived: 90d."
    )
    deletion_grace_days: float = Field(
        default=7.0, ge=0, le=36_500, description="How long a deleted artifact can be restored before a purge takes it."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="warning", description="What is written to standard error as one JSON object a line."
    )


def load_settings(overrides: Mapping[str, Any] | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings from the environment, with ``overrides`` on top.

    Raises ``SettingsError`` for an unknown name (with the closest known) and for a value that does not fit.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    for name in Settings.model_fields:
        raw = environ.get(PREFIX + name.upper(), "")
        if raw:
            values[name] = raw.split(os.pathsep) if name == "workflows" else raw
    for name, value in (overrides or {}).items():
        if name not in Settings.model_fields:
            raise SettingsError(
                f"There is no setting named {name!r}.",
                hint=suggestion(name, Settings.model_fields, f"Known settings: {', '.join(Settings.model_fields)}."),
            )
        if value is not None:
            values[name] = value
    try:
        return Settings(**values)
    except ValidationError as err:
        first = err.errors()[0]
        name = str(first["loc"][0])
        field = Settings.model_fields[name]
        default = field.get_default(call_default_factory=True)
        raise SettingsError(
            f"The setting {PREFIX}{name.upper()} has the value {first['input']!r}: {first['msg'].lower()}.",
            hint=f"{field.description} For example {PREFIX}{name.upper()}={default}",
            setting=name,
        ) from err
