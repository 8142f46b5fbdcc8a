"""Chat: ask, watch the steps, read the answer; a refresh at any moment shows the same."""

import streamlit as st
from drawing import draw_message
from shell import current_session, errors_shown, workbench

import dataops_kernel as dk
from dataops_kernel.views import event_line

SHOWN_MESSAGES = 50

wb = workbench()
session_id = current_session()


def draw_welcome() -> None:
    """Show what can be asked before anything was."""
    st.markdown("#### Ask about a data file or an AutoSys estate")
    st.caption("Everything you ask, and everything it leaves behind, is kept in this session.")
    examples = [info.examples[0] for info in wb.workflows.list() if info.examples and not info.error]
    for column, example in zip(st.columns(max(len(examples), 1)), examples, strict=False):
        if column.button(example, width="stretch"):
            ask(example)


def ask(text: str) -> None:
    """Send a message; the run is the engine's, so this page may go away at once."""
    with errors_shown():
        wb.ask(session_id, text)
        st.rerun()


def draw_live_run(run: dk.Run) -> None:
    """Follow a run from its first event, also one that was started before a refresh or by another door."""
    with st.chat_message("assistant"):
        stop = st.empty()
        stop.button("Stop", icon=":material/stop_circle:", on_click=wb.runs.cancel, args=(run.run_id,))
        with st.status("Working…", expanded=True) as status:
            for event in wb.runs.attach(run.run_id).events():
                line = event_line(event)
                if line:
                    status.update(label=line[0].upper() + line[1:])
                    st.text(line)
        stop.empty()
    st.rerun()


messages = wb.sessions.messages(session_id, limit=SHOWN_MESSAGES)
with errors_shown():
    for message in messages:
        draw_message(wb, message)
    live = next((run for run in wb.runs.list(session_id, limit=3) if run.status == "running"), None)
    if not messages:
        draw_welcome()
    if text := st.chat_input("Ask something, for example: profile orders.csv"):
        ask(text)
    if live:
        draw_live_run(live)
