"""The chat page's tools, run headless by Streamlit's own test runner: search, checkpoints, context."""

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dataops_kernel import connect
from dataops_kernel.types import Message

MAIN = Path(__file__).parents[2] / "app" / "main.py"


@pytest.fixture
def spoken(tmp_path):
    """A workspace with two sessions of a few words each; their ids, the newest last."""
    with connect(tmp_path / "ws", user="ann") as wb:
        older = wb.sessions.create_session(title="Refunds").session_id
        wb.sessions.add_message(older, Message(role="user", content="why are refunds high in APAC?"))
        newer = wb.sessions.create_session(title="Orders").session_id
        wb.sessions.add_message(newer, Message(role="user", content="total *amount* by region"))
        wb.sessions.add_message(newer, Message(role="user", content="only for EMEA"))
    return older, newer


@pytest.fixture
def app(tmp_path, spoken, monkeypatch):
    """The app on that workspace, at the newer session."""
    monkeypatch.setenv("DATAOPS_WORKSPACE", str(tmp_path / "ws"))
    monkeypatch.setenv("DATAOPS_USER", "ann")
    st.cache_resource.clear()
    monkeypatch.syspath_prepend(str(MAIN.parent))
    app = AppTest.from_file(str(MAIN), default_timeout=60)
    app.query_params["session"] = spoken[1]
    app.run()
    assert not app.exception
    yield app
    st.cache_resource.clear()


def texts(app: AppTest) -> str:
    return "\n".join(str(element.value) for element in [*app.markdown, *app.caption, *app.info])


def opened(app: AppTest, tool: str) -> AppTest:
    app.session_state[f"tool-{tool}"] = True
    return app.run()


def test_a_search_finds_what_was_said_in_this_session_and_says_why(app, spoken):
    opened(app, "Search").text_input(key=f"search-{spoken[1]}").set_value("amounts").run()

    assert not app.exception
    assert "says 'amount'" in texts(app)
    assert "refunds" not in texts(app)


def test_a_search_of_all_sessions_leads_to_the_session_it_was_said_in(app, spoken):
    opened(app, "Search").text_input(key=f"search-{spoken[1]}").set_value("refunds").run()
    assert "Nothing said here has to do with that." in texts(app)

    app.segmented_control(key=f"where-{spoken[1]}").set_value("All my sessions").run()
    next(button for button in app.button if button.label == "Open its session").click().run()

    assert not app.exception
    assert app.query_params["session"] in (spoken[0], [spoken[0]])


def test_a_point_is_named_and_gone_back_to(app, spoken, tmp_path):
    opened(app, "Checkpoint")
    field = next(field for field in app.text_input if field.label == "Name this point of the session")
    field.set_value("before cleanup")
    next(button for button in app.button if button.label == "Create").click().run()
    with connect(tmp_path / "ws", user="ann") as other:
        other.sessions.add_message(spoken[1], Message(role="user", content="a detour"))
    app.run()
    assert "a detour" in texts(app)

    next(button for button in app.button if button.label == "Go back").click().run()

    assert not app.exception
    assert "a detour" not in texts(app)


def test_what_a_model_would_see_is_shown_with_its_reasons_and_can_be_pinned(app, spoken, tmp_path):
    assert not app.expander, "what is closed costs nothing"
    opened(app, "Context")
    assert any("tokens" in expander.label and "only for EMEA" in expander.label for expander in app.expander)

    next(button for button in app.button if button.label == "Pin").click().run()

    assert not app.exception
    assert any(button.label == "Unpin" for button in app.button)
    with connect(tmp_path / "ws", user="ann") as other:
        assert [block.kind for block in other.context.view(spoken[1]).blocks if block.pinned] == ["pinned"]
