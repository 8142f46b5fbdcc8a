"""Artifacts: what runs left behind, with versions, a preview and a download."""

import streamlit as st
from drawing import draw_artifact
from shell import current_session, workbench

import dataops_kernel as dk
from dataops_kernel.views import literal_markdown

LISTED = 2_000
SUFFIXES = {"parquet": "parquet", "json": "json", "text": "txt", "csv": "csv"}

wb = workbench()
session_id = current_session()


def newest_versions() -> list[dk.Artifact]:
    """Return the newest version of each name on the current line, newest first."""
    newest: dict[str, dk.Artifact] = {}
    for artifact in wb.artifacts.list_artifacts(session_id, limit=LISTED):
        newest.setdefault(artifact.name, artifact)
    return list(newest.values())


def matches(artifact: dk.Artifact, words: str) -> bool:
    """Say whether every word is in the artifact's name, workflow, description or columns."""
    columns = (column.name for column in artifact.columns)
    text = " ".join([artifact.name, artifact.workflow_name, artifact.description, *columns]).lower()
    return all(word in text for word in words.lower().split())


def choose(found: list[dk.Artifact]) -> dk.Artifact:
    """Draw the list and return the chosen row's artifact; the newest until one was chosen."""
    picked = st.dataframe(
        {
            "name": [a.name for a in found],
            "version": [a.version for a in found],
            "rows": [a.row_count for a in found],
            "made by": [a.workflow_name for a in found],
            "at (UTC)": [a.created_at for a in found],
        },
        column_config={
            "name": st.column_config.TextColumn(width="medium"),
            "version": st.column_config.NumberColumn("v", width=40),
            "rows": st.column_config.NumberColumn(width=60, format="localized"),
            "at (UTC)": st.column_config.DatetimeColumn(format="D MMM HH:mm"),
        },
        hide_index=True,
        height=min(600, 38 + 35 * len(found)),
        selection_mode="single-row",
        selection_default={"selection": {"rows": [0]}},
        on_select="rerun",
        key=f"artifact-list-{session_id}",
    )
    rows = picked.selection.rows
    return found[rows[0] if rows and rows[0] < len(found) else 0]


def draw_detail(name: str) -> None:
    """Draw one artifact in the version that is chosen, with what can be done with it."""
    versions = wb.artifacts.versions(session_id, name)[::-1]
    title, choice = st.columns([3, 1], vertical_alignment="center")
    title.markdown(f"#### {literal_markdown(name)}")
    labels = {a.artifact_id: f"v{a.version}" for a in versions}
    by_id = {a.artifact_id: a for a in versions}
    chosen = choice.selectbox(
        "Version", list(by_id), format_func=labels.get, key=f"version-{name}", label_visibility="collapsed"
    )
    version = by_id[chosen]
    preview, columns, facts = st.tabs(["Preview", f"Columns ({len(version.columns)})", "Facts"])
    with preview:
        draw_artifact(version)
    with columns:
        draw_columns(version)
    with facts:
        draw_facts(version)
    with st.container(horizontal=True):
        st.download_button(
            "Download",
            data=lambda: wb.artifacts.open_artifact(version.artifact_id).read(),
            file_name=f"{name}_v{version.version}.{SUFFIXES.get(version.content_type, 'bin')}",
            icon=":material/download:",
            on_click="ignore",
        )
        if st.button("Lineage", icon=":material/account_tree:"):
            st.switch_page("screens/lineage.py", query_params={"session": session_id, "artifact": version.artifact_id})


def draw_columns(artifact: dk.Artifact) -> None:
    """Draw the columns of a table; the least and greatest value have the type of their column, so they are text."""
    if not artifact.columns:
        st.caption("This artifact has no columns.")
        return
    shown = ["" if value is None else str(value) for c in artifact.columns for value in (c.min, c.max)]
    st.dataframe(
        {
            "name": [c.name for c in artifact.columns],
            "type": [c.type for c in artifact.columns],
            "nulls": [c.nulls for c in artifact.columns],
            "min": shown[0::2],
            "max": shown[1::2],
        },
        hide_index=True,
        height=min(420, 38 + 35 * len(artifact.columns)),
    )


def draw_facts(artifact: dk.Artifact) -> None:
    """Draw who made an artifact, when, and how it is stored."""
    facts = {
        "what": artifact.description,
        "made by": " / ".join(filter(None, [artifact.workflow_name, artifact.created_by])),
        "at": f"{artifact.created_at:%Y-%m-%d %H:%M:%S} UTC",
        "kind": f"{artifact.artifact_type}, {artifact.content_type}, stored from {artifact.form}",
        "size": f"{artifact.size_bytes:,} bytes",
        "SHA-256": artifact.sha256,
        "id": artifact.artifact_id,
        "run": artifact.run_id or "",
        "tags": ", ".join(artifact.tags),
    }
    width = max(map(len, facts))
    told = [f"{key:<{width}}  {' '.join(value.split())}" for key, value in facts.items() if value]
    st.code("\n".join(told), language=None, wrap_lines=True)


artifacts = newest_versions()
st.subheader("Artifacts")
if not artifacts:
    st.info("Nothing is stored in this session yet. Ask something in Chat, for example: profile orders.csv")
    st.page_link("screens/chat.py", label="Go to Chat", icon=":material/forum:", query_params={"session": session_id})
    st.stop()
listing, detail = st.columns([9, 10], gap="medium")
with listing:
    words = st.text_input(
        "Search", placeholder="Search names, workflows, columns", icon=":material/search:", label_visibility="collapsed"
    )
    found = [artifact for artifact in artifacts if matches(artifact, words)]
    if not found:
        st.info(f"None of the {len(artifacts):,} artifacts matches “{literal_markdown(words)}”.")
        st.stop()
    artifact = choose(found)
    st.caption(f"{len(found):,} of {len(artifacts):,} artifacts")
with detail:
    draw_detail(artifact.name)
