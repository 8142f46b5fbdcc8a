"""What ``config.yaml`` says, with the defaults for what it leaves out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import Field

from dataops_kernel.types import Frozen


class Settings(Frozen):
    """The settings of this workflow."""

    question_length: int = Field(default=1000, ge=20, le=10_000)
    most_tables: int = Field(default=30, ge=1, le=200)
    most_rows: int = Field(default=100_000, ge=1)
    preview_rows: int = Field(default=20, ge=1, le=1000)
    synonyms: Mapping[str, tuple[str, ...]] = {}


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Read the settings beside this module; raises ``pydantic.ValidationError`` for a value that does not fit."""
    import yaml

    told: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("config.yaml").read_text(encoding="utf-8")) or {}
    return Settings.model_validate(told)
