"""The browser door's pages, run headless by Streamlit's own test runner."""

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dataops_kernel import connect

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
    shown = [*app.markdown, *app.caption, *app.info, *app.error, *app.code]
    return "\n".join(str(element.value) for element in shown)


def ask(app: AppTest, text: str) -> AppTest:
    app.chat_input[0].set_value(text).run()
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


def test_the_sql_of_an_answer_is_shown(app, data):
    app.run()
    ask(app, f"profile {data / 'orders.csv'}")

    ask(app, "total amount by region, top 5")

    assert "sum(" in texts(app).lower()


def test_another_door_sees_the_same_session_and_a_fresh_page_shows_everything_again(app, data, tmp_path):
    app.run()
    ask(app, f"profile {data / 'orders.csv'}")
    session_id = app.query_params["session"][0]

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
    assert app.query_params["session"][0].startswith("ses_")


@pytest.mark.parametrize("page", ["artifacts", "lineage", "checkpoints"])
def test_every_page_says_what_to_do_when_there_is_nothing_yet(app, page):
    app.run()

    app.switch_page(f"pages/{page}.py").run()

    assert not app.exception
    assert app.info


def test_checkpoints_are_created_restored_and_compared(app, data):
    app.run()
    ask(app, f"profile {data / 'customers.csv'}")
    app.switch_page("pages/checkpoints.py").run()
    app.text_input(key="new-checkpoint").set_value("before")
    next(b for b in app.button if b.label == "Create").click().run()
    app.switch_page("pages/chat.py").run()
    ask(app, f"profile {data / 'orders.csv'}")

    app.switch_page("pages/checkpoints.py").run()
    assert "profile" in texts(app)
    next(b for b in app.button if b.label == "Restore").click().run()

    assert not app.exception
    assert "Nothing differs" in texts(app)


def test_artifacts_are_listed_with_a_preview_and_lineage_draws_the_file(app, data):
    app.run()
    ask(app, f"profile {data / 'orders.csv'}")

    app.switch_page("pages/artifacts.py").run()
    assert len(app.dataframe) >= 2
    app.switch_page("pages/lineage.py").run()

    assert not app.exception
    assert "orders.csv" in texts(app)
