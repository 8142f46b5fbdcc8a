"""The part of the ledger's contract that is about records."""

# ruff: noqa: D102  (the name of a test is its sentence)

import pytest

from dataops_kernel.errors import ConflictError, LimitExceededError, UsageError
from dataops_kernel.storage.ledger import MAX_RECORD_BYTES, Append, Ledger, Put, Record, Remove

_HARD_KEYS = ["Zürich 数据 🦆", "a\x00b", "line\nbreak", "'; DROP TABLE records; --", "%_*?[a]", "k" * 1000]


def ids(records: list[Record]) -> list[str]:
    """Return the ids, in the order given."""
    return [record.id for record in records]


class RecordsContract:
    """Records live under (kind, id), in order inside (kind, parent), and are found by session and workflow."""

    def test_a_record_is_read_back_as_written(self, ledger: Ledger) -> None:
        ledger.commit([Put("k", "r1", b'{"a": 1}', parent="p", order="007", session="s", workflow="w")])

        assert ledger.get("k", "r1") == Record("k", "r1", "p", "007", "s", "w", 1, None, b'{"a": 1}')
        assert ledger.data("k", "r1") is None

    def test_what_is_not_there_is_none(self, ledger: Ledger) -> None:
        ledger.commit([Put("k", "r1", b"")])

        assert ledger.get("k", "other") is None
        assert ledger.get("other", "r1") is None
        assert ledger.data("k", "other") is None
        assert ledger.get_many("k", ["other"]) == []
        assert ledger.children("k", "other") == []
        assert ledger.of_session("k", "other") == []
        assert ledger.of_workflow("k", "other") == []

    def test_an_empty_order_is_the_id_and_an_empty_session_is_none(self, ledger: Ledger) -> None:
        ledger.commit([Put("k", "r1", b"", session="", workflow="")])

        assert ledger.get("k", "r1") == Record("k", "r1", "", "r1", None, None, 1, None, b"")
        assert ledger.of_session("k", "") == []
        assert ledger.of_workflow("k", "") == []

    def test_creating_what_exists_is_a_conflict(self, ledger: Ledger) -> None:
        ledger.commit([Put("k", "r1", b"old")])

        with pytest.raises(ConflictError, match="'r1' is at revision 1; this write was creating it") as caught:
            ledger.commit([Put("k", "r1", b"new", order="elsewhere")])

        assert caught.value.facts == {"kind": "k", "id": "r1", "expected": 0, "found": 1}
        record = ledger.get("k", "r1")
        assert record is not None
        assert record.body == b"old"

    def test_two_records_cannot_share_a_place_in_one_parent(self, ledger: Ledger) -> None:
        ledger.commit([Put("k", "r1", b"", parent="p", order="1")])

        with pytest.raises(ConflictError, match="'1' among the k records of 'p'"):
            ledger.commit([Put("k", "r2", b"", parent="p", order="1")])
        with pytest.raises(ConflictError, match="'2' among the k records of 'p'"):
            ledger.commit([Put("k", "r3", b"", parent="p", order="2"), Put("k", "r4", b"", parent="p", order="2")])
        ledger.commit([Put("k", "r5", b"", parent="q", order="1"), Put("other", "r1", b"", parent="p", order="1")])

        assert ids(ledger.children("k", "p")) == ["r1"]

    def test_a_replacement_names_the_revision_it_replaces(self, ledger: Ledger) -> None:
        ledger.commit([Put("k", "r1", b"1")])
        ledger.commit([Put("k", "r1", b"2", expect=1)])

        with pytest.raises(ConflictError, match="'r1' is at revision 2; this write was expecting revision 1"):
            ledger.commit([Put("k", "r1", b"lost", expect=1)])
        with pytest.raises(ConflictError, match="'r1' is at revision 2"):
            ledger.commit([Put("k", "r1", b"lost", expect=3)])
        with pytest.raises(ConflictError, match="'r9' is not there"):
            ledger.commit([Put("k", "r9", b"lost", expect=1)])

        record = ledger.get("k", "r1")
        assert record is not None
        assert (record.body, record.revision) == (b"2", 2)

    def test_a_replacement_may_change_session_and_workflow_but_not_the_place(self, ledger: Ledger) -> None:
        ledger.commit([Put("k", "r1", b"1", parent="p", order="1", session="s1", workflow="w1")])
        ledger.commit([Put("k", "r1", b"2", parent="p", order="1", session="s2", expect=1)])

        assert ledger.of_session("k", "s1") == ledger.of_workflow("k", "w1") == []
        assert ids(ledger.of_session("k", "s2")) == ["r1"]
        with pytest.raises(ConflictError, match="lives at '1' of 'p'"):
            ledger.commit([Put("k", "r1", b"3", parent="p", order="2", expect=2)])
        with pytest.raises(ConflictError, match="lives at '1' of 'p'"):
            ledger.commit([Put("k", "r1", b"3", order="1", expect=2)])

    def test_a_removal_names_the_revision_it_removes(self, ledger: Ledger) -> None:
        ledger.commit([Put("k", "r1", b"1", parent="p", order="1", session="s", workflow="w", data=b"riding")])

        with pytest.raises(ConflictError):
            ledger.commit([Remove("k", "r1", expect=2)])
        with pytest.raises(ConflictError, match="'r2' is not there"):
            ledger.commit([Remove("k", "r2", expect=1)])
        assert ledger.data("k", "r1") == b"riding"
        ledger.commit([Remove("k", "r1", expect=1)])

        assert ledger.get("k", "r1") is None
        assert ledger.data("k", "r1") is None
        assert ledger.children("k", "p") == ledger.of_session("k", "s") == ledger.of_workflow("k", "w") == []

    def test_what_was_removed_can_be_created_again(self, ledger: Ledger) -> None:
        ledger.commit([Put("k", "r1", b"old", parent="p", order="1", data=b"old data")])
        ledger.commit([Remove("k", "r1", expect=1)])

        ledger.commit([Put("k", "r1", b"new", parent="p", order="1")])

        assert ledger.get("k", "r1") == Record("k", "r1", "p", "1", None, None, 1, None, b"new")
        assert ledger.data("k", "r1") is None

    def test_riding_data_is_read_on_request_and_kept_until_replaced(self, ledger: Ledger) -> None:
        ledger.commit([Put("k", "r1", b"1", data=b"\x00data\xff"), Put("k", "r2", b"1", data=b"")])
        ledger.commit([Put("k", "r1", b"2", expect=1)])
        assert ledger.data("k", "r1") == b"\x00data\xff"
        assert ledger.data("k", "r2") == b""
        assert ledger.whole("k", "r1") == (ledger.get("k", "r1"), b"\x00data\xff")
        assert ledger.whole("k", "r2") == (ledger.get("k", "r2"), b"")
        assert ledger.whole("k", "r9") is None

        ledger.commit([Put("k", "r1", b"3", expect=2, data=b"new")])

        assert ledger.data("k", "r1") == b"new"
        assert ledger.data("k", "r2") == b""

    def test_a_stamp_is_the_number_of_the_entry_before_it_and_stays(self, ledger: Ledger) -> None:
        ledger.commit([Append("log", b"1")])
        ledger.commit([Append("log", b"2"), Put("k", "r1", b"", stamp="log"), Append("log", b"3")])
        ledger.commit([Append("log", b"4"), Append("log", b"5"), Put("k", "r2", b"", stamp="log"), Put("k", "r3", b"")])
        ledger.commit([Put("k", "r1", b"again", expect=1)])

        records = ledger.get_many("k", ["r1", "r2", "r3"])

        assert [record.seq for record in records] == [2, 5, None]
        ledger.commit([Append("log", b"6"), Put("k", "r1", b"moved on", expect=2, stamp="log")])
        assert [record.seq for record in ledger.get_many("k", ["r1"])] == [6]

    def test_a_stamp_needs_an_append_before_it(self, ledger: Ledger) -> None:
        with pytest.raises(UsageError, match="stamped with 'log'"):
            ledger.commit([Put("k", "r1", b"", stamp="log"), Append("log", b"1")])
        assert ledger.tail("log") == 0

    def test_many_are_returned_in_the_order_asked_for(self, ledger: Ledger) -> None:
        names = [f"r{number:04d}" for number in range(300)]
        for start in range(0, 300, 100):
            ledger.commit([Put("k", name, name.encode()) for name in names[start : start + 100]])
        asked = [*reversed(names), "nobody", names[7], "a\x00b"]

        found = ledger.get_many("k", asked)

        assert ids(found) == [*reversed(names), names[7]]
        assert all(record.body == record.id.encode() for record in found)
        assert ids(ledger.get_many("k", ["r0001", "x", "r0000"])) == ["r0001", "r0000"]
        assert ledger.get_many("k", []) == ledger.get_many("other", names) == []

    @pytest.mark.parametrize("by", ["parent", "session", "workflow"])
    @pytest.mark.parametrize(
        ("after", "before", "limit", "forward", "backward"),
        [
            (None, None, None, "abcde", "edcba"),
            ("b", None, None, "cde", "edc"),
            (None, "d", None, "abc", "cba"),
            ("a", "e", None, "bcd", "dcb"),
            ("a", "e", 2, "bc", "dc"),
            ("bb", "dd", None, "cd", "dc"),
            ("", "zz", None, "abcde", "edcba"),
            ("e", None, None, "", ""),
            ("d", "b", None, "", ""),
            (None, "", None, "", ""),
            (None, None, 0, "", ""),
            (None, None, 99, "abcde", "edcba"),
        ],
    )
    def test_lists_are_in_order_between_exclusive_bounds(
        self,
        ledger: Ledger,
        by: str,
        after: str | None,
        before: str | None,
        limit: int | None,
        forward: str,
        backward: str,
    ) -> None:
        for name in "dbeac":
            ledger.commit(
                [
                    Put("k", name, b"", parent="p", session="s", workflow="w"),
                    Put("k", name + "2", b"", parent="p2", session="s2", workflow="w2"),
                    Put("k2", name, b"", parent="p", session="s", workflow="w"),
                ]
            )
        read, of = {
            "parent": (ledger.children, "p"),
            "session": (ledger.of_session, "s"),
            "workflow": (ledger.of_workflow, "w"),
        }[by]

        assert ids(read("k", of, after=after, before=before, limit=limit)) == list(forward)
        assert ids(read("k", of, after=after, before=before, limit=limit, reverse=True)) == list(backward)

    def test_children_are_ordered_by_order_and_the_others_by_id(self, ledger: Ledger) -> None:
        for id, order in (("r1", "3"), ("r2", "1"), ("r3", "2")):
            ledger.commit([Put("k", id, b"", parent="p", order=order, session="s", workflow="w")])

        assert ids(ledger.children("k", "p")) == ["r2", "r3", "r1"]
        assert ids(ledger.of_session("k", "s")) == ["r1", "r2", "r3"]
        assert ids(ledger.of_workflow("k", "w")) == ["r1", "r2", "r3"]

    def test_order_is_that_of_the_text_s_bytes(self, ledger: Ledger) -> None:
        names = ["\x00", "\x01", " ", "10", "9", "A", "Z", "a", "a\x00", "aa", "é", "数", "🦆", "\U0010ffff"]
        ledger.commit([Put("k", name, b"", parent="p") for name in reversed(names)])

        assert ids(ledger.children("k", "p")) == names
        assert ids(ledger.children("k", "p", after="a", before="数")) == ["a\x00", "aa", "é"]

    @pytest.mark.parametrize("key", _HARD_KEYS, ids=ascii)
    def test_every_key_may_be_any_text(self, ledger: Ledger, key: str) -> None:
        ledger.commit([Put(key, key, b"body", parent=key, order=key, session=key, workflow=key)])

        assert ledger.get(key, key) == Record(key, key, key, key, key, key, 1, None, b"body")
        assert ledger.get(key, key[:-1]) is None
        assert ids(ledger.children(key, key)) == ids(ledger.of_session(key, key)) == [key]
        assert ids(ledger.of_workflow(key, key)) == ids(ledger.get_many(key, [key])) == [key]

    def test_keys_that_are_empty_or_not_text_are_refused(self, ledger: Ledger) -> None:
        for kind, id in (("", "r"), ("k", "")):
            with pytest.raises(UsageError, match="empty key"):
                ledger.commit([Put(kind, id, b"")])
        for write in (Put("k", "\ud800", b""), Put("k", "r", b"", parent="\udfff"), Remove("k", "\ud800", expect=1)):
            with pytest.raises(UsageError, match="not valid text"):
                ledger.commit([write])
        with pytest.raises(UsageError, match="not valid text"):
            ledger.get("k", "\ud800")

    def test_body_and_data_share_one_limit(self, ledger: Ledger) -> None:
        half = b"x" * (MAX_RECORD_BYTES // 2)
        ledger.commit([Put("k", "r1", half, data=half)])
        with pytest.raises(LimitExceededError, match="400,001 bytes"):
            ledger.commit([Put("k", "r2", half + b"x", data=half)])

        record = ledger.get("k", "r1")
        assert record is not None
        assert record.body == ledger.data("k", "r1") == half
        assert ledger.get("k", "r2") is None
