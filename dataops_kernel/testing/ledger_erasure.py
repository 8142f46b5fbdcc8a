"""The part of the ledger's contract that is about erasing: gone for good, and no number given twice."""

# ruff: noqa: D102  (the name of a test is its sentence)

import pytest

from dataops_kernel.errors import UsageError
from dataops_kernel.storage.ledger import Append, Entry, Ledger, Put, Write
from dataops_kernel.testing.ledger_streams import fill, numbers


class ErasureContract:
    """What is erased is gone whatever its revision; what stays reads as before."""

    def test_entries_up_to_a_number_are_erased_and_the_rest_stays(self, ledger: Ledger) -> None:
        fill(ledger, "s", 9)
        fill(ledger, "other", 3)

        assert ledger.erase(streams={"s": 4}) == 4

        assert numbers(ledger.entries("s")) == [5, 6, 7, 8, 9]
        assert numbers(ledger.entries("s", reverse=True, limit=2)) == [9, 8]
        assert ledger.entries("s", upto=4) == ledger.entries("s", upto=4, reverse=True) == []
        assert numbers(ledger.entries("other")) == [1, 2, 3]

    def test_a_stream_erased_to_its_end_keeps_its_tail_and_never_gives_a_number_twice(self, ledger: Ledger) -> None:
        fill(ledger, "s", 3)

        assert ledger.erase(streams={"s": 99}) == 3

        assert ledger.tail("s") == 3
        assert ledger.entries("s") == ledger.entries("s", reverse=True) == ledger.entries("s", limit=1) == []
        assert ledger.commit([Append("s", b"4", expect=3), Append("s", b"5")]) == [4, 5]
        assert numbers(ledger.entries("s")) == [4, 5]
        assert numbers(ledger.entries("s", limit=1)) == [4]
        assert numbers(ledger.entries("s", after=2, limit=1)) == [4]
        assert numbers(ledger.entries("s", reverse=True, limit=3)) == [5, 4]
        assert ledger.tail("s") == 5

    def test_a_stream_can_be_erased_again_and_further(self, ledger: Ledger) -> None:
        fill(ledger, "s", 5)

        assert [ledger.erase(streams={"s": upto}) for upto in (5, 5, 2, 0, -1)] == [5, 0, 0, 0, 0]
        ledger.commit([Append("s", b"6"), Append("s", b"7")])
        assert ledger.erase(streams={"s": 6}) == 1

        assert numbers(ledger.entries("s")) == [7]
        assert ledger.erase(streams={"s": 7}) == 1
        assert (ledger.tail("s"), ledger.entries("s")) == (7, [])

    def test_an_erased_place_holds_empty_entries_apart_from_none(self, ledger: Ledger) -> None:
        ledger.commit([Append("s", b""), Append("s", b"")])
        ledger.erase(streams={"s": 1})

        assert ledger.entries("s") == [Entry(2, b"")]

    def test_a_whole_stream_is_erased_with_its_tail_and_can_begin_anew(self, ledger: Ledger) -> None:
        fill(ledger, "a", 3)
        fill(ledger, "s", 4)

        assert ledger.erase(streams={"s": None}) == 4

        assert (ledger.tail("s"), ledger.entries("s"), ledger.entries("s", reverse=True)) == (0, [], [])
        fill(ledger, "later", 2)
        assert ledger.commit([Append("s", b"1", expect=0)]) == [1]
        assert [numbers(ledger.entries(name)) for name in ("a", "s", "later")] == [[1, 2, 3], [1], [1, 2]]

    def test_records_are_erased_at_any_revision_with_what_rides_with_them(self, ledger: Ledger) -> None:
        ledger.commit([Put("k", name, b"1", parent="p", session="s", workflow="w", data=b"d") for name in "abc"])
        ledger.commit([Put("k", "a", b"2", parent="p", session="s", workflow="w", expect=1)])

        assert ledger.erase(records=[("k", "a"), ("k", "b"), ("k", "nobody"), ("other", "c")]) == 2

        assert [ledger.get("k", "a"), ledger.get("k", "b"), ledger.data("k", "a")] == [None] * 3
        lists = (ledger.children("k", "p"), ledger.of_session("k", "s"), ledger.of_workflow("k", "w"), ledger.scan("k"))
        assert [[record.id for record in found] for found in lists] == [["c"]] * 4
        assert ledger.data("k", "c") == b"d"
        ledger.commit([Put("k", "a", b"new", parent="p")])
        assert ledger.data("k", "a") is None

    much = 1200
    """Records of the test that erases many; a backend on the network may say fewer, in sixties."""

    def test_much_is_erased_at_once(self, ledger: Ledger) -> None:
        for start in range(0, self.much, 60):
            writes: list[Write] = [Put("k", f"r{number:04d}", b"") for number in range(start, start + 60)]
            ledger.commit([*writes, *(Append(f"s{start}", b"") for _ in range(40))])

        gone = ledger.erase(
            streams={f"s{start}": None for start in range(0, self.much, 60)},
            records=[("k", f"r{number:04d}") for number in range(1, self.much)],
        )

        assert gone == self.much - 1 + self.much // 60 * 40
        assert [record.id for record in ledger.scan("k")] == ["r0000"]

    def test_erasing_what_is_not_there_does_nothing(self, ledger: Ledger) -> None:
        assert ledger.erase() == ledger.erase(streams={"nobody": 5, "none": None}, records=[("k", "r")]) == 0
        assert ledger.tail("nobody") == 0

    def test_an_empty_key_cannot_be_erased(self, ledger: Ledger) -> None:
        with pytest.raises(UsageError, match="empty key"):
            ledger.erase(streams={"": 1})
        for key in (("", "a"), ("k", "")):
            with pytest.raises(UsageError, match="empty key"):
                ledger.erase(records=[key])

    def test_every_record_of_a_kind_is_listed_by_id_in_pages(self, ledger: Ledger) -> None:
        ledger.commit([Put("k", f"r{number}", b"", parent=f"p{number % 2}") for number in (3, 1, 2)])
        ledger.commit([Put("other", "r9", b"")])

        assert [record.id for record in ledger.scan("k")] == ["r1", "r2", "r3"]
        assert [record.id for record in ledger.scan("k", limit=2)] == ["r1", "r2"]
        assert [record.id for record in ledger.scan("k", after="r2", limit=2)] == ["r3"]
        assert ledger.scan("nobody") == []

    def test_a_purge_changes_nothing_that_can_be_read(self, ledger: Ledger) -> None:
        fill(ledger, "s", 3)
        ledger.commit([Put("k", "a", b"1", data=b"d"), Put("k", "b", b"1")])
        ledger.erase(streams={"s": 2}, records=[("k", "b")])

        ledger.purge()
        ledger.purge(rewrite=True)

        assert numbers(ledger.entries("s")) == [3]
        assert ([record.id for record in ledger.scan("k")], ledger.data("k", "a")) == (["a"], b"d")
        assert ledger.commit([Append("s", b"4")]) == [4]
