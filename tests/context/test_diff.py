"""What differs between two points of a session, looked into."""

import datetime

import pytest

from dataops_kernel import connect
from dataops_kernel.errors import ParameterError
from dataops_kernel.types import ArtifactMetadata, Message
from dataops_kernel.views import change_details, change_tables, diff_lines


@pytest.fixture(scope="module")
def workbench(tmp_path_factory):
    """One workbench for all: what asks SQL takes a second to start."""
    with connect(tmp_path_factory.mktemp("diff"), user="ann") as made:
        yield made


@pytest.fixture
def session_id(workbench):
    return workbench.sessions.create_session().session_id


@pytest.fixture
def changed(workbench, session_id):
    """Store one content, name the point, store the other, and return how the artifact changed."""

    def compare(before, after, **options):
        def store(content):
            metadata = ArtifactMetadata(session_id=session_id, workflow_name="by_hand", name="it")
            return workbench.artifacts.store_artifact(content, metadata)

        store(before)
        workbench.context.create_checkpoint(session_id, "before")
        store(after)
        diff = workbench.context.diff_checkpoints(session_id, "before", **options)
        return diff.artifacts[0]

    return compare


def test_rows_are_compared_by_a_column_that_is_unique_in_both(changed):
    change = changed(
        [
            {"note": "a", "id": 1, "amount": 1.5},
            {"note": "b", "id": 2, "amount": 2.5},
            {"note": "c", "id": 3, "amount": 3},
        ],
        [
            {"note": "b", "id": 2, "amount": 9.5},
            {"note": "c", "id": 3, "amount": 3},
            {"note": "d", "id": 4, "amount": 4},
        ],
    )

    rows = change.rows
    assert (rows.key, rows.key_found, rows.added, rows.removed, rows.changed) == (("id",), True, 1, 1, 1)
    assert rows.changed_columns == {"amount": 1}
    assert rows.added_rows == ({"id": 4, "note": "d", "amount": 4.0},)
    assert rows.removed_rows == ({"id": 1, "note": "a", "amount": 1.5},)
    assert [(r.key, r.before, r.after) for r in rows.changed_rows] == [({"id": 2}, {"amount": 2.5}, {"amount": 9.5})]


def test_a_given_key_of_several_columns_is_used(changed):
    before = [{"y": 2025, "m": m, "v": m} for m in range(1, 13)] + [{"y": 2026, "m": 1, "v": 1}]
    after = [{**row, "v": -1} if (row["y"], row["m"]) == (2026, 1) else row for row in before]

    change = changed(before, after, key=["y", "m"])

    assert (change.rows.key, change.rows.changed, change.rows.added) == (("y", "m"), 1, 0)
    assert change.rows.changed_rows[0].key == {"y": 2026, "m": 1}


def test_without_a_key_whole_rows_are_compared_with_their_number(changed):
    change = changed([{"a": 1}, {"a": 1}, {"a": 2}], [{"a": 1}, {"a": 2}, {"a": 2}, {"a": 3}])

    assert (change.rows.key, change.rows.added, change.rows.removed) == ((), 2, 1)
    assert sorted(row["a"] for row in change.rows.added_rows) == [2, 3]


def test_a_given_key_that_is_not_unique_is_said_and_whole_rows_are_compared(changed):
    change = changed([{"k": 1, "v": 1}, {"k": 1, "v": 2}], [{"k": 1, "v": 1}], key="k")

    assert (change.rows.key, change.rows.removed) == ((), 1)
    assert "twice" in change.notes[0]


def test_a_key_nobody_has_is_an_error_with_the_closest_column(changed):
    with pytest.raises(ParameterError, match="order_idd") as caught:
        changed([{"order_id": 1}], [{"order_id": 2}], key="order_idd")

    assert "'order_id'" in caught.value.hint


def test_columns_added_removed_and_retyped_are_told_apart(changed):
    change = changed([{"id": 1, "a": 1, "b": "x"}], [{"id": 1, "a": "1", "c": 2.5}])

    assert [c.name for c in change.columns_added] == ["c"]
    assert [c.name for c in change.columns_removed] == ["b"]
    assert [(c.name, c.before, c.after) for c in change.columns_retyped] == [("a", "BIGINT", "VARCHAR")]
    assert "~ column a: BIGINT → VARCHAR" in change_details(change)


def test_totals_of_numeric_columns_that_moved_are_named(changed):
    change = changed(
        [{"id": 1, "v": 1.0, "same": 5}, {"id": 2, "v": 3.0, "same": 6}],
        [{"id": 1, "v": None, "same": 5}, {"id": 2, "v": 7.0, "same": 6}],
    )

    moved = {drift.measure: (drift.before, drift.after) for drift in change.drift if drift.column == "v"}
    assert moved == {"count": (2, 1), "nulls": (0, 1), "sum": (4, 7), "min": (1, 7), "max": (3, 7)}
    assert {drift.column for drift in change.drift} == {"v"}


def test_null_and_nan_are_the_same_as_themselves(changed):
    rows = [{"id": 1, "v": float("nan"), "w": None}, {"id": 2, "v": 1.0, "w": "x"}]

    change = changed(rows, [rows[0], {**rows[1], "w": "y"}])

    assert change.rows.changed_columns == {"w": 1}
    assert change.rows.changed_rows[0].before == {"w": "x"}


def test_columns_may_be_called_anything(changed):
    names = ['a"; drop table t; --', "k0", "v0", "here", "before_table", "select", "ä ö", "A B"]
    before = [{"id": i, **dict.fromkeys(names, i)} for i in range(3)]
    after = [{**row, names[0]: 9} if row["id"] == 1 else row for row in before]

    change = changed(before, after, key="id")

    assert change.rows.changed_columns == {names[0]: 1}
    assert change.rows.changed_rows[0].after == {names[0]: 9}


def test_values_of_every_type_are_shown_as_json_holds_them(changed):
    day = datetime.datetime(2026, 1, 2, 3, 4)
    row = {"id": 1, "d": day, "b": b"\x00\xff", "l": [1, 2], "long": "x" * 1000}

    change = changed([row], [{**row, "d": day.replace(year=2027), "b": b"\x01", "l": [3], "long": "y" * 1000}])

    after = change.rows.changed_rows[0].after
    assert (after["d"], after["b"], after["l"]) == ("2027-01-02 03:04:00", "01", "[3]")
    assert len(after["long"]) == 200
    assert change.model_validate_json(change.model_dump_json()) == change


def test_examples_are_capped_and_counts_are_not(changed):
    change = changed(
        [{"id": i, "v": 0} for i in range(1000)], [{"id": i, "v": 1} for i in range(500, 2000)], examples=3
    )

    rows = change.rows
    assert (rows.added, rows.removed, rows.changed) == (1000, 500, 500)
    assert [len(shown) for shown in (rows.added_rows, rows.removed_rows, rows.changed_rows)] == [3, 3, 3]
    titles = [(title, len(table.rows), table.total_rows) for title, table in change_tables(change)]
    assert titles == [("rows added", 3, 1000), ("rows removed", 3, 500), ("values changed", 3, 500)]


def test_no_examples_are_shown_when_none_are_wanted(changed):
    rows = changed([{"id": 1}], [{"id": 2}], examples=0).rows

    assert (rows.added, rows.added_rows, rows.removed_rows) == (1, (), ())


@pytest.mark.parametrize("examples", [-1, 101])
def test_examples_beyond_the_limit_are_refused(changed, examples):
    with pytest.raises(ParameterError):
        changed([{"a": 1}], [{"a": 2}], examples=examples)


def test_json_is_compared_place_by_place(changed):
    change = changed({"a": {"b": [1, 2], "c": 1}, "gone": True}, {"a": {"b": [1, 3, 4], "c": 1}, "new": None, "x": "y"})

    places = [(place.path, place.before, place.after) for place in change.document.places]
    assert places == [("$.a.b[1]", 2, 3), ("$.a.b[2]", None, 4), ("$.gone", True, None), ("$.x", None, "y")]
    assert change.document.changes == 4


def test_text_is_compared_line_by_line(changed):
    change = changed("one\ntwo\nthree", "one\n2\nthree\nfour")

    assert (change.document.lines_added, change.document.lines_removed) == (2, 1)
    assert (change.document.added, change.document.removed) == (("2", "four"), ("two",))


def test_long_texts_are_compared_as_bags_of_lines(changed):
    lines = [f"line {i}" for i in range(10_000)]

    change = changed("\n".join(lines), "\n".join([*lines[1:], "more"]), examples=2)

    assert (change.document.lines_added, change.document.lines_removed) == (1, 1)


def test_a_table_that_became_a_text_is_said(changed):
    assert changed([{"a": 1}], "text").notes == ("It was a table and is text.",)


def test_a_difference_is_kept_as_an_artifact_made_of_both_versions(workbench, session_id, changed):
    change = changed([{"id": 1}], [{"id": 2}], store=True)

    kept = workbench.artifacts.latest(session_id, "diff before → now")
    assert workbench.artifacts.get_artifact(kept.artifact_id).content["artifacts"][0]["rows"]["added"] == 1
    graph = workbench.lineage(kept.artifact_id, "up")
    assert {change.before_id, change.after_id} <= {node.id for node in graph.nodes}
    assert workbench.artifacts.why_kept(change.after_id).reasons[-1].kind == "parent"


def test_long_lists_are_cut_and_counted(workbench, session_id):
    workbench.context.create_checkpoint(session_id, "before")
    for number in range(250):
        workbench.sessions.add_message(session_id, Message(role="user", content=f"m{number}"))
    for number in range(120):
        workbench.sessions.set_context(session_id, f"k{number:03}", "v" * 5_000)

    diff = workbench.context.diff_checkpoints(session_id, "before")

    assert (len(diff.messages_added), diff.total("messages_added")) == (200, 250)
    assert (len(diff.context), diff.total("context")) == (100, 120)
    assert len(diff.context[0].after) < 2_100
    assert "messages since 'before': 250" in diff_lines(diff)
    assert "  … 230 more" in diff_lines(diff)


def test_a_table_too_large_for_its_limits_says_so_and_hides_nothing_else(tmp_path):
    with connect(tmp_path / "small", user="ann", query_seconds=0.001) as workbench:
        session_id = workbench.sessions.create_session().session_id
        metadata = ArtifactMetadata(session_id=session_id, workflow_name="by_hand", name="it")
        workbench.artifacts.store_artifact([{"id": 1}], metadata)
        workbench.context.create_checkpoint(session_id, "before")
        workbench.artifacts.store_artifact([{"id": 2, "b": 1}], metadata)

        change = workbench.context.diff_checkpoints(session_id, "before").artifacts[0]

    assert [column.name for column in change.columns_added] == ["b"]
    assert change.rows is None
    assert "could not be compared" in change.notes[0]
