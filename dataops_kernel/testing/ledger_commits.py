"""The part of the ledger's contract that is about commits: all or nothing, seen at once."""

# ruff: noqa: D102  (the name of a test is its sentence)

import threading

import pytest

from dataops_kernel.errors import ConflictError, DataOpsError, LimitExceededError, UsageError
from dataops_kernel.storage.ledger import MAX_COMMIT_WRITES, Append, Ledger, Put, Remove, Write
from dataops_kernel.testing.threads import run_together

_BAD: list[Write] = [
    Append("taken", b"x", expect=0),
    Put("k", "taken", b"x"),
    Put("k", "free", b"x", parent="p", order="taken"),
    Put("k", "taken", b"x", expect=2),
    Put("k", "nobody", b"x", expect=1),
    Remove("k", "taken", expect=2),
    Remove("k", "nobody", expect=1),
]


def _picture(ledger: Ledger) -> object:
    streams = [ledger.entries(name) for name in ("taken", "fresh")]
    names = ("taken", "fresh", "free", "replaced", "removed")
    return streams, ledger.get_many("k", names), [ledger.data("k", name) for name in names], ledger.children("k", "p")


class CommitsContract:
    """A commit happens wholly or not at all, and whoever reads after it returned sees it."""

    def test_an_empty_commit_does_nothing(self, ledger: Ledger) -> None:
        assert ledger.commit([]) == []

    @pytest.mark.parametrize("bad", _BAD, ids=repr)
    @pytest.mark.parametrize("place", ["first", "last"])
    def test_a_conflict_leaves_nothing_behind(self, ledger: Ledger, bad: Write, place: str) -> None:
        ledger.commit(
            [
                Append("taken", b"1"),
                Put("k", "taken", b"1", parent="p", order="taken", data=b"1"),
                Put("k", "replaced", b"1", data=b"1"),
                Put("k", "removed", b"1", data=b"1"),
            ]
        )
        before = _picture(ledger)
        good: list[Write] = [
            Append("fresh", b"1"),
            Append("taken", b"2"),
            Put("k", "fresh", b"1", parent="p", data=b"2", stamp="fresh"),
            Put("k", "replaced", b"2", expect=1, data=b"2"),
            Remove("k", "removed", expect=1),
        ]

        with pytest.raises(ConflictError):
            ledger.commit([bad, *good] if place == "first" else [*good, bad])

        assert _picture(ledger) == before
        # Nothing lingers inside the ledger either: the same writes go through without the bad one.
        assert ledger.commit(good) == [1, 2]

    def test_a_stream_begun_in_a_commit_that_failed_is_not_mistaken_for_another(self, ledger: Ledger) -> None:
        ledger.commit([Put("k", "taken", b"")])
        for _ in range(2):
            with pytest.raises(ConflictError):
                ledger.commit([Append("failed", b"never"), Put("k", "taken", b"")])

        assert ledger.commit([Append("other", b"other")]) == [1]
        assert ledger.commit([Append("failed", b"failed")]) == [1]

        assert [entry.body for entry in ledger.entries("other")] == [b"other"]
        assert [entry.body for entry in ledger.entries("failed")] == [b"failed"]

    def test_a_commit_at_the_limit_is_stored_and_one_above_it_refused(self, ledger: Ledger) -> None:
        ledger.commit([Put("k", f"r{number:03d}", b"", parent="p") for number in range(MAX_COMMIT_WRITES)])
        with pytest.raises(LimitExceededError, match="101 writes"):
            ledger.commit([Append("s", b"x")] * (MAX_COMMIT_WRITES + 1))

        assert len(ledger.children("k", "p")) == MAX_COMMIT_WRITES
        assert ledger.tail("s") == 0

    def test_a_record_cannot_be_written_twice_in_one_commit(self, ledger: Ledger) -> None:
        for second in (Put("k", "r1", b"2", expect=1), Remove("k", "r1", expect=1)):
            with pytest.raises(UsageError, match="'r1' of kind 'k' is written twice"):
                ledger.commit([Put("k", "r1", b"1"), second])
        assert ledger.get("k", "r1") is None

    def test_a_commit_is_seen_by_every_thread_once_it_returned(self, ledger: Ledger) -> None:
        seen: list[bool] = []

        for number in range(1, 21):
            ledger.commit([Append("s", b""), Put("k", f"r{number}", b"", parent="p")])
            reader = threading.Thread(
                target=lambda number=number: seen.append(
                    ledger.tail("s") == number == len(ledger.children("k", "p"))
                    and ledger.get("k", f"r{number}") is not None
                )
            )
            reader.start()
            reader.join()

        assert seen == [True] * 20

    def test_of_threads_that_create_the_same_record_one_wins(self, ledger: Ledger) -> None:
        winners: list[tuple[int, int]] = []
        losses: list[ConflictError] = []

        def create(worker: int) -> None:
            for number in range(10):
                try:
                    ledger.commit([Append(f"s{number}", b""), Put("k", f"r{number}", str(worker).encode())])
                    winners.append((number, worker))
                except ConflictError as error:
                    losses.append(error)

        run_together(8, create)

        assert (len(winners), len(losses)) == (10, 70)
        for number, worker in winners:
            record = ledger.get("k", f"r{number}")
            assert record is not None
            assert record.body == str(worker).encode()
        assert [ledger.tail(f"s{number}") for number in range(10)] == [1] * 10

    def test_counting_up_in_many_threads_loses_no_step(self, ledger: Ledger) -> None:
        ledger.commit([Put("k", "counter", b"0")])

        def count(_: int) -> None:
            done = 0
            while done < 10:
                old = ledger.get("k", "counter")
                assert old is not None
                try:
                    ledger.commit([Put("k", "counter", str(int(old.body) + 1).encode(), expect=old.revision)])
                    done += 1
                except ConflictError:
                    pass

        run_together(4, count)

        record = ledger.get("k", "counter")
        assert record is not None
        assert (record.body, record.revision) == (b"40", 41)

    def test_a_failing_commit_does_not_hurt_those_that_ride_with_it(self, ledger: Ledger) -> None:
        ledger.commit([Put("k", "taken", b"")])
        failed: list[DataOpsError] = []
        given: list[int] = []

        def good() -> None:
            for _ in range(20):
                given.extend(ledger.commit([Append("s", b"good")]))

        def bad() -> None:
            for _ in range(20):
                try:
                    ledger.commit([Append("s", b"bad"), Append("only bad", b""), Put("k", "taken", b"")])
                except ConflictError as error:
                    failed.append(error)

        run_together(8, lambda worker: good() if worker % 2 else bad())

        assert len(failed) == len(set(map(id, failed))) == 80
        assert sorted(given) == list(range(1, 81))
        assert {entry.body for entry in ledger.entries("s")} == {b"good"}
        assert ledger.tail("only bad") == 0

    def test_closing_twice_does_nothing(self, ledger: Ledger) -> None:
        ledger.close()
        ledger.close()
