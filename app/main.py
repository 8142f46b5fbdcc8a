"""The workbench in the browser: every page draws what the ledger says and owns no state of its own."""

import streamlit as st
from shell import draw_sidebar

st.set_page_config(page_title="DataOps workbench", page_icon="🗂️", layout="wide")

PAGES = [
    st.Page("pages/chat.py", title="Chat", icon="💬", default=True),
    st.Page("pages/artifacts.py", title="Artifacts", icon="📦"),
    st.Page("pages/lineage.py", title="Lineage", icon="🧭"),
    st.Page("pages/checkpoints.py", title="Checkpoints", icon="📍"),
]

page = st.navigation(PAGES, position="top")
draw_sidebar()
page.run()
