"""What every page shares: the workbench, the session in the address, and how an error looks."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

import dataops_kernel as dk

_SHOWN_SESSIONS = 30


@st.cache_resource(show_spinner="Opening the workspace…")
def workbench() -> dk.Workbench:
    """Return the one workbench of this server; it opens the workspace in DATAOPS_WORKSPACE."""
    return dk.connect()


def current_session() -> str:
    """Return the id of the session in the address; the last active one when the address names none or a wrong one."""
    wanted = st.query_params.get("session", "")
    wb = workbench()
    if wanted:
        try:
            return wb.sessions.get_session(wanted, history=0).session_id
        except dk.DataOpsError as err:
            st.toast(err.message, icon=":material/warning:")
    session_id = wb.sessions.current().session_id
    st.query_params["session"] = session_id
    return session_id


@contextmanager
def errors_shown() -> Iterator[None]:
    """Show an error of the kernel as its message and its fix instead of a traceback."""
    try:
        yield
    except dk.DataOpsError as err:
        st.error(f"**{err.message}**\n\n{err.hint}", icon=":material/error:")


def draw_sidebar() -> None:
    """Draw the session picker; the choice goes into the address, so a page can be bookmarked and refreshed."""
    wb = workbench()
    with st.sidebar:
        st.markdown("### DataOps workbench")
        if st.button("New session", icon=":material/add:", width="stretch"):
            st.query_params["session"] = wb.sessions.create_session().session_id
            st.rerun()
        current = current_session()
        sessions = {s.session_id: s for s in wb.sessions.list_sessions(limit=_SHOWN_SESSIONS)}
        if current not in sessions:
            sessions[current] = wb.sessions.get_session(current, history=0)
        chosen = st.radio(
            "Sessions",
            list(sessions),
            index=list(sessions).index(current),
            format_func=lambda key: _label(sessions[key]),
        )
        if chosen != current:
            st.query_params["session"] = chosen
            st.rerun()
        with st.popover("Rename", icon=":material/edit:", width="stretch"):
            title = st.text_input("Title", value=sessions[current].title, max_chars=80, key=f"title-{current}")
            if title != sessions[current].title:
                wb.sessions.rename(current, title)
                st.rerun()
        st.caption(
            f"Workspace `{wb.workspace}`  \nSession `{current}`  \nAnswers by the **{wb.settings.model}** engine"
        )


def _label(session: dk.Session) -> str:
    return f"{session.title or 'Untitled'} · {session.last_active:%d %b %H:%M}"
