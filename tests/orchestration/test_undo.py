""" "Undo that" takes back the turn before it, tables and all; nothing is lost and "redo" brings it back."""

import pytest

from dataops_kernel import connect
from dataops_kernel.errors import QueryError
from dataops_kernel.orchestration.undo import TakeBack, wants_back
from tests.workflows.sql_site import DATA


@pytest.fixture
def desk(tmp_path):
    with connect(tmp_path) as workbench:
        yield workbench, workbench.sessions.create_session(title="undo").session_id


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with connect(tmp_path_factory.mktemp("undo")) as workbench:
        session = workbench.sessions.create_session(title="shop").session_id
        workbench.run("schema_analyzer", {"source": str(DATA / "orders.csv")}, session).result()
        workbench.context.create_checkpoint(session, "loaded")
        yield workbench, session


def _say(desk, *texts):
    workbench, session = desk
    return [workbench.ask(session, text).result() for text in texts]


def _line(desk):
    workbench, session = desk
    history = workbench.sessions.get_session(session).conversation_history
    return [message.content for message in history if message.role == "user"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("undo", TakeBack("undo", 1)),
        ("undo that!", TakeBack("undo", 1)),
        ("oops, please undo it", TakeBack("undo", 1)),
        ("go back", TakeBack("undo", 1)),
        ("Undo the last two", TakeBack("undo", 2)),
        ("go back 3 steps", TakeBack("undo", 3)),
        ("undo twice", TakeBack("undo", 2)),
        ("undo 1000", TakeBack("undo", 1000)),
        ("take that back", TakeBack("undo", 1)),
        ("redo", TakeBack("redo")),
        ("undo the undo", TakeBack("redo")),
        ("undo 0", None),
        ("how do I undo a merge in git", None),
        ("orders taken back", None),
        ("go back to last month", None),
        ("undo " * 40, None),
    ],
)
def test_a_wish_to_undo_is_known_by_all_of_its_words(text, wanted):
    assert wants_back(text) == wanted


def test_after_an_undo_the_line_holds_what_came_before_then_the_wish_and_its_answer(desk):
    _say(desk, "hello one", "hello two")

    (answer,) = _say(desk, "undo that")

    assert _line(desk) == ["hello one", "undo that"]
    workbench, session = desk
    assert workbench.sessions.get_session(session).conversation_history[-1].content == answer.text
    assert answer.kind == "answer"
    assert "“hello two”" in answer.text


def test_undoing_again_goes_further_back_and_never_undoes_an_undo(desk):
    _say(desk, "hello one", "hello two", "hello three", "undo", "undo")

    assert _line(desk) == ["hello one", "undo"]


def test_several_turns_are_undone_at_once(desk):
    _say(desk, "hello one", "hello two", "hello three", "undo the last two")

    assert _line(desk) == ["hello one", "undo the last two"]


def test_redo_brings_back_what_the_undo_took_and_can_be_undone(desk):
    _say(desk, "hello one", "hello two", "undo that", "redo")
    assert _line(desk) == ["hello one", "hello two", "redo"]

    _say(desk, "undo")
    assert _line(desk) == ["hello one", "undo"]


def test_the_command_in_the_answer_brings_the_undone_turn_back(desk):
    workbench, session = desk
    *_, answer = _say(desk, "hello one", "hello two", "undo that")

    place = answer.text.split("checkpoint restore ")[1].split("`")[0]
    workbench.context.restore_checkpoint(session, place)

    assert _line(desk) == ["hello one", "hello two"]


@pytest.mark.parametrize("text", ["undo", "redo", "undo 1000"])
def test_in_an_empty_session_there_is_nothing_to_undo(desk, text):
    (answer,) = _say(desk, text)

    assert answer.kind == "reject"
    assert "checkpoint tree" in answer.text
    assert _line(desk) == [text]


def test_more_turns_than_there_are_are_refused_with_the_number_there_is(desk):
    *_, answer = _say(desk, "hello one", "hello two", "undo 1000")

    assert answer.kind == "reject"
    assert "only 2 things were said" in answer.text
    assert "“undo 2”" in answer.text
    assert _line(desk) == ["hello one", "hello two", "undo 1000"]


def test_redo_after_something_else_was_said_is_refused(desk):
    *_, answer = _say(desk, "hello one", "undo", "hello two", "redo")

    assert answer.kind == "reject"
    assert _line(desk) == ["undo", "hello two", "redo"]


def test_the_tables_of_an_undone_turn_cannot_be_asked_any_more_and_follow_ups_forget_it(shop):
    workbench, session = shop
    first, second, _, third = _say(shop, "total amount by region", "only for EMEA", "undo that", "top 2")

    name = workbench.artifacts.describe(second.artifacts[0]).name
    with pytest.raises(QueryError):
        workbench.sql(f"SELECT * FROM {name}", session)
    assert third.data["thread"] == ["total amount by region", "top 2"]
    assert third.data["row_count"] == 2
    assert workbench.artifacts.describe(first.artifacts[0]).name in workbench.artifacts.tables(session)


def test_the_first_one_is_a_row_and_no_limit(shop):
    workbench, session = shop
    workbench.context.restore_checkpoint(session, "loaded")

    *_, answer = _say(shop, "how many orders by region", "what is behind the first one?")

    assert answer.data["row_count"] == 190


def test_after_a_restore_the_assistant_knows_nothing_of_what_the_line_lost(shop):
    workbench, session = shop
    _say(shop, "total amount by region")
    workbench.context.restore_checkpoint(session, "loaded")

    (answer,) = _say(shop, "only for EMEA")

    assert answer.kind != "answer"


def test_a_follow_up_on_a_deleted_result_asks_the_tables_again(shop):
    workbench, session = shop
    workbench.context.restore_checkpoint(session, "loaded")
    (first,) = _say(shop, "total amount by region")
    workbench.artifacts.delete_artifacts(list(first.artifacts))

    (second,) = _say(shop, "only for EMEA")

    assert second.kind == "answer"
    assert "FROM orders" in (second.sql or "")
