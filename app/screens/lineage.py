"""Lineage: where an artifact comes from and what it led to."""

import streamlit as st
from shell import current_session, workbench

from dataops_kernel.views import lineage_dot, lineage_lines

LISTED = 2_000
DIRECTIONS = {"both": "Everything", "up": "What it comes from", "down": "What it led to"}

wb = workbench()
session_id = current_session()
st.subheader("Lineage")

artifacts = {a.artifact_id: a for a in wb.artifacts.list_artifacts(session_id, limit=LISTED)}
if not artifacts:
    st.info("Nothing is stored in this session yet, so nothing has a history. Ask something in Chat first.")
    st.page_link("screens/chat.py", label="Go to Chat", icon=":material/forum:", query_params={"session": session_id})
    st.stop()

ids = list(artifacts)
wanted = st.query_params.get("artifact")
pick, way, more = st.columns([4, 4, 2], vertical_alignment="bottom")
chosen = pick.selectbox(
    "Artifact",
    ids,
    index=ids.index(wanted) if wanted in artifacts else 0,
    format_func=lambda id: f"{artifacts[id].name} v{artifacts[id].version}",
)
st.query_params["artifact"] = chosen
direction = way.segmented_control(
    "Direction", list(DIRECTIONS), format_func=DIRECTIONS.__getitem__, default="both", required=True, width="stretch"
)
data_only = not more.toggle("Steps", value=True, help="Show the messages and steps between the data")

graph = wb.lineage(chosen, direction)
st.graphviz_chart(lineage_dot(graph, data_only=data_only), width="content", alt="\n".join(lineage_lines(graph)))
st.caption(
    "Blue arrows: rows came from there. Grey arrows: asked for, read, or made by. The blue frame is the artifact."
)
if graph.truncated:
    st.warning("The graph goes on; only its nearest part is drawn.", icon=":material/warning:")
with st.expander("As text", icon=":material/notes:"):
    st.code("\n".join(lineage_lines(graph)), language=None)
