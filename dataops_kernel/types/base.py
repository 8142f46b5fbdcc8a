"""The base of every value that crosses a floor."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A value: immutable, with no field nobody declared."""

    model_config = ConfigDict(frozen=True, extra="forbid")
