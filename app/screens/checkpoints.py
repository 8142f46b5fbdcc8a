"""Checkpoints: name this point, see the tree of branches, go back to any point, see what changed."""

import streamlit as st
from shell import current_session, errors_shown, workbench

import dataops_kernel as dk
from dataops_kernel.views import (
    TreeRow,
    change_details,
    change_tables,
    change_title,
    diff_lines,
    literal_markdown,
    tree_rows,
)

NOW = "now"
_SHOWN = 100
_ICONS = {
    "start": ":material/trip_origin:",
    "named": ":material/flag:",
    "auto": ":material/shield:",
    "head": ":material/fork_right:",
    "now": ":material/radio_button_checked:",
}

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


def restore(name: str) -> None:
    """Go back; what is left stays in the tree, so this can be undone."""
    wb.context.restore_checkpoint(session_id, name)
    st.session_state[left_key] = name
    st.rerun()


def draw_undo() -> None:
    """Say where the last restore went, and offer the way back."""
    if left_key not in st.session_state:
        return
    told, act = st.columns([5, 1], vertical_alignment="center")
    told.success(
        literal_markdown(f"The session is back at “{st.session_state[left_key]}”. What you left stays in the tree."),
        icon=":material/history:",
    )
    if act.button("Undo", icon=":material/undo:", width="stretch"):
        del st.session_state[left_key]
        wb.context.undo_restore(session_id)
        st.rerun()


def draw_tree(rows: list[TreeRow]) -> None:
    """Draw every point from the start down, branches set in, what is not on the current line in grey."""
    for row in rows[-_SHOWN:]:
        node = row.node
        name, when, act = st.columns([6, 3.4, 1.4], vertical_alignment="center")
        title = literal_markdown("start of the session" if node.kind == "start" else node.name)
        title = f"{_ICONS[node.kind]} **{title}**"
        if node.kind == "head":
            title += f" · left for {literal_markdown(node.left_for or '')}"
        # Streamlit's Markdown folds blanks at the start of a line; these do not break and do not fold.
        lines = row.lines[:-1].replace(" ", "\u2003")
        branch = f":gray[{lines}]" if lines else ""
        name.markdown(branch + (title if node.on_current_line else f":gray[{title}]"))
        facts = [f"{node.created_at:%d %b %Y %H:%M:%S} UTC"] if node.created_at else []
        facts.append("1 message" if node.messages == 1 else f"{node.messages:,} messages")
        if node.kind == "auto":
            facts.append("automatic")
        if not node.on_current_line:
            facts.append("on another branch")
        when.caption(literal_markdown(" · ".join(facts)))
        if node.said:
            name.caption(literal_markdown(f"last asked: {node.said}"))
        if node.kind not in ("start", NOW) and act.button(
            "Restore", icon=":material/history:", key=f"restore-{node.checkpoint_id or node.name}", width="stretch"
        ):
            restore(node.checkpoint_id or node.name)
    if len(rows) > _SHOWN:
        st.caption(f"The newest {_SHOWN} of {len(rows):,} points; `dataops checkpoint tree` shows all.")


def draw_difference(points: list[str]) -> None:
    """Draw what happened between two points."""
    st.markdown("#### What changed")
    left, right, by = st.columns([2, 2, 1.4])
    before = left.selectbox("From", points, key="diff-from")
    after = right.selectbox("To", [NOW, *points], key="diff-to")
    key = by.text_input("Key of rows", key="diff-key", placeholder="found by itself", help="One column, or a, b")
    columns = [column.strip() for column in key.split(",") if column.strip()]
    with errors_shown():
        with st.spinner("Comparing…"):
            diff = wb.context.diff_checkpoints(session_id, before, after, key=columns or None)
        added, removed, keys, changed = st.columns(4)
        added.metric("Messages since", diff.total("messages_added"))
        removed.metric("Messages left behind", diff.total("messages_removed"))
        changed.metric("Artifacts that differ", diff.total("artifacts"))
        keys.metric("Context keys that differ", diff.total("context"))
        if words := words_changed(diff):
            st.code("\n".join(words), language=None, wrap_lines=True)
        for change in diff.artifacts:
            draw_change(change)
        if diff.total("artifacts") > len(diff.artifacts):
            st.caption(f"The first {len(diff.artifacts):,} of {diff.total('artifacts'):,} artifacts that differ")


def words_changed(diff: dk.CheckpointDiff) -> list[str]:
    """Return the difference without its artifacts as lines; they are drawn one by one."""
    nothing = not (diff.messages_added or diff.messages_removed or diff.context)
    return [] if nothing and diff.artifacts else diff_lines(diff.model_copy(update={"artifacts": ()}))


def draw_change(change: dk.ArtifactChange) -> None:
    """Draw what became of one artifact: its columns and totals as lines, its rows as tables."""
    details, tables = change_details(change), change_tables(change)
    title = literal_markdown(change_title(change))
    if not details and not tables:
        st.markdown(title)
        return
    with st.expander(title, expanded=True):
        if details:
            st.code("\n".join(details), language=None, wrap_lines=True)
        for name, table in tables:
            st.caption(f"{name}: {len(table.rows):,} of {table.total_rows:,} shown")
            cells = [{str(i): value for i, value in enumerate(row)} for row in table.rows]
            headings = {str(i): st.column_config.Column(heading) for i, heading in enumerate(table.columns)}
            st.dataframe(cells, hide_index=True, column_config=headings)


st.subheader("Checkpoints")
draw_creation()
tree = wb.context.checkpoint_tree(session_id)
if len(tree.nodes) == 2:  # the start and the present
    st.info("No checkpoints yet. A checkpoint costs nothing, whatever the size of the session.", icon=":material/flag:")
    st.stop()
draw_undo()
draw_tree(tree_rows(tree))
st.divider()
draw_difference([node.name for node in reversed(tree.nodes) if node.kind not in ("start", NOW)])
