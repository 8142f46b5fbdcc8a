"""The example workspace: the shipped files, loaded as a user would load them."""

from dataops_kernel.cli.running import Terminal
from dataops_kernel.views import event_line
from dataops_kernel.workbench import Workbench
from dataops_kernel.workflows.locations import shipped_folder

_TITLE = "Example"
_MESSAGES = (
    "profile {folder}/orders.csv",
    "profile {folder}/customers.csv",
    "profile {folder}/products.csv",
    "parse {folder}/nightly.jil",
    "total amount by region, top 5",
)


def load_example(workbench: Workbench, terminal: Terminal) -> str:
    """Ask about each shipped file in a session titled "Example", once per workspace; return the session's id."""
    known = next((s for s in workbench.sessions.list_sessions(limit=1_000) if s.title == _TITLE), None)
    if known is not None:
        return known.session_id
    session_id = workbench.sessions.create_session(title=_TITLE).session_id
    folder = shipped_folder("example")
    for message in _MESSAGES:
        text = message.format(folder=folder)
        terminal.progress(text)
        for event in workbench.ask(session_id, text).events():
            if event.type in ("artifact_stored", "run_failed"):
                terminal.progress(f"  {event_line(event)}")
    return session_id
