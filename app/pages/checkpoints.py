"""Checkpoints: name this point, go back to one, see what changed."""

import streamlit as st
from shell import current_session, errors_shown, workbench

from dataops_kernel.views import diff_lines, safe_markdown

NOW = "now"

wb = workbench()
session_id = current_session()
st.subheader("Checkpoints")

with st.form("create", border=False, clear_on_submit=True):
    field, button = st.columns([4, 1], vertical_alignment="bottom")
    label = field.text_input("Name this point of the session", placeholder="before cleanup", key="new-checkpoint")
    if button.form_submit_button("Create", icon=":material/flag:", width="stretch"):
        with errors_shown():
            wb.context.create_checkpoint(session_id, label)
            st.toast(f"Checkpoint “{label.strip()}” created", icon=":material/flag:")

with errors_shown():
    checkpoints = wb.context.list_checkpoints(session_id)
    if not checkpoints:
        st.info(
            "No checkpoints yet. A checkpoint costs nothing, whatever the size of the session.", icon=":material/flag:"
        )
        st.stop()
    for checkpoint in reversed(checkpoints):
        name, when, act = st.columns([4, 3, 1], vertical_alignment="center")
        label = safe_markdown(checkpoint.label)
        name.markdown(
            f":material/flag: **{label}**" if checkpoint.on_current_line else f":material/fork_right: {label}"
        )
        branch = "" if checkpoint.on_current_line else " · on another branch"
        when.caption(f"{checkpoint.created_at:%d %b %Y %H:%M:%S} UTC{branch}")
        if act.button("Restore", key=checkpoint.checkpoint_id, width="stretch"):
            wb.context.restore_checkpoint(session_id, checkpoint.checkpoint_id)
            st.toast(f"Back at “{checkpoint.label}”; the line you left stays in the log", icon=":material/undo:")
            st.rerun()

    st.divider()
    st.markdown("#### What changed")
    labels = [checkpoint.label for checkpoint in checkpoints]
    left, right = st.columns(2)
    before = left.selectbox("From", labels[::-1])
    after = right.selectbox("To", [NOW, *labels[::-1]])
    diff = wb.context.diff_checkpoints(session_id, before, after)
    counts = st.columns(3)
    counts[0].metric("Messages", f"+{len(diff.messages_added)}", f"-{len(diff.messages_removed)}", delta_color="off")
    counts[1].metric("Context keys", len(diff.context))
    counts[2].metric("Artifacts", len(diff.artifacts))
    st.code("\n".join(diff_lines(diff)), language=None)
