"""Random commits and reads on every ledger, from one side and from two, beside a ledger in plain Python."""

import os
from collections.abc import Sequence
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from dataops_kernel.errors import ConflictError
from dataops_kernel.storage.embedded import SqliteLedger
from dataops_kernel.storage.ledger import Append, Put, Remove, Write
from dataops_kernel.storage.memory import MemoryLedger
from tests.reliability.elsewhere import Elsewhere
from tests.reliability.plain_ledger import Conflict, PlainLedger

EXAMPLES = int(os.environ.get("DATAOPS_TEST_EXAMPLES", "60"))
"""Set it to 1,000 or more for a long look; the examples are the same in every run."""

_STREAMS = st.sampled_from(["s", "t"])
_KINDS = st.sampled_from(["k", "l"])
_IDS = st.sampled_from(["a", "b", "c", "d"])
_ORDERS = st.sampled_from(["", "1", "2", "3"])
_GROUPS = st.sampled_from([None, "", "p", "q"])
_BODIES = st.binary(max_size=20)
_LIMITS = st.sampled_from([None, 1, 2, 100])
_BOUNDS = st.sampled_from([None, "1", "2", "a", "b", "c"])
_RIGHT = st.sampled_from([True, True, True, True, False])


class LedgerMachine(RuleBasedStateMachine):
    """A ledger, seen from one or more sides, and the plain one; each example has names of its own."""

    examples = 0

    def __init__(self, sides: Sequence[Any]) -> None:
        super().__init__()
        LedgerMachine.examples += 1
        self.mark = f"{LedgerMachine.examples}."
        self.sides = sides
        self.plain = PlainLedger()

    @rule(data=st.data())
    def commit(self, data: Any) -> None:
        count = data.draw(st.integers(1, 4), "writes")
        writes: list[Write] = []
        places: set[tuple[str, ...]] = set()
        for _ in range(count):
            write = self._write(data, [w.stream for w in writes if isinstance(w, Append)])
            # A record and a place inside a parent are written once per commit.
            keys = set() if isinstance(write, Append) else {(write.kind, write.id), *self._place(write)}
            if not keys & places:
                places |= keys
                writes.append(write)
        try:
            expected: list[int] | None = self.plain.commit(writes)
        except Conflict:
            expected = None
        side = data.draw(st.sampled_from(self.sides), "side")
        try:
            found: list[int] | None = side.commit(writes)
        except ConflictError:
            found = None
        assert found == expected

    @rule(data=st.data(), kind=_KINDS, id=_IDS)
    def read_one(self, data: Any, kind: str, id: str) -> None:
        kind, side = self.mark + kind, data.draw(st.sampled_from(self.sides), "side")
        row = self.plain.rows.get((kind, id))
        assert side.get(kind, id) == (row and row.record)
        assert side.data(kind, id) == (row and row.data)
        known = [id for id in "dcba" if (kind, id) in self.plain.rows]
        assert side.get_many(kind, ["d", "c", "b", "a"]) == [self.plain.rows[kind, id].record for id in known]

    @rule(
        data=st.data(),
        index=st.sampled_from(["parent", "session", "workflow"]),
        kind=_KINDS,
        value=st.sampled_from(["p", "q"]),
        after=_BOUNDS,
        before=_BOUNDS,
        limit=_LIMITS,
        reverse=st.booleans(),
    )
    def read_list(self, data: Any, index: str, kind: str, value: str, **bounds: Any) -> None:
        kind, value, side = self.mark + kind, self.mark + value, data.draw(st.sampled_from(self.sides), "side")
        read = {"parent": side.children, "session": side.of_session, "workflow": side.of_workflow}[index]
        assert read(kind, value, **bounds) == self.plain.list(index, kind, value, **bounds)

    @rule(
        data=st.data(),
        stream=_STREAMS,
        after=st.integers(0, 5),
        upto=st.sampled_from([None, 0, 2, 4, 100]),
        limit=_LIMITS,
        reverse=st.booleans(),
    )
    def read_entries(self, data: Any, stream: str, **bounds: Any) -> None:
        stream, side = self.mark + stream, data.draw(st.sampled_from(self.sides), "side")
        assert side.entries(stream, **bounds) == self.plain.entries(stream, **bounds)
        assert side.tail(stream) == len(self.plain.streams.get(stream, []))

    def _write(self, data: Any, appended: list[str]) -> Write:
        what = data.draw(st.sampled_from(["append", "append", "create", "create", "replace", "remove"]), "write")
        right = data.draw(_RIGHT, "right")
        if what == "append":
            stream = self.mark + data.draw(_STREAMS, "stream")
            tail = len(self.plain.streams.get(stream, [])) + appended.count(stream)
            expect = data.draw(st.sampled_from([None, tail if right else tail + 1]), "expect")
            return Append(stream, data.draw(_BODIES, "body"), expect)
        kind, id = self.mark + data.draw(_KINDS, "kind"), data.draw(_IDS, "id")
        row = self.plain.rows.get((kind, id))
        revision = row.record.revision if row else 0
        if what == "remove":
            return Remove(kind, id, revision + (not right) or 1)
        group = [None if (drawn := data.draw(_GROUPS)) is None else drawn and self.mark + drawn for _ in range(3)]
        parent, order = group[0] or "", data.draw(_ORDERS, "order")
        if row and right and what == "replace":
            parent, order = row.record.parent, row.record.order
        return Put(
            kind,
            id,
            data.draw(_BODIES, "body"),
            parent=parent,
            order=order,
            session=group[1],
            workflow=group[2],
            expect=revision + (not right) if what == "replace" else 0,
            stamp=data.draw(st.sampled_from([None, *appended]), "stamp"),
            data=data.draw(st.none() | _BODIES, "data"),
        )

    def _place(self, write: Put | Remove) -> set[tuple[str, ...]]:
        row = self.plain.rows.get((write.kind, write.id))
        places = {(write.kind, row.record.parent, row.record.order)} if row else set()
        if isinstance(write, Put):
            places.add((write.kind, write.parent, write.order or write.id))
        return places


def _settings(examples: int, steps: int = 40) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],  # the steps of a failure are printed as found: shrinking takes minutes
        deadline=None,
        suppress_health_check=[*HealthCheck],
    )


def test_the_memory_ledger_does_what_the_plain_one_does():
    ledger = MemoryLedger(strict=True)

    run_state_machine_as_test(lambda: LedgerMachine([ledger]), settings=_settings(EXAMPLES))


def test_the_sqlite_ledger_does_what_the_plain_one_does(tmp_path):
    ledger = SqliteLedger(tmp_path / "ledger.sqlite")

    run_state_machine_as_test(lambda: LedgerMachine([ledger]), settings=_settings(EXAMPLES))
    ledger.close()


def test_a_sqlite_ledger_in_two_processes_does_what_the_plain_one_does(tmp_path):
    path = tmp_path / "ledger.sqlite"
    here, there = SqliteLedger(path), Elsewhere(path)

    run_state_machine_as_test(lambda: LedgerMachine([here, there]), settings=_settings(EXAMPLES))
    there.close()
    here.close()


def test_the_dynamodb_ledger_does_what_the_plain_one_does(dynamo_ledger):
    run_state_machine_as_test(
        lambda: LedgerMachine([dynamo_ledger]), settings=_settings(max(8, EXAMPLES // 8), steps=25)
    )
