"""What every page shares: the workbench, the session in the address, and how an error looks."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

import dataops_kernel as dk
from dataops_kernel.views import literal_markdown

SESSION = "session"
_SHOWN_SESSIONS = 50


@st.cache_resource(show_spinner="Opening the workspace…")
def workbench() -> dk.Workbench:
    """Return the one workbench of this server; it opens the workspace in DATAOPS_WORKSPACE."""
    opened = dk.connect()
    opened.warm()
    return opened


def current_session() -> str:
    """Return the session in the address, else this tab's last one, else the user's last active one.

    The navigation drops the address's parameters, so the tab remembers; the address is always completed.
    """
    wb = workbench()
    for wanted in (st.query_params.get(SESSION), st.session_state.get(SESSION)):
        if wanted:
            try:
                return go_to(wb.sessions.get_session(wanted, history=0).session_id)
            except dk.DataOpsError as err:
                st.toast(literal_markdown(err.message), icon=":material/warning:")
    return go_to(wb.sessions.current().session_id)


def go_to(session_id: str) -> str:
    """Make a session the one that this tab and its address speak of."""
    st.session_state[SESSION] = session_id
    if st.query_params.get(SESSION) != session_id:
        st.query_params[SESSION] = session_id
    return session_id


@contextmanager
def errors_shown() -> Iterator[None]:
    """Show an error as its message and its fix; one nobody expected as a sentence, its details in the server's log."""
    try:
        yield
    except dk.DataOpsError as err:
        draw_error(err.message, err.hint)
    except Exception:
        logging.getLogger("dataops.app").exception("a page failed")
        draw_error(
            "Something unexpected happened on this page.",
            "Everything stored is safe. Refresh the page; the details are in the terminal that runs the app.",
        )


def draw_error(message: str, hint: str = "") -> None:
    """Draw what is wrong and, under it, what to do; both may hold values from data."""
    st.error(literal_markdown(f"{message}\n\n{hint}".strip()), icon=":material/error:")


def draw_sidebar() -> None:
    """Draw the session picker; the choice goes into the address, so a page can be bookmarked and refreshed."""
    wb = workbench()
    current = current_session()
    with st.sidebar:
        sessions = {s.session_id: s for s in wb.sessions.list_sessions(limit=_SHOWN_SESSIONS)}
        if current not in sessions:
            sessions[current] = wb.sessions.get_session(current, history=0)
        labels = _labels(sessions)
        chosen = st.selectbox("Session", list(sessions), index=list(sessions).index(current), format_func=labels.get)
        if chosen != current:
            go_to(chosen)
            st.rerun()
        new, rename = st.columns(2)
        if new.button("New", icon=":material/add:", width="stretch", help="Start a new session"):
            go_to(wb.sessions.create_session().session_id)
            st.rerun()
        with rename.popover("Rename", icon=":material/edit:", width="stretch"):
            title = st.text_input("Title", value=sessions[current].title, max_chars=80, key=f"title-{current}").strip()
            if title and title != sessions[current].title:
                wb.sessions.rename(current, title)
                st.rerun()
        with st.container(gap="xsmall"):
            st.caption("Workspace")
            st.code(str(wb.workspace), language=None, wrap_lines=True)
            st.caption(f":material/memory: Answers by the **{wb.settings.model}** engine")


def _labels(sessions: dict[str, dk.Session]) -> dict[str, str]:
    """Return one label a session; those that would read the same get the end of their id."""
    labels = {id: f"{s.title or 'Untitled'} · {s.last_active:%d %b %H:%M}" for id, s in sessions.items()}
    seen = list(labels.values())
    return {id: label if seen.count(label) == 1 else f"{label} · {id[-4:]}" for id, label in labels.items()}
