"""The browser door in a real browser: asked, refreshed, and without one request to the outside."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlparse

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM and not os.environ.get("CI"), reason="needs Chromium; CI always has it"),
]

FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The app on a fresh workspace, started as a user starts it."""
    workspace = tmp_path_factory.mktemp("browser") / "ws"
    command = [Path(sys.executable).with_name("dataops"), "app", "--no-browser", "--workspace", str(workspace)]
    environment = {**os.environ, "DATAOPS_USER": "ann"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment)
    assert process.stdout
    found = None
    while found is None:
        line = process.stdout.readline()
        assert line, "the app ended before it opened"
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
    yield found[0]
    process.terminate()
    process.wait(20)


@pytest.fixture
def page(address):
    """A page of a fresh browser that remembers which hosts it asked."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.hosts = set()
        page.on("request", lambda request: page.hosts.add(urlparse(request.url).hostname))
        page.goto(address)
        yield page
        browser.close()


def ask(page, text):
    before = page.get_by_test_id("stChatMessage").count()
    box = page.get_by_test_id("stChatInputTextArea")
    box.fill(text)
    box.press("Enter")
    page.wait_for_function(
        f"document.querySelectorAll('[data-testid=stChatMessage]').length >= {before + 2}"
        " && !document.querySelector('[data-testid=stStatusWidget]')"
        " && [...document.querySelectorAll('[data-testid=stCaptionContainer]')].some(e => e.innerText.includes('engine ·'))",
        timeout=90_000,
    )


def test_an_answer_survives_a_refresh_and_no_page_asks_another_host(page, address, data):
    ask(page, f"profile {data / 'orders.csv'}")
    told = page.get_by_test_id("stChatMessage").nth(1).inner_text()
    assert "orders" in told

    page.reload()
    page.get_by_test_id("stChatMessage").nth(1).wait_for(timeout=60_000)
    page.get_by_test_id("stDataFrame").first.wait_for(timeout=60_000)
    again = page.get_by_test_id("stChatMessage").nth(1).inner_text()
    assert again.split("\n")[0] == told.split("\n")[0]
    assert "session=ses_" in page.url

    for name in ("artifacts", "lineage", "checkpoints"):
        page.goto(f"{address}/{name}")
        page.get_by_role("heading", name=name.title()).wait_for(timeout=60_000)
        assert page.get_by_test_id("stException").count() == 0
    assert page.hosts <= {"127.0.0.1", None}


def test_lineage_draws_the_file_the_artifact_comes_from(page, address, data):
    ask(page, f"profile {data / 'customers.csv'}")

    page.goto(f"{address}/lineage")

    page.get_by_test_id("stGraphVizChart").get_by_text("customers.csv").first.wait_for(timeout=60_000)
