"""Pins and foldings go along with what they speak of: loads, inheritance and bundles keep them."""

import io

import pytest

from dataops_kernel import connect
from dataops_kernel.types import ArtifactMetadata, Message


@pytest.fixture
def workbench(tmp_path):
    with connect(tmp_path / "ws", user="ann", context_tokens=1_000) as made:
        yield made


def new(workbench, title=""):
    return workbench.sessions.create_session(title=title).session_id


def say(workbench, session_id, text):
    return workbench.sessions.add_message(session_id, Message(role="user", content=text)).message_id


def store(workbench, session_id, name, content):
    metadata = ArtifactMetadata(session_id=session_id, workflow_name="by_hand", name=name)
    return workbench.artifacts.store_artifact(content, metadata)


def pinned(workbench, session_id):
    return [block.text for block in workbench.context.view(session_id).blocks if block.kind == "pinned"]


PINNED = ["user: the fiscal year begins in April", 'region = "EMEA"', "notes v1, text", "orders v1, json"]


@pytest.fixture
def source(workbench):
    """A session with a message, a context key, an artifact's name and an artifact's id pinned, and one let go."""
    session_id = new(workbench)
    said = say(workbench, session_id, "the fiscal year begins in April")
    workbench.sessions.set_context(session_id, "region", "EMEA")
    workbench.sessions.set_context(session_id, "year", 2026)
    store(workbench, session_id, "notes", "hello")
    orders = store(workbench, session_id, "orders", {"a": 1})
    for target in (said, "region", "year", "notes", orders):
        workbench.context.pin(session_id, target)
    workbench.context.unpin(session_id, "year")
    say(workbench, session_id, "and so on")
    assert pinned(workbench, session_id) == PINNED
    return session_id


def test_replacing_a_session_brings_its_own_pins_back(workbench, source):
    snapshot_id = workbench.context.dump_context(source)
    for target in ("region", "notes"):
        workbench.context.unpin(source, target)

    load = workbench.context.load_context(snapshot_id)

    assert pinned(workbench, source) == PINNED
    assert len(load.pins) == 4


@pytest.mark.parametrize("before", [0, 150])
def test_replacing_another_session_pins_there_what_the_story_pinned(workbench, source, before):
    for number in range(before):  # more than one commit holds: entries get their numbers one batch after another
        say(workbench, source, f"message {number}")
    last = say(workbench, source, "the last word")
    workbench.context.pin(source, last)
    target = new(workbench)
    say(workbench, target, "something else")

    load = workbench.context.load_context(workbench.context.dump_context(source), session_id=target)

    assert pinned(workbench, target) == [*PINNED, "user: the last word"]
    assert load.skipped == ()
    assert load.pins[1:3] == ("context:region", "artifact:notes")
    assert load.pins[3] in load.artifacts.values()
    for name in load.pins:
        workbench.context.unpin(target, name)
    assert pinned(workbench, target) == []


def test_merging_pins_what_is_there_then_and_says_what_is_not(workbench, source):
    target = new(workbench)
    workbench.sessions.set_context(target, "mine", 1)
    workbench.context.pin(target, "mine")

    load = workbench.context.load_context(workbench.context.dump_context(source), "merge", session_id=target)

    assert pinned(workbench, target) == ["mine = 1", *PINNED[1:]]
    assert len(load.pins) == 3
    assert [s.reason for s in load.skipped if s.what == "pin"] == ["What it pins is not in this session."]


def test_a_selective_load_brings_the_pins_of_what_was_chosen(workbench, source):
    target = new(workbench)
    snapshot_id = workbench.context.dump_context(source)

    load = workbench.context.load_context(
        snapshot_id, "selective", keys=["year", "artifacts:orders"], session_id=target
    )

    assert pinned(workbench, target) == ["orders v1, json"]
    assert load.pins == tuple(load.artifacts.values())


def test_no_more_is_pinned_than_may_be(workbench, source):
    target = new(workbench)
    for number in range(49):
        workbench.sessions.set_context(target, f"k{number}", number)
        workbench.context.pin(target, f"k{number}")

    load = workbench.context.load_context(workbench.context.dump_context(source), "merge", session_id=target)

    assert load.pins == ("context:region",)
    assert {s.reason for s in load.skipped if s.what == "pin"} == {
        "What it pins is not in this session.",
        "There are 50 pins already.",
    }


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (None, PINNED),
        (["messages"], PINNED[:1]),
        (["messages:last=1"], []),
        (["context:region"], PINNED[1:2]),
        (["artifacts:orders", "context:year"], PINNED[3:]),
        (["preferences"], []),
    ],
)
def test_pins_are_inherited_with_what_they_pin(workbench, source, filters, expected):
    target = new(workbench)

    outcome = workbench.context.inherit_context(source, target, filters)

    assert pinned(workbench, target) == expected
    assert len(outcome.pins) == len(expected)
    again = workbench.context.inherit_context(source, target, filters)
    assert again.pins == ()
    assert pinned(workbench, target) == expected


def test_a_bundle_holds_the_pins(workbench, source, tmp_path):
    bundle = io.BytesIO()
    workbench.context.export_bundle(source, bundle)

    with connect(tmp_path / "other", user="bob") as other:
        opened = other.context.import_bundle(io.BytesIO(bundle.getvalue())).session_id

        assert pinned(other, opened) == PINNED
        for block in other.context.view(opened).blocks:
            if block.kind == "pinned":
                other.context.unpin(opened, block.id)
        assert pinned(other, opened) == []


def test_what_was_folded_stays_folded_in_another_session_and_in_a_bundle(workbench, tmp_path):
    source = new(workbench)
    for number in range(40):
        say(workbench, source, f"Somebody looked at table {number} and found nothing of note in it, as often happens.")
    (fold,) = workbench.context.view(source).compressions
    target = new(workbench)
    say(workbench, target, "something else")
    bundle = io.BytesIO()
    workbench.context.export_bundle(source, bundle)

    workbench.context.load_context(workbench.context.dump_context(source), session_id=target)

    here = workbench.context.view(target)
    assert [(f.messages, f.tokens_before) for f in here.compressions] == [(fold.messages, fold.tokens_before)]
    shown = [block.text for block in workbench.context.view(source).blocks if block.kind == "recent"]
    assert [block.text for block in here.blocks if block.kind == "recent"] == shown
    with connect(tmp_path / "other", user="bob", context_tokens=1_000) as other:
        opened = other.context.import_bundle(io.BytesIO(bundle.getvalue())).session_id
        assert other.context.view(opened).compressions == (fold,)
