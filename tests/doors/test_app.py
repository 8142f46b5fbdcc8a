"""The browser door's pages, run headless by Streamlit's own test runner."""

import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar, TypedDict

import pytest
import streamlit as st
from langgraph.graph import END, START, StateGraph
from pydantic import BaseModel
from streamlit.testing.v1 import AppTest

from dataops_kernel import BaseWorkflow, DataOpsError, connect

MAIN = Path(__file__).parents[2] / "app" / "main.py"


@pytest.fixture
def app(tmp_path, monkeypatch):
    """The app on a fresh workspace."""
    monkeypatch.setenv("DATAOPS_WORKSPACE", str(tmp_path / "ws"))
    monkeypatch.setenv("DATAOPS_USER", "ann")
    st.cache_resource.clear()
    monkeypatch.syspath_prepend(str(MAIN.parent))
    yield AppTest.from_file(str(MAIN), default_timeout=60)
    st.cache_resource.clear()


def texts(app: AppTest) -> str:
    page = app.main
    shown = [*page.markdown, *page.caption, *page.info, *page.success, *page.error, *page.code]
    return "\n".join(str(element.value) for element in shown)


def session_of(app: AppTest) -> str:
    """The session in the address; Streamlit's test runner gives a list for what a page wrote."""
    value = app.query_params["session"]
    return value if isinstance(value, str) else value[0]


def ask(app: AppTest, text: str) -> AppTest:
    app.chat_input[0].set_value(text).run()
    assert not app.exception
    # The page does not wait for a run, it looks again; the test runner never does by itself.
    with connect(os.environ["DATAOPS_WORKSPACE"], user="ann") as other, suppress(DataOpsError):
        other.runs.attach(other.runs.list(session_of(app))[0].run_id).result(60)
    app.run()
    assert not app.exception
    return app


def test_an_empty_session_shows_what_can_be_asked(app):
    app.run()

    assert not app.exception
    assert any("profile" in button.label for button in app.button)


def test_an_answer_shows_its_text_its_table_and_its_engine(app, data):
    app.run()

    ask(app, f"profile {data / 'orders.csv'}")

    assert app.dataframe
    assert "rules engine" in texts(app)
    assert "schema_analyzer" in texts(app)


def test_the_sql_of_an_answer_is_one_click_away(app, data):
    app.run()
    ask(app, f"profile {data / 'orders.csv'}")
    ask(app, "total amount by region, top 5")
    assert "sum(" not in texts(app).lower()

    app.pills[-1].set_value(":material/database: SQL").run()

    assert "sum(" in texts(app).lower()


def test_another_door_sees_the_same_session_and_a_fresh_page_shows_everything_again(app, data, tmp_path):
    app.run()
    ask(app, f"profile {data / 'orders.csv'}")
    session_id = session_of(app)

    with connect(tmp_path / "ws", user="ann") as other:
        told = [m.content for m in other.sessions.messages(session_id)]
    fresh = AppTest.from_file(str(MAIN), default_timeout=60)
    fresh.query_params["session"] = session_id
    fresh.run()

    assert len(told) == 2
    assert texts(fresh) == texts(app)


def test_a_wrong_file_shows_the_error_and_its_fix_and_no_traceback(app):
    app.run()

    ask(app, "profile nothing_here.csv")

    assert "nothing_here.csv" in texts(app)
    assert "Traceback" not in texts(app)


def test_a_session_in_the_address_that_does_not_exist_falls_back_to_an_own_one(app):
    app.query_params["session"] = "ses_../../etc"
    app.run()

    assert not app.exception
    assert session_of(app).startswith("ses_")


@pytest.mark.parametrize("page", ["artifacts", "lineage", "checkpoints"])
def test_every_page_says_what_to_do_when_there_is_nothing_yet(app, page):
    app.run()

    app.switch_page(f"screens/{page}.py").run()

    assert not app.exception
    assert app.info


def test_checkpoints_are_created_restored_and_compared(app, data):
    app.run()
    ask(app, f"profile {data / 'customers.csv'}")
    app.switch_page("screens/checkpoints.py").run()
    app.text_input(key="new-checkpoint").set_value("before")
    next(b for b in app.button if b.label == "Create").click().run()
    app.switch_page("screens/chat.py").run()
    ask(app, f"profile {data / 'orders.csv'}")

    app.switch_page("screens/checkpoints.py").run()
    assert "profile" in texts(app)
    next(b for b in app.button if b.label == "Restore").click().run()

    assert not app.exception
    app.selectbox(key="diff-from").set_value(app.selectbox(key="diff-from").options[-1]).run()
    assert "Nothing differs" in texts(app)


def test_a_restore_keeps_what_was_left_and_can_be_undone(app, data):
    app.run()
    app.switch_page("screens/checkpoints.py").run()
    app.text_input(key="new-checkpoint").set_value("empty")
    next(b for b in app.button if b.label == "Create").click().run()
    app.switch_page("screens/chat.py").run()
    ask(app, f"profile {data / 'customers.csv'}")
    app.switch_page("screens/checkpoints.py").run()
    next(b for b in app.button if b.label == "Restore").click().run()
    assert "left for empty" in texts(app)
    assert "on another branch" in texts(app)

    next(b for b in app.button if b.label == "Undo").click().run()
    app.switch_page("screens/chat.py").run()

    assert "customers" in texts(app)


GATE = threading.Event()


class State(TypedDict, total=False):
    summary: str


def wait(state: State) -> State:
    GATE.wait(60)
    return {"summary": "The gate was opened."}


class WaitingRoom(BaseWorkflow):
    """Waits until the test lets it go."""

    name = "waiting_room"
    description = "Waits at a gate."
    examples: ClassVar[tuple[str, ...]] = ("wait at the gate",)

    class Parameters(BaseModel):
        """Nothing."""

    def build(self) -> StateGraph[Any, Any, Any, Any]:
        graph = StateGraph(State)
        graph.add_node("wait", wait)
        graph.add_edge(START, "wait")
        graph.add_edge("wait", END)
        return graph


def test_a_run_in_progress_is_followed_by_a_fresh_page_and_stopped_from_there(app):
    from shell import workbench

    app.run()
    session_id = session_of(app)
    workbench().workflows.register(WaitingRoom())
    GATE.clear()
    handle = workbench().run("waiting_room", session_id=session_id)
    events = handle.events()
    while next(events).type != "step_started":
        pass
    try:
        fresh = AppTest.from_file(str(MAIN), default_timeout=60)
        fresh.query_params["session"] = session_id
        fresh.run()
        assert "running waiting_room" in texts(fresh)

        next(b for b in fresh.button if b.label == "Stop").click().run()
        with pytest.raises(DataOpsError, match="cancelled"):
            handle.result(60)
        fresh.run()
    finally:
        GATE.set()

    assert "Stopped" in texts(fresh)
    assert not any(b.label == "Stop" for b in fresh.button)


def test_the_session_stays_when_the_navigation_drops_it_from_the_address(app, data):
    app.run()
    first = session_of(app)
    ask(app, f"profile {data / 'products.csv'}")
    with connect(os.environ["DATAOPS_WORKSPACE"], user="ann") as other:
        newer = other.sessions.create_session(title="newer").session_id

    app.query_params.clear()
    app.switch_page("screens/artifacts.py").run()

    assert session_of(app) == first != newer
    assert "products" in texts(app)


def test_what_a_person_typed_is_shown_as_typed_and_links_nothing(app):
    app.run()

    ask(app, "# <b>x</b> ![a](http://evil.example/a.png)")

    assert "http://evil" not in texts(app)
    assert "\\# \\<b\\>x" in texts(app)


def test_an_error_nobody_expected_is_a_sentence_and_tells_no_details(app):
    def page() -> None:
        from shell import errors_shown

        with errors_shown():
            raise ValueError("secret detail")

    shown = AppTest.from_function(page).run()

    assert not shown.exception
    assert "unexpected" in shown.error[0].value
    assert "secret" not in texts(shown)


def test_artifacts_are_listed_with_a_preview_and_lineage_draws_the_file(app, data):
    app.run()
    ask(app, f"profile {data / 'orders.csv'}")

    app.switch_page("screens/artifacts.py").run()
    assert len(app.dataframe) >= 2
    app.switch_page("screens/lineage.py").run()

    assert not app.exception
    assert "orders.csv" in texts(app)
