"""The part of the ledger's contract that is about streams."""

# ruff: noqa: D102  (the name of a test is its sentence)

import pytest

from dataops_kernel.errors import ConflictError, LimitExceededError, UsageError
from dataops_kernel.storage.ledger import MAX_RECORD_BYTES, Append, Entry, Ledger
from dataops_kernel.testing.threads import run_together

_HARD_NAMES = ["Zürich 数据 🦆", "a\x00b", "line\nbreak", "'; DROP TABLE entries; --", "log/%_*?", "x" * 1000]


def fill(ledger: Ledger, stream: str, count: int) -> None:
    """Append ``count`` entries whose body is their number."""
    for number in range(1, count + 1):
        ledger.commit([Append(stream, str(number).encode())])


def numbers(entries: list[Entry]) -> list[int]:
    """Return the entry numbers, having checked that each body belongs to its number."""
    assert all(entry.body == str(entry.seq).encode() for entry in entries)
    return [entry.seq for entry in entries]


class StreamsContract:
    """Streams are append-only and numbered without gaps."""

    def test_an_unknown_stream_is_empty(self, ledger: Ledger) -> None:
        assert ledger.tail("nobody") == 0
        assert ledger.entries("nobody") == []
        assert ledger.entries("nobody", reverse=True, limit=5) == []

    def test_entries_are_numbered_from_one_and_read_back_as_written(self, ledger: Ledger) -> None:
        given = [ledger.commit([Append("s", body)]) for body in (b"first", b"", b"\x00\xff third")]

        assert given == [[1], [2], [3]]
        assert ledger.entries("s") == [Entry(1, b"first"), Entry(2, b""), Entry(3, b"\x00\xff third")]
        assert ledger.tail("s") == 3

    def test_one_commit_may_append_many_entries_to_many_streams(self, ledger: Ledger) -> None:
        fill(ledger, "a", 2)

        given = ledger.commit([Append("a", b"3"), Append("b", b"1"), Append("a", b"4"), Append("b", b"2")])

        assert given == [3, 1, 4, 2]
        assert numbers(ledger.entries("a")) == [1, 2, 3, 4]
        assert numbers(ledger.entries("b")) == [1, 2]

    def test_streams_do_not_see_each_other(self, ledger: Ledger) -> None:
        for stream in ("a", "b", "c"):
            fill(ledger, stream, 3)
        ledger.commit([Append("b", b"4")])

        assert [ledger.tail(stream) for stream in ("a", "b", "c")] == [3, 4, 3]
        assert numbers(ledger.entries("a", upto=1_000_000_000_000)) == [1, 2, 3]
        assert numbers(ledger.entries("b", after=-1_000_000_000_000)) == [1, 2, 3, 4]
        assert numbers(ledger.entries("b", reverse=True)) == [4, 3, 2, 1]

    def test_a_long_stream_is_paged_forward_without_gap_or_repeat(self, ledger: Ledger) -> None:
        fill(ledger, "s", 25)
        seen: list[int] = []

        while page := ledger.entries("s", after=seen[-1] if seen else 0, limit=7):
            seen += numbers(page)

        assert seen == list(range(1, 26))

    def test_a_long_stream_is_paged_backward_without_gap_or_repeat(self, ledger: Ledger) -> None:
        fill(ledger, "s", 25)
        seen: list[int] = []
        upto = 25

        while page := ledger.entries("s", upto=upto, limit=7, reverse=True):
            seen += numbers(page)
            upto = seen[-1] - 1

        assert seen == list(range(25, 0, -1))

    @pytest.mark.parametrize(
        ("after", "upto", "limit", "forward", "backward"),
        [
            (0, None, None, [1, 2, 3, 4, 5], [5, 4, 3, 2, 1]),
            (2, None, None, [3, 4, 5], [5, 4, 3]),
            (0, 2, None, [1, 2], [2, 1]),
            (1, 4, None, [2, 3, 4], [4, 3, 2]),
            (1, 4, 2, [2, 3], [4, 3]),
            (0, None, 0, [], []),
            (0, 0, None, [], []),
            (5, None, None, [], []),
            (4, 2, None, [], []),
            (0, 99, 99, [1, 2, 3, 4, 5], [5, 4, 3, 2, 1]),
        ],
    )
    def test_bounds_exclude_the_lower_and_include_the_upper(
        self, ledger: Ledger, after: int, upto: int | None, limit: int | None, forward: list[int], backward: list[int]
    ) -> None:
        fill(ledger, "s", 5)

        assert numbers(ledger.entries("s", after=after, upto=upto, limit=limit)) == forward
        assert numbers(ledger.entries("s", after=after, upto=upto, limit=limit, reverse=True)) == backward

    def test_an_append_can_expect_the_tail(self, ledger: Ledger) -> None:
        assert ledger.commit([Append("s", b"1", expect=0)]) == [1]
        assert ledger.commit([Append("s", b"2", expect=1), Append("s", b"3", expect=2)]) == [2, 3]

        with pytest.raises(ConflictError, match="'s' ends at entry 3, not at 1") as caught:
            ledger.commit([Append("s", b"x", expect=1)])

        assert caught.value.facts == {"stream": "s", "expected": 1, "found": 3}
        assert numbers(ledger.entries("s")) == [1, 2, 3]

    def test_expecting_more_than_there_is_is_a_conflict(self, ledger: Ledger) -> None:
        with pytest.raises(ConflictError):
            ledger.commit([Append("s", b"x", expect=7)])
        assert ledger.tail("s") == 0

    @pytest.mark.parametrize("name", _HARD_NAMES, ids=ascii)
    def test_a_stream_may_have_any_name(self, ledger: Ledger, name: str) -> None:
        fill(ledger, name, 2)

        assert numbers(ledger.entries(name)) == [1, 2]
        assert ledger.tail(name[:-1]) == 0

    def test_a_name_that_is_not_text_is_refused(self, ledger: Ledger) -> None:
        with pytest.raises(UsageError, match="not valid text"):
            ledger.commit([Append("broken \ud800", b"x")])
        with pytest.raises(UsageError, match="not valid text"):
            ledger.tail("broken \ud800")

    def test_an_empty_name_is_refused(self, ledger: Ledger) -> None:
        with pytest.raises(UsageError, match="empty key"):
            ledger.commit([Append("", b"x")])

    def test_an_entry_at_the_limit_is_stored_and_one_above_it_refused(self, ledger: Ledger) -> None:
        largest = b"x" * MAX_RECORD_BYTES

        ledger.commit([Append("s", largest)])
        with pytest.raises(LimitExceededError, match="400,001 bytes"):
            ledger.commit([Append("s", b"1"), Append("s", largest + b"x")])

        assert [entry.body == largest for entry in ledger.entries("s")] == [True]

    def test_eight_threads_on_one_stream_get_distinct_numbers_without_gaps(self, ledger: Ledger) -> None:
        given: dict[int, list[int]] = {worker: [] for worker in range(8)}

        def write(worker: int) -> None:
            for turn in range(25):
                given[worker] += ledger.commit([Append("s", f"{worker}.{turn}".encode())])

        run_together(8, write)

        assert sorted(number for mine in given.values() for number in mine) == list(range(1, 201))
        bodies = {entry.seq: entry.body.decode() for entry in ledger.entries("s")}
        for worker, mine in given.items():
            assert [bodies[number] for number in mine] == [f"{worker}.{turn}" for turn in range(25)]

    def test_of_threads_that_expect_the_same_tail_one_wins(self, ledger: Ledger) -> None:
        won: list[int] = []
        lost: list[ConflictError] = []

        def write(worker: int) -> None:
            for tail in range(10):
                try:
                    ledger.commit([Append("s", str(worker).encode(), expect=tail)])
                    won.append(tail)
                except ConflictError as error:
                    lost.append(error)

        run_together(8, write)

        assert sorted(won) == list(range(ledger.tail("s")))
        assert len(won) + len(lost) == 80
