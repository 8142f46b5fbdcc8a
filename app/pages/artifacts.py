"""Artifacts: what runs left behind, with versions, a preview and a download."""

import streamlit as st
from drawing import draw_artifact
from shell import current_session, errors_shown, workbench

wb = workbench()
session_id = current_session()
st.subheader("Artifacts")

with errors_shown():
    newest = {}
    for artifact in wb.artifacts.list_artifacts(session_id):
        newest.setdefault(artifact.name, artifact)
    if not newest:
        st.info(
            "Nothing stored in this session yet. Ask something in Chat, for example: profile orders.csv",
            icon=":material/inventory_2:",
        )
        st.stop()

    wanted = st.text_input("Search", placeholder="name, workflow or column", icon=":material/search:").strip().lower()
    found = [
        a
        for a in newest.values()
        if wanted in " ".join([a.name, a.workflow_name, *(column.name for column in a.columns)]).lower()
    ]
    listing, detail = st.columns([2, 3], gap="large")
    with listing:
        picked = st.dataframe(
            {
                "name": [a.name for a in found],
                "version": [a.version for a in found],
                "rows": [a.row_count for a in found],
                "type": [a.artifact_type for a in found],
                "made by": [a.workflow_name for a in found],
                "at": [a.created_at for a in found],
            },
            hide_index=True,
            selection_mode="single-row",
            on_select="rerun",
            key="artifact-list",
        )
        st.caption(f"{len(found)} of {len(newest)} artifacts; choose a row.")
    rows = picked.selection.rows
    name = found[rows[0]].name if rows and rows[0] < len(found) else found[0].name if found else None
    with detail:
        if name is None:
            st.info("Nothing matches.", icon=":material/search:")
            st.stop()
        versions = wb.artifacts.versions(session_id, name)[::-1]
        title, choice = st.columns([3, 1], vertical_alignment="bottom")
        title.markdown(f"#### {name}")
        version = choice.selectbox("Version", versions, format_func=lambda a: f"v{a.version}", key=f"version-{name}")
        if version.description:
            st.caption(version.description)
        draw_artifact(wb, version, key=f"preview-{version.artifact_id}")
        suffix = {"parquet": "parquet", "json": "json", "text": "txt"}.get(version.content_type, "bin")
        download, lineage, _ = st.columns([1, 1, 2])
        download.download_button(
            "Download",
            data=lambda: wb.artifacts.open_artifact(version.artifact_id).read(),
            file_name=f"{name}_v{version.version}.{suffix}",
            icon=":material/download:",
        )
        if lineage.button("Lineage", icon=":material/account_tree:"):
            st.session_state["lineage-of"] = version.artifact_id
            st.switch_page("pages/lineage.py", query_params={"session": session_id, "artifact": version.artifact_id})
        with st.expander("Facts", icon=":material/notes:"):
            st.json(version.model_dump(mode="json", exclude={"columns"}), expanded=1)
        if version.columns:
            with st.expander("Columns", icon=":material/notes:"):
                st.dataframe([c.model_dump(mode="json") for c in version.columns], hide_index=True)
