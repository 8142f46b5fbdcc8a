"""Checkpoints: name this point, go back to one, see what changed."""

import streamlit as st
from shell import current_session, errors_shown, workbench

import dataops_kernel as dk
from dataops_kernel.views import diff_lines, literal_markdown

NOW = "now"

wb = workbench()
session_id = current_session()
left_key = f"left-{session_id}"


def draw_creation() -> None:
    """Name the session as it is now."""
    with st.form("create", border=False, clear_on_submit=True):
        field, button = st.columns([5, 1], vertical_alignment="bottom")
        label = field.text_input("Name this point of the session", placeholder="before cleanup", key="new-checkpoint")
        if button.form_submit_button("Create", icon=":material/flag:", width="stretch"):
            with errors_shown():
                created = wb.context.create_checkpoint(session_id, label)
                st.toast(f"Checkpoint “{literal_markdown(created.label)}” created", icon=":material/flag:")


def restore(checkpoint: dk.Checkpoint) -> None:
    """Go back; a point that no checkpoint names gets a name before it is left, so that this can be undone."""
    left = _name_of_now(f"left for {checkpoint.label}"[:150])
    wb.context.restore_checkpoint(session_id, checkpoint.checkpoint_id)
    st.session_state[left_key] = (checkpoint.label, left)
    st.rerun()


def _name_of_now(wish: str) -> str:
    checkpoints = wb.context.list_checkpoints(session_id)
    for checkpoint in reversed(checkpoints):
        if checkpoint.on_current_line:
            diff = wb.context.diff_checkpoints(session_id, checkpoint.checkpoint_id, NOW)
            if not (diff.messages_added or diff.messages_removed or diff.context or diff.artifacts):
                return checkpoint.label
    taken = {checkpoint.label for checkpoint in checkpoints}
    names = (wish if number == 1 else f"{wish} ({number})" for number in range(1, len(taken) + 2))
    return wb.context.create_checkpoint(session_id, next(name for name in names if name not in taken)).label


def draw_undo(checkpoints: list[dk.Checkpoint]) -> None:
    """Say where the last restore went, and offer the way back."""
    if left_key not in st.session_state:
        return
    target, left = st.session_state[left_key]
    told, act = st.columns([5, 1], vertical_alignment="center")
    told.success(
        literal_markdown(f"The session is back at “{target}”. What you left is kept as “{left}”."),
        icon=":material/history:",
    )
    origin = next((checkpoint for checkpoint in checkpoints if checkpoint.label == left), None)
    if origin and act.button("Undo", icon=":material/undo:", width="stretch"):
        del st.session_state[left_key]
        wb.context.restore_checkpoint(session_id, origin.checkpoint_id)
        st.rerun()


def draw_list(checkpoints: list[dk.Checkpoint]) -> None:
    """Draw the checkpoints, newest first, those of other branches marked."""
    for checkpoint in reversed(checkpoints):
        name, when, act = st.columns([5, 3, 1.4], vertical_alignment="center")
        here = checkpoint.on_current_line
        name.markdown(
            f"{':material/flag:' if here else ':material/fork_right:'} **{literal_markdown(checkpoint.label)}**"
        )
        when.caption(f"{checkpoint.created_at:%d %b %Y %H:%M:%S} UTC" + ("" if here else " · on another branch"))
        if act.button("Restore", icon=":material/history:", key=checkpoint.checkpoint_id, width="stretch"):
            restore(checkpoint)


def draw_difference(checkpoints: list[dk.Checkpoint]) -> None:
    """Draw what happened between two points."""
    st.markdown("#### What changed")
    labels = [checkpoint.label for checkpoint in checkpoints[::-1]]
    left, right = st.columns(2)
    before = left.selectbox("From", labels, key="diff-from")
    after = right.selectbox("To", [NOW, *labels], key="diff-to")
    diff = wb.context.diff_checkpoints(session_id, before, after)
    added, removed, keys, changed = st.columns(4)
    added.metric("Messages since", len(diff.messages_added))
    removed.metric("Messages left behind", len(diff.messages_removed))
    changed.metric("Artifacts that differ", len(diff.artifacts))
    keys.metric("Context keys that differ", len(diff.context))
    st.code("\n".join(diff_lines(diff)), language=None, wrap_lines=True)


st.subheader("Checkpoints")
draw_creation()
known = wb.context.list_checkpoints(session_id)
if not known:
    st.info("No checkpoints yet. A checkpoint costs nothing, whatever the size of the session.", icon=":material/flag:")
    st.stop()
draw_undo(known)
draw_list(known)
st.divider()
draw_difference(known)
