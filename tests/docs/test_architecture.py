"""The architecture page says what is."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text()


def test_the_floors_on_the_page_are_the_floors_of_the_law():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    law = next(contract["layers"] for contract in contracts if contract["type"] == "layers")

    drawing = PAGE.split("```")[1].splitlines()
    drawn = [line[:31].strip() for line in drawing if line[:1].isalpha()]

    assert drawn == law


def test_every_room_of_the_kernel_is_a_floor():
    rooms = {p.stem for p in (ROOT / "dataops_kernel").iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()}
    drawn = set(PAGE.split("```")[1].replace("|", " ").split())

    assert rooms - {"__init__"} <= drawn
