"""How messages, answers and artifacts look."""

from collections.abc import Sequence
from contextlib import suppress

import streamlit as st
from shell import draw_error, workbench

import dataops_kernel as dk
from dataops_kernel.views import event_line, literal_markdown, safe_markdown

AVATARS = {"user": ":material/person:", "assistant": ":material/insights:", "system": ":material/info:"}
PREVIEW_ROWS = 200
_TALLEST = 420
_LONGEST_TEXT = 20_000
_SQL = ":material/database: SQL"
_STEPS = ":material/list: Steps"


@st.cache_resource(max_entries=300, show_spinner=False)
def first_rows(artifact_id: str) -> object:
    """Return the first rows of a table as Arrow; an artifact never changes, so neither does this."""
    return workbench().artifacts.preview(artifact_id, PREVIEW_ROWS)


def present(ids: Sequence[str]) -> list[dk.Artifact]:
    """Return those artifacts that were not deleted since the message named them."""
    found = []
    for id in ids:
        with suppress(LookupError):
            found.append(workbench().artifacts.describe(id))
    return found


@st.cache_resource(max_entries=500, show_spinner=False)
def closed_run(run_id: str) -> dk.Run:
    """Return the record of a run that has ended; asked only for runs whose message is there."""
    return workbench().runs.get(run_id)


@st.cache_resource(max_entries=200, show_spinner=False, hash_funcs={dk.Run: lambda run: run.run_id})
def stored_by(run: dk.Run) -> list[dk.Artifact]:
    """Return what a run had stored when it was stopped or failed: its message names nothing."""
    if run.status not in ("cancelled", "failed") or not run.session_id:
        return []
    return workbench().artifacts.list_artifacts(run.session_id, {"run_id": run.run_id}, limit=20)


def draw_message(message: dk.Message) -> None:
    """Draw one message with everything its answer stored; all of it is read from the workspace."""
    with st.chat_message(message.role, avatar=AVATARS[message.role]):
        if not message.run_id or message.role != "assistant":
            st.markdown(literal_markdown(message.content))
            return
        run = closed_run(message.run_id)
        if run.error:
            draw_error(str(run.error.get("message") or message.content), str(run.error.get("hint") or ""))
        elif run.status == "cancelled":
            st.markdown(":material/stop_circle: Stopped. What was stored until then stays.")
        else:
            st.markdown(safe_markdown(message.content))
        draw_evidence(message, run)


@st.fragment
def draw_evidence(message: dk.Message, run: dk.Run) -> None:
    """Draw the main result of an answer, and behind one row of buttons its SQL, its steps and its other results."""
    found = present(message.artifacts)
    artifacts = found or stored_by(run)
    if gone := len(message.artifacts) - len(found):
        st.caption(f":material/delete: {'One result was' if gone == 1 else f'{gone} results were'} deleted.")
    if artifacts:
        draw_artifact(artifacts[0])
    others = {f":material/inventory_2: {_plain(title_of(artifact))}": artifact for artifact in artifacts[1:]}
    choices = [*([_SQL] if run.answer and run.answer.sql else []), *others, _STEPS]
    facts = [f"{message.engine or 'rules'} engine", message.workflow or ""]
    if run.answer and run.answer.confidence is not None:
        facts.append(f"confidence {run.answer.confidence:.2f}")
    shown = st.pills("Details", choices, key=f"details-{message.message_id}", label_visibility="collapsed")
    if shown == _SQL and run.answer and run.answer.sql:
        st.code(run.answer.sql, language="sql", wrap_lines=True)
    elif shown == _STEPS:
        draw_steps(run.run_id)
    elif shown in others:
        draw_artifact(others[shown])
    st.caption(" · ".join(fact for fact in facts if fact))


def draw_steps(run_id: str) -> None:
    """Draw what a run said, with the seconds since it began."""
    events = list(workbench().runs.attach(run_id).events(follow=False))
    lines = [
        f"{(event.time - events[0].time).total_seconds():7.2f} s  {line}"
        for event in events
        if (line := event_line(event))
    ]
    st.code("\n".join(lines) or "It ended before it said anything.", language=None, wrap_lines=True)


def draw_artifact(artifact: dk.Artifact) -> None:
    """Draw a table's first rows, or JSON, or text."""
    if artifact.is_table:
        table = first_rows(artifact.artifact_id)
        rows = artifact.row_count or 0
        # A header and one line a row; an empty table keeps one line to say so in.
        st.dataframe(table, hide_index=True, height=min(_TALLEST, 38 + 35 * max(min(rows, PREVIEW_ROWS), 1)))
        more = f" · first {PREVIEW_ROWS:,} shown" if rows > PREVIEW_ROWS else ""
        st.caption(_plain(title_of(artifact)) + more)
        return
    content = workbench().artifacts.get_artifact(artifact.artifact_id).content
    if isinstance(content, dict | list):
        st.json(content, expanded=2)
    elif isinstance(content, str):
        st.code(content[:_LONGEST_TEXT], language=None, wrap_lines=True)
        if len(content) > _LONGEST_TEXT:
            st.caption(f"The first {_LONGEST_TEXT:,} of {len(content):,} characters")
    else:
        st.caption(f":material/draft: {artifact.size_bytes:,} bytes that are no text; download them to look inside.")


def title_of(artifact: dk.Artifact) -> str:
    """Return an artifact's name and version, and its rows when it is a table."""
    if artifact.row_count is None:
        return f"{artifact.name} v{artifact.version}"
    word = "row" if artifact.row_count == 1 else "rows"
    return f"{artifact.name} v{artifact.version} · {artifact.row_count:,} {word}"


def _plain(text: str) -> str:
    return literal_markdown(" ".join(text.split()))
