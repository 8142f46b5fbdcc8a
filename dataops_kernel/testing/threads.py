"""Doing several things at once, for contracts that hold for threads."""

import threading
from collections.abc import Callable


def run_together(count: int, work: Callable[[int], object]) -> None:
    """Call ``work(0)`` … ``work(count - 1)`` at the same moment, each in a thread of its own, and wait for them.

    The first error of any of them is raised here.
    """
    start = threading.Barrier(count)
    errors: list[BaseException] = []

    def run(number: int) -> None:
        try:
            start.wait()
            work(number)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
