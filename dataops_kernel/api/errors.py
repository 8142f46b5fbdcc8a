"""Which status code an error of the kernel answers with."""

from dataops_kernel.errors import (
    BackendError,
    ConflictError,
    DataOpsError,
    NotFoundError,
    PermissionDeniedError,
    UsageError,
)

_STATUS: tuple[tuple[type[DataOpsError], int], ...] = (
    (NotFoundError, 404),
    (UsageError, 422),
    (ConflictError, 409),
    (PermissionDeniedError, 403),
    (BackendError, 503),
)


def status_of(err: DataOpsError) -> int:
    """Return the HTTP status of an error; 500 for what nobody foresaw."""
    return next((status for kind, status in _STATUS if isinstance(err, kind)), 500)
