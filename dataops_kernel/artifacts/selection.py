"""Which artifacts a list is to show."""

from collections.abc import Mapping
from typing import Any, get_args

from pydantic_core import to_json

from dataops_kernel.errors import ParameterError, suggestion
from dataops_kernel.storage.ledger import Record
from dataops_kernel.types import Artifact, ArtifactType, ContentType

FILTERS = ("artifact_type", "workflow_name", "name", "content_type", "run_id", "tag")
"""What a list can be filtered by; an artifact must fit every filter given."""

_CHOICES = {"artifact_type": get_args(ArtifactType), "content_type": get_args(ContentType)}


class Selection:
    """Filters, checked once, tried first on bytes and then on values."""

    def __init__(self, filters: Mapping[str, Any] | None = None) -> None:
        self.wanted: dict[str, str] = dict(filters or {})
        for key, value in self.wanted.items():
            if key not in FILTERS:
                raise ParameterError(
                    f"Artifacts cannot be filtered by {key!r}.",
                    hint=suggestion(str(key), FILTERS, f"Filters are {', '.join(FILTERS)}."),
                )
            if not isinstance(value, str):
                raise ParameterError(f"The filter {key!r} has the value {value!r}.", hint="Give text to compare with.")
            if value not in _CHOICES.get(key, (value,)):
                raise ParameterError(
                    f"There is no {key} {value!r}.",
                    hint=suggestion(value, _CHOICES[key], f"One of {', '.join(_CHOICES[key])}."),
                )
        # Bodies are written by the same serializer, so an artifact that fits has these bytes in its record. Others
        # may have them too (columns have names as well), hence the second look.
        self._traces = [
            to_json(value) if key == "tag" else to_json({key: value})[1:-1]
            for key, value in self.wanted.items()
            if _is_unicode(value)
        ]
        self._impossible = len(self._traces) < len(self.wanted)

    def may_fit(self, record: Record) -> bool:
        """Say whether the record is worth reading."""
        return not self._impossible and all(trace in record.body for trace in self._traces)

    def fits(self, artifact: Artifact) -> bool:
        """Say whether the artifact is wanted."""
        return all(
            value in artifact.tags if key == "tag" else getattr(artifact, key) == value
            for key, value in self.wanted.items()
        )


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in text)
