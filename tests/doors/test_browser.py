"""The browser door in a real browser: asked, refreshed, and without one request to the outside."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest

from dataops_kernel import connect

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
def where(tmp_path_factory):
    """The folder of the app's workspace."""
    return tmp_path_factory.mktemp("browser") / "ws"


@pytest.fixture(scope="module")
def address(where):
    """The app on a fresh workspace, started as a user starts it."""
    command = [Path(sys.executable).with_name("dataops"), "app", "--no-browser", "--workspace", str(where)]
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


def test_the_first_visit_may_go_to_any_page(address):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page()
        page.goto(f"{address}/checkpoints")
        page.get_by_role("heading", name="Checkpoints").wait_for(timeout=60_000)
        # Only the main script draws the navigation and the session picker.
        page.get_by_role("link", name="Artifacts").wait_for(timeout=60_000)
        page.get_by_test_id("stSidebar").get_by_text("Session", exact=True).wait_for(timeout=60_000)
        browser.close()


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

    session = parse_qs(urlparse(page.url).query)["session"]
    for name in ("Artifacts", "Lineage", "Checkpoints"):
        page.get_by_role("link", name=name).click()
        page.get_by_role("heading", name=name).wait_for(timeout=60_000)
        page.wait_for_url(re.compile(f"/{name.lower()}.*session=ses_"), timeout=60_000)
        assert parse_qs(urlparse(page.url).query)["session"] == session
        assert page.get_by_test_id("stException").count() == 0
    assert page.hosts <= {"127.0.0.1", None}


def test_lineage_draws_the_file_the_artifact_comes_from(page, address, data):
    ask(page, f"profile {data / 'customers.csv'}")

    page.goto(f"{address}/lineage")

    page.get_by_test_id("stGraphVizChart").get_by_text("customers.csv").first.wait_for(timeout=60_000)


def test_a_message_of_another_door_appears_by_itself_and_its_download_has_the_stored_bytes(page, address, data, where):
    page.wait_for_url(re.compile("session=ses_"), timeout=60_000)
    session = parse_qs(urlparse(page.url).query)["session"][0]

    with connect(where, user="ann") as other:
        other.ask(session, f"profile {data / 'products.csv'}").result(60)
        stored = other.artifacts.open_artifact(other.artifacts.latest(session, "products_profile").artifact_id).read()
    page.get_by_text("products_profile").first.wait_for(timeout=60_000)

    page.get_by_role("link", name="Artifacts").click()
    page.get_by_role("heading", name="products_profile").wait_for(timeout=60_000)
    with page.expect_download(timeout=60_000) as download:
        page.get_by_test_id("stDownloadButton").get_by_role("button").click()
    assert download.value.suggested_filename == "products_profile_v1.parquet"
    assert Path(download.value.path()).read_bytes() == stored
    assert page.hosts <= {"127.0.0.1", None}
