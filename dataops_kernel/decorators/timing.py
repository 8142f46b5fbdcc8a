"""Timings of nodes."""

import functools
import logging
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from dataops_kernel.telemetry import log

P = ParamSpec("P")
R = TypeVar("R")


def with_telemetry(node: Callable[P, R]) -> Callable[P, R]:
    """Write a log line with the node's name, seconds and outcome whenever it runs; content is never logged."""

    @functools.wraps(node)
    def timed(*args: P.args, **kwargs: P.kwargs) -> R:
        start = time.perf_counter()
        try:
            result = node(*args, **kwargs)
        except BaseException as err:
            seconds = round(time.perf_counter() - start, 6)
            log("node", level=logging.WARNING, node=node.__name__, seconds=seconds, outcome=type(err).__name__)
            raise
        log("node", node=node.__name__, seconds=round(time.perf_counter() - start, 6), outcome="done")
        return result

    return timed
