"""Erasing from the ledger's file: the bytes are gone, also from its journals, and other processes notice."""

from pathlib import Path

import pytest

from dataops_kernel.errors import ConflictError
from dataops_kernel.storage.embedded import SqliteLedger
from dataops_kernel.storage.ledger import Append, Put

CANARY = b"the canary sang at noon"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


def _files_with(path: Path, text: bytes) -> list[str]:
    return [file.name for file in path.parent.iterdir() if text in file.read_bytes()]


def _sing(ledger: SqliteLedger) -> None:
    for number in range(200):
        ledger.commit([Append(f"log/{number % 5}", CANARY + b"!" * number), Append("log/kept", b"kept")])
    ledger.commit([Put("k", "small", CANARY, parent="p", data=CANARY * 10), Put("k", "kept", b"kept", parent="p")])
    ledger.commit([Put("k", "large", CANARY * 5_000, parent="p"), Put("k", "ride", b"", data=CANARY * 9_000)])


def test_no_byte_of_what_was_erased_is_left_in_any_file(path: Path):
    ledger = SqliteLedger(path)
    _sing(ledger)
    assert _files_with(path, CANARY)

    ledger.erase(
        streams={f"log/{number}": None if number else 1_000 for number in range(5)},
        records=[("k", "small"), ("k", "large"), ("k", "ride")],
    )
    ledger.purge(rewrite=True)

    assert _files_with(path, CANARY) == []
    assert _files_with(path, b"log/1") == []
    assert len(ledger.entries("log/kept")) == 200
    assert ledger.get("k", "kept") is not None
    ledger.close()


def test_what_a_replacement_left_in_the_file_goes_with_a_rewrite(path: Path):
    ledger = SqliteLedger(path)
    ledger.commit([Put("k", "r", CANARY * 1_000)])
    ledger.commit([Put("k", "r", b"tame", expect=1)])

    ledger.erase(records=[("k", "r")])
    ledger.purge(rewrite=True)

    assert _files_with(path, CANARY) == []
    ledger.close()


def test_an_open_ledger_of_another_process_sees_an_erased_stream_as_empty(path: Path):
    mine, other = SqliteLedger(path), SqliteLedger(path)
    for number in range(3):
        mine.commit([Append("s", str(number + 1).encode())])
    assert other.tail("s") == 3

    mine.erase(streams={"s": None})

    assert (other.tail("s"), other.entries("s"), other.entries("s", reverse=True)) == (0, [], [])
    mine.commit([Append("t", b"another stream"), Append("s", b"anew")])
    assert [entry.body for entry in other.entries("s")] == [b"anew"]
    assert [entry.body for entry in other.entries("t")] == [b"another stream"]
    mine.close()
    other.close()


def test_who_knew_a_stream_before_another_process_erased_it_cannot_append_to_its_remains(path: Path):
    mine, other = SqliteLedger(path), SqliteLedger(path)
    other.commit([Append("s", b"1")])

    mine.erase(streams={"s": None})

    with pytest.raises(ConflictError, match="'s' was erased"):
        other.commit([Append("s", b"2")])
    assert mine.tail("s") == 0
    mine.close()
    other.close()


def test_a_stream_longer_than_one_transaction_of_erasing_keeps_its_tail(path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("dataops_kernel.storage.embedded.erasing._ENTRIES_AT_ONCE", 7)
    ledger = SqliteLedger(path)
    ledger.commit([Append("s", b"x") for _ in range(50)])

    assert ledger.erase(streams={"s": 30}) == 30
    assert [entry.seq for entry in ledger.entries("s")] == list(range(31, 51))
    assert ledger.erase(streams={"s": 50}) == 20
    assert ledger.commit([Append("s", b"x")]) == [51]
    assert ledger.erase(streams={"s": None}) == 1
    assert ledger.tail("s") == 0
    ledger.close()
