"""The workbench in the browser: every page draws what the ledger says and owns no state of its own."""

from pathlib import Path

import streamlit as st
from shell import draw_sidebar, errors_shown
from style import STYLE

HERE = Path(__file__).parent

st.set_page_config(page_title="DataOps workbench", page_icon=str(HERE / "icon.svg"), layout="wide")
st.logo(str(HERE / "wordmark.svg"), size="large", icon_image=str(HERE / "icon.svg"))
st.html(STYLE)

# Not in a folder named "pages": Streamlit would run those files by themselves, past this one, on a direct visit.
PAGES = [
    st.Page("screens/chat.py", title="Chat", icon=":material/forum:", default=True),
    st.Page("screens/artifacts.py", title="Artifacts", icon=":material/inventory_2:"),
    st.Page("screens/lineage.py", title="Lineage", icon=":material/account_tree:"),
    st.Page("screens/checkpoints.py", title="Checkpoints", icon=":material/flag:"),
]

page = st.navigation(PAGES, position="top")
with errors_shown():
    draw_sidebar()
    page.run()
