"""How messages, answers and artifacts look."""

import streamlit as st

import dataops_kernel as dk
from dataops_kernel.views import safe_markdown

PREVIEW_ROWS = 200


def draw_message(wb: dk.Workbench, message: dk.Message) -> None:
    """Draw one message with everything its answer stored; all of it is read from the workspace."""
    with st.chat_message(message.role):
        st.markdown(safe_markdown(message.content))
        if message.run_id:
            draw_evidence(wb, message)


def draw_evidence(wb: dk.Workbench, message: dk.Message) -> None:
    """Draw the tables and the SQL of an answer, and which engine made it."""
    run = wb.runs.get(message.run_id)
    artifacts = [wb.artifacts.describe(id) for id in message.artifacts]
    for position, artifact in enumerate(artifacts):
        if position == 0:
            draw_artifact(wb, artifact, key=f"{message.message_id}-{artifact.artifact_id}")
        else:
            with st.expander(_title(artifact), icon=":material/inventory_2:"):
                draw_artifact(wb, artifact, key=f"{message.message_id}-{artifact.artifact_id}")
    if run.answer and run.answer.sql:
        with st.expander("SQL", icon=":material/notes:"):
            st.code(run.answer.sql, language="sql")
    facts = [f"{message.engine or 'rules'} engine", message.workflow or ""]
    if run.answer and run.answer.confidence is not None:
        facts.append(f"confidence {run.answer.confidence:.2f}")
    st.caption(" · ".join(fact for fact in facts if fact))


def draw_artifact(wb: dk.Workbench, artifact: dk.Artifact, *, key: str) -> None:
    """Draw a table's first rows, or JSON, or text."""
    if artifact.is_table:
        frame = wb.artifacts.preview(artifact.artifact_id, PREVIEW_ROWS).to_pandas()
        st.dataframe(frame, hide_index=True, key=key, height=min(420, 38 + 35 * max(len(frame), 1)))
        shown = min(PREVIEW_ROWS, artifact.row_count or 0)
        st.caption(f"{_title(artifact)}" + (f", first {shown:,} shown" if shown < (artifact.row_count or 0) else ""))
        return
    content = wb.artifacts.get_artifact(artifact.artifact_id).content
    if isinstance(content, dict | list):
        st.json(content, expanded=2)
    elif isinstance(content, str):
        st.code(content, language=None)
    else:
        st.caption(f"{artifact.size_bytes:,} bytes, to download")


def _title(artifact: dk.Artifact) -> str:
    rows = f", {artifact.row_count:,} rows" if artifact.row_count is not None else ""
    return f"{artifact.name} v{artifact.version}{rows}"
