"""Lineage: where an artifact comes from and what it led to."""

import streamlit as st
from shell import current_session, errors_shown, workbench

from dataops_kernel.views import lineage_dot, lineage_lines

wb = workbench()
session_id = current_session()
st.subheader("Lineage")

with errors_shown():
    artifacts = {a.artifact_id: a for a in wb.artifacts.list_artifacts(session_id)}
    if not artifacts:
        st.info("Nothing stored in this session yet, so nothing has a history.", icon=":material/account_tree:")
        st.stop()
    ids = list(artifacts)
    wanted = st.query_params.get("artifact", ids[0])
    pick, way = st.columns([3, 2], vertical_alignment="bottom")
    chosen = pick.selectbox(
        "Artifact",
        ids,
        index=ids.index(wanted) if wanted in artifacts else 0,
        format_func=lambda id: f"{artifacts[id].name} v{artifacts[id].version}",
    )
    st.query_params["artifact"] = chosen
    directions = {"both": "everything", "up": "what it comes from", "down": "what it led to"}
    direction = way.segmented_control(
        "Show", list(directions), format_func=directions.__getitem__, default="both", required=True
    )
    graph = wb.lineage(chosen, direction)
    st.graphviz_chart(lineage_dot(graph), width="stretch")
    if graph.truncated:
        st.warning("The graph goes on; only its nearest part is drawn.")
    with st.expander("As text", icon=":material/notes:"):
        st.code("\n".join(lineage_lines(graph)), language=None)
