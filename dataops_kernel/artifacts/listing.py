"""Lists of artifacts: which ones are wanted, and reading them from new to old no further than needed."""

from collections.abc import Mapping
from typing import Any, get_args

from pydantic_core import to_json

from dataops_kernel.artifacts.records import artifact_parent
from dataops_kernel.errors import ParameterError, suggestion
from dataops_kernel.storage.ledger import Ledger, Record
from dataops_kernel.types import Artifact, ArtifactType, ContentType

FILTERS = ("artifact_type", "workflow_name", "name", "content_type", "run_id", "tag")
"""What a list can be filtered by; an artifact must fit every filter given."""

_CHOICES = {"artifact_type": get_args(ArtifactType), "content_type": get_args(ContentType)}
_SMALLEST_PAGE, _LARGEST_PAGE = 32, 1024
_DENSE = 0.25


class Selection:
    """Filters, checked once, tried first on records, then on the bytes of their bodies and then on values."""

    def __init__(self, filters: Mapping[str, Any] | None = None) -> None:
        self.wanted: dict[str, str] = dict(filters or {})
        for key, value in self.wanted.items():
            if key not in FILTERS:
                raise ParameterError(
                    f"Artifacts cannot be filtered by {key!r}.",
                    hint=suggestion(str(key), FILTERS, f"Filters are {', '.join(FILTERS)}."),
                )
            if not isinstance(value, str) or (not value.isascii() and not _is_unicode(value)):
                raise ParameterError(f"The filter {key!r} has the value {value!r}.", hint="Give text to compare with.")
            if value not in _CHOICES.get(key, (value,)):
                raise ParameterError(
                    f"There is no {key} {value!r}.",
                    hint=suggestion(value, _CHOICES[key], f"One of {', '.join(_CHOICES[key])}."),
                )
        self._workflow = self.wanted.get("workflow_name")
        # What no record has a field for. Bodies are written by the same serializer, so an artifact that fits has
        # these bytes in its body. Others may have them too (columns have names as well), hence the second look.
        self._inside = {key: value for key, value in self.wanted.items() if key != "workflow_name"}
        self._traces = [
            to_json(value) if key == "tag" else to_json({key: value})[1:-1] for key, value in self._inside.items()
        ]

    def may_fit(self, records: list[Record]) -> list[Record]:
        """Return the records that are worth reading."""
        if self._workflow is not None:
            records = [record for record in records if record.workflow == self._workflow]
        for trace in self._traces:
            records = [record for record in records if trace in record.body]
        return records

    def fitting(self, artifacts: list[Artifact]) -> list[Artifact]:
        """Return those of the artifacts whose records may fit that do."""
        if not self._inside:
            return artifacts
        return [artifact for artifact in artifacts if self._fits(artifact)]

    def _fits(self, artifact: Artifact) -> bool:
        return all(
            value in artifact.tags if key == "tag" else getattr(artifact, key) == value
            for key, value in self._inside.items()
        )


class Descent:
    """A session's artifact records from new to old, in the order that meets the wanted ones soonest."""

    def __init__(
        self,
        ledger: Ledger,
        session_id: str,
        *,
        name: str | None = None,
        workflow: str | None = None,
        before: str | None,
    ) -> None:
        self._ledger = ledger
        self._session = session_id
        self._parent = None if name is None else artifact_parent(session_id, name)
        self._workflow = workflow if name is None else None
        self._before = before
        self._bound = before if name is None else None
        self.done = False

    def page(self, size: int) -> list[Record]:
        """Return about the next ``size`` records, fewer or none where others lie in between."""
        size = max(_SMALLEST_PAGE, min(size, _LARGEST_PAGE))
        if self._workflow is not None:
            page = self._of_workflow(self._workflow, size)
            if page is not None:
                return page
        if self._parent is not None:
            page = self._ledger.children("artifact", self._parent, before=self._bound, limit=size, reverse=True)
        else:
            page = self._ledger.of_session("artifact", self._session, before=self._bound, limit=size, reverse=True)
        self._go_on(page, size)
        return page if self._before is None else [record for record in page if record.id < self._before]

    def _of_workflow(self, workflow: str, size: int) -> list[Record] | None:
        """Read in the workflow's order as long as this session has a fair share of it; None when it has not."""
        page = self._ledger.of_workflow("artifact", workflow, before=self._bound, limit=size, reverse=True)
        mine = [record for record in page if record.session == self._session]
        if len(mine) < len(page) * _DENSE:
            self._workflow = None
            return None
        self._go_on(page, size)
        return mine

    def _go_on(self, page: list[Record], size: int) -> None:
        self.done = len(page) < size
        if page:
            self._bound = page[-1].id if self._parent is None else page[-1].order


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in text)
