"""The chat page's tools: find what was said, name or go back to a point, see what a model would see."""

import streamlit as st
from shell import errors_shown, go_to, workbench

import dataops_kernel as dk
from dataops_kernel.views import literal_markdown, snippet

FOUND = 8
_SNIPPET = 280
_GLIMPSE = 40
_CHECKPOINTS = 5
_WHO = {"user": "You", "assistant": "Answer", "system": "Note"}
_NAMED = ("pinned", "relevant", "recent", "context")
_HERE, _EVERYWHERE = "This session", "All my sessions"


def draw_toolbar(session_id: str) -> None:
    """Draw the tools one under the other; what is in one is made only while it is open."""
    with st.container(gap="xsmall"):
        st.caption("In this session")
        for label, icon, help, draw in (
            ("Search", ":material/search:", "Find what was said", draw_search),
            ("Checkpoint", ":material/flag:", "Name this point, or go back", draw_checkpoints),
            ("Context", ":material/visibility:", "What a model would see", draw_context),
        ):
            tool = st.popover(label, icon=icon, help=help, key=f"tool-{label}", on_change="rerun", width="stretch")
            if tool.open:
                with tool, errors_shown():
                    draw(session_id)


@st.fragment
def draw_search(session_id: str) -> None:
    """Draw the search box and what it finds, best first, each with why."""
    wb = workbench()
    text = st.text_input("Search what was said", placeholder="refunds in APAC", key=f"search-{session_id}").strip()
    where = st.segmented_control(
        "Where", [_HERE, _EVERYWHERE], default=_HERE, key=f"where-{session_id}", label_visibility="collapsed"
    )
    if not text:
        st.caption("Words, names and their neighbours; what a restore left behind is not searched.")
        return
    with errors_shown():
        hits = wb.sessions.search_messages(text, session_id=None if where == _EVERYWHERE else session_id, k=FOUND)
        if not hits:
            st.info("Nothing said here has to do with that.", icon=":material/search_off:")
        for hit in hits:
            _draw_hit(hit, session_id)


def _draw_hit(hit: dk.MessageHit, session_id: str) -> None:
    message = hit.message
    with st.container(border=True, gap="xsmall"):
        when = f"{message.timestamp:%d %b %Y %H:%M}" if message.timestamp else ""
        st.caption(
            " · ".join(part for part in (_WHO[message.role], when, literal_markdown(", ".join(hit.why))) if part)
        )
        st.markdown(literal_markdown(snippet(hit, _SNIPPET)))
        if hit.session_id != session_id and st.button(
            "Open its session", key=f"open-{message.message_id}", icon=":material/open_in_new:", type="tertiary"
        ):
            go_to(hit.session_id)
            st.rerun(scope="app")


def draw_checkpoints(session_id: str) -> None:
    """Name this point, or go back to one of the newest."""
    wb = workbench()
    with st.form(f"name-{session_id}", border=False, clear_on_submit=True):
        label = st.text_input("Name this point of the session", placeholder="before cleanup")
        if st.form_submit_button("Create", icon=":material/flag:") and label.strip():
            with errors_shown():
                created = wb.context.create_checkpoint(session_id, label)
                st.toast(f"Checkpoint “{literal_markdown(created.label)}” created", icon=":material/flag:")
    for checkpoint in wb.context.list_checkpoints(session_id)[-_CHECKPOINTS:][::-1]:
        named, act = st.columns([4, 2], vertical_alignment="center")
        named.markdown(f"**{literal_markdown(checkpoint.label)}**  \n{checkpoint.created_at:%d %b %H:%M:%S}")
        if act.button("Go back", icon=":material/history:", key=f"back-{checkpoint.checkpoint_id}"):
            wb.context.restore_checkpoint(session_id, checkpoint.checkpoint_id)
            st.toast("Gone back; what you left is in the tree of checkpoints", icon=":material/history:")
            st.rerun()


def draw_context(session_id: str) -> None:
    """Draw each block a model would see, with its tokens and why it is there; what names something can be pinned."""
    wb = workbench()
    view = wb.context.view(session_id)
    st.progress(min(1.0, view.tokens / view.max_tokens), f"{view.tokens:,} of {view.max_tokens:,} tokens")
    for block in view.blocks:
        pin = ":material/keep: " if block.pinned else ""
        said = literal_markdown(_short(block.text, _GLIMPSE))
        with st.expander(f"{pin}{block.kind} · {block.tokens:,} tokens · {said}"):
            st.caption(literal_markdown(f"{block.why} From: {block.source}."))
            st.code(block.text, language=None, wrap_lines=True)
            if block.kind in _NAMED:
                _draw_pin(session_id, block)
    for left in view.left_out:
        st.caption(literal_markdown(f"Left out: {left.kind}, {left.tokens:,} tokens. {left.why}"))


def _draw_pin(session_id: str, block: dk.ContextBlock) -> None:
    wb = workbench()
    icon, verb, act = (
        (":material/keep_off:", "Unpin", wb.context.unpin)
        if block.pinned
        else (":material/keep:", "Pin", wb.context.pin)
    )
    if st.button(verb, icon=icon, key=f"pin-{block.kind}-{block.id}", type="tertiary"):
        with errors_shown():
            act(session_id, block.id)
            st.rerun()


def _short(text: str, length: int) -> str:
    words = " ".join(text.split())
    return words[:length] + ("…" if len(words) > length else "")
