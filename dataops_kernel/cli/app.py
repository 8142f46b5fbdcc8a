"""``dataops app``: the workbench in the browser."""

import argparse
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request

from dataops_kernel.cli.running import Terminal
from dataops_kernel.errors import MissingExtraError, ParameterError, StorageUnavailableError

DESCRIPTION = "Open the workbench in the browser, on this machine only (127.0.0.1)."
EXAMPLES = """\
examples:
  dataops app
  dataops app --example           load the example files first
  dataops app --port 8600 --no-browser
"""

_FIRST_PORT = 8501


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``app``."""
    parser.add_argument("--port", type=int, help=f"the port (default: the first free one from {_FIRST_PORT})")
    parser.add_argument("--example", action="store_true", help="load the example files into a session first")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser window")


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Start the app, print its address once it answers, and stay until it is stopped."""
    _check_installed()
    port = _chosen_port(arguments.port)
    with terminal.workbench() as workbench:
        if arguments.example:
            from dataops_kernel.cli.example import load_example

            load_example(workbench, terminal)
        workspace = workbench.workspace
    return _serve(port, {**os.environ, "DATAOPS_WORKSPACE": str(workspace)}, terminal, not arguments.no_browser)


def _check_installed() -> None:
    import importlib.util

    if importlib.util.find_spec("streamlit") is None:
        raise MissingExtraError("The app needs Streamlit.", hint="pip install 'dataops-kernel[app]'")


def _chosen_port(wanted: int | None) -> int:
    if wanted is not None and not 1 <= wanted <= 65535:
        raise ParameterError(f"{wanted!r} is not a port.", hint="Choose one from 1024 to 65535.")
    for port in [wanted] if wanted else range(_FIRST_PORT, _FIRST_PORT + 50):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise StorageUnavailableError(f"The port {wanted or _FIRST_PORT} is taken.", hint="Choose another with --port.")


def _serve(port: int, environment: dict[str, str], terminal: Terminal, browser: bool) -> int:
    from dataops_kernel.workflows.locations import shipped_folder

    folder = shipped_folder("app")
    command = [
        *(sys.executable, "-m", "streamlit", "run", str(folder / "main.py")),
        *("--server.address=127.0.0.1", f"--server.port={port}", "--server.headless=true"),
        *("--browser.gatherUsageStats=false", "--server.fileWatcherType=none", "--runner.magicEnabled=false"),
        *("--client.toolbarMode=minimal", "--client.showErrorDetails=none", "--theme.base=light"),
        *("--theme.primaryColor=#1f5fbf", "--theme.baseRadius=0.5rem"),
    ]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    address = f"http://127.0.0.1:{port}"
    try:
        if _answers(address, process):
            terminal.show_json({"address": address}) if terminal.json else terminal.show(
                f"The workbench is open at {address}  (Ctrl-C stops it)"
            )
            sys.stdout.flush()
            if browser:
                _open_browser(address)
        return process.wait()
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        return 0


def _answers(address: str, process: "subprocess.Popen[bytes]") -> bool:
    while process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=1):
                return True
        except (urllib.error.URLError, OSError):
            try:
                process.wait(0.2)
            except subprocess.TimeoutExpired:
                continue
    return False


def _open_browser(address: str) -> None:
    import webbrowser

    # Only where a person sits: a server or a container has no display to open a window on.
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or sys.platform in ("darwin", "win32"):
        webbrowser.open(address)
