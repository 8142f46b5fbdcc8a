"""What Streamlit's theme cannot say: less empty room above a page, wide graphs that scroll, a compact sidebar."""

STYLE = """<style>
.stMainBlockContainer { padding: 4.25rem 3rem 5rem; max-width: 84rem; }
[data-testid="stBottomBlockContainer"] { padding: 0.5rem 3rem 1.5rem; max-width: 84rem; }
[data-testid="stSidebarUserContent"] { padding-top: 0.5rem; }
[data-testid="stGraphVizChart"] { overflow-x: auto; }
[data-testid="stChatMessage"] { padding: 0.75rem 1rem; }
</style>"""
