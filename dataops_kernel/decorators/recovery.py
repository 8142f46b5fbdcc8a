"""Retries of nodes."""

import functools
import logging
from collections.abc import Callable
from typing import ParamSpec, TypeVar, overload

from dataops_kernel.errors import RunCancelledError, UsageError
from dataops_kernel.telemetry import log

P = ParamSpec("P")
R = TypeVar("R")


@overload
def with_error_recovery(node: Callable[P, R]) -> Callable[P, R]: ...


@overload
def with_error_recovery(*, attempts: int = 3) -> Callable[[Callable[P, R]], Callable[P, R]]: ...


def with_error_recovery(node: Callable[P, R] | None = None, *, attempts: int = 3) -> object:
    """Try a node up to ``attempts`` times.

    A ``UsageError`` (the same call would fail again) and a cancel are raised at once; the last error as it is.
    """
    if node is None:
        return functools.partial(with_error_recovery, attempts=attempts)
    tried = node

    @functools.wraps(tried)
    def recovered(*args: P.args, **kwargs: P.kwargs) -> R:
        for attempt in range(1, attempts):
            try:
                return tried(*args, **kwargs)
            except (UsageError, RunCancelledError):
                raise
            except Exception as err:
                log("retry", level=logging.WARNING, node=tried.__name__, attempt=attempt, error=err)
        return tried(*args, **kwargs)

    return recovered
