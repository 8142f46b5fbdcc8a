"""Chat: ask, watch the steps, read the answer; a refresh at any moment shows the same."""

from contextlib import suppress

import streamlit as st
from drawing import AVATARS, draw_message
from shell import current_session, errors_shown, workbench
from toolbar import draw_toolbar

import dataops_kernel as dk
from dataops_kernel.views import event_line, literal_markdown

PAGE = 50
LOOK_SECONDS, LOOK_SECONDS_LIVE = 3.0, 0.7
# Most answers take less than this: they appear at once instead of after a "Working…" that flashes by.
PATIENCE_SECONDS = 0.6
SHOWN_STEPS = 12

wb = workbench()
session_id = current_session()


def live_run() -> dk.Run | None:
    """Return the session's newest run that has not ended, whichever door started it."""
    return next((run for run in wb.runs.list(session_id, limit=3) if run.status == "running"), None)


def tail() -> tuple[str, str]:
    """Return what this page must be redrawn for: the newest message and the running run."""
    newest = wb.sessions.messages(session_id, limit=1)
    run = live_run()
    return newest[0].message_id if newest else "", run.run_id if run else ""


def ask(text: str) -> None:
    """Send a message; the run is the engine's, so this page may go away at once."""
    handle = wb.ask(session_id, text)
    # How it ends is told by the message it leaves.
    with suppress(TimeoutError, dk.DataOpsError):
        handle.result(timeout=PATIENCE_SECONDS)
    st.rerun()


def draw_welcome() -> str | None:
    """Show what can be asked before anything was; return the example that was chosen."""
    st.subheader("Ask about a data file or an AutoSys estate")
    st.caption("Everything you ask, and everything it leaves behind, is kept in this session.")
    chosen = None
    workflows = [info for info in wb.workflows.list() if info.examples and not info.error]
    for column, info in zip(st.columns(max(len(workflows), 1)), workflows, strict=False):
        with column.container(border=True, height="stretch"):
            st.markdown(f"**{literal_markdown(info.name)}**")
            st.caption(literal_markdown(info.description))
            for example in info.examples[:2]:
                label = literal_markdown(example)
                if st.button(label, key=f"example-{info.name}-{example}", icon=":material/arrow_forward:"):
                    chosen = example
    return chosen


def draw_choices(message: dk.Message) -> str | None:
    """Offer what a question back can be answered with; return the one that was chosen."""
    if not message.question or not message.question.choices:
        return None
    with st.container(horizontal=True):
        for number, choice in enumerate(message.question.choices[:8]):
            if st.button(literal_markdown(choice), key=f"choice-{message.message_id}-{number}"):
                return choice
    return None


def draw_live_run(run_id: str) -> None:
    """Draw what a run said so far, from its first event, also when it was started before a refresh."""
    lines = [line for event in wb.runs.attach(run_id).events(follow=False) if (line := event_line(event))]
    now = lines[-1] if lines else "starting"
    with st.chat_message("assistant", avatar=AVATARS["assistant"]):
        # Not entered with `with`: leaving would mark it as complete.
        status = st.status(literal_markdown(now[:1].upper() + now[1:]), expanded=True)
        status.code("\n".join(lines[-SHOWN_STEPS:]) or "starting", language=None, wrap_lines=True)
        if st.button("Stop", icon=":material/stop_circle:", key=f"stop-{run_id}"):
            wb.runs.cancel(run_id)
            st.toast("Stopping; what was stored stays", icon=":material/stop_circle:")


def draw_news(drawn: tuple[str, str]) -> None:
    """Follow the running run and notice what other doors did: a look at the tail, a redraw only when it moved."""
    with errors_shown():
        if tail() != drawn:
            st.rerun()
        if drawn[1]:
            draw_live_run(drawn[1])


drawn = tail()
count = st.session_state.get(f"shown-{session_id}", PAGE)
messages = wb.sessions.messages(session_id, limit=count)
if len(messages) == count and st.button("Show earlier messages", icon=":material/expand_less:", type="tertiary"):
    st.session_state[f"shown-{session_id}"] = count + PAGE
    st.rerun()
for message in messages:
    draw_message(message)

wanted = draw_welcome() if not messages else draw_choices(messages[-1])
if messages:
    with st.sidebar:  # where it stays in sight, however long the conversation is
        draw_toolbar(session_id)
if text := st.chat_input("Ask something, for example: profile orders.csv") or wanted:
    with errors_shown():
        ask(text)
st.fragment(draw_news, run_every=LOOK_SECONDS_LIVE if drawn[1] else LOOK_SECONDS)(drawn)
