"""The tree of branches: every point can be found again, restored, left and returned to."""

import random

import pytest

from dataops_kernel.errors import CheckpointNotFoundError, ParameterError
from dataops_kernel.types import ArtifactMetadata, Message, Question
from dataops_kernel.views import tree_lines


@pytest.fixture
def session_id(workbench):
    return workbench.sessions.create_session().session_id


@pytest.fixture
def say(workbench, session_id):
    def speak(*texts):
        for text in texts:
            workbench.sessions.add_message(session_id, Message(role="user", content=text))

    return speak


@pytest.fixture
def told(workbench, session_id):
    return lambda: [message.content for message in workbench.sessions.messages(session_id, limit=1000)]


def drawn(workbench, session_id):
    tree = workbench.context.checkpoint_tree(session_id)
    return [(n.name, n.kind, n.parent, n.branch, n.messages, n.on_current_line) for n in tree.nodes]


def test_an_empty_session_is_a_start_and_a_present(workbench, session_id):
    assert drawn(workbench, session_id) == [("@0", "start", None, 1, 0, True), ("now", "now", 0, 1, 0, True)]


def test_a_left_branch_shows_its_head_and_what_was_said_there_last(workbench, session_id, say):
    say("one")
    workbench.context.create_checkpoint(session_id, "base")
    say("two", "three")
    workbench.context.restore_checkpoint(session_id, "base")
    say("four")

    assert drawn(workbench, session_id) == [
        ("@0", "start", None, 1, 0, True),
        ("base", "named", 0, 1, 1, True),
        ("@4", "head", 1, 1, 3, False),
        ("now", "now", 1, 2, 2, True),
    ]
    head = workbench.context.checkpoint_tree(session_id).nodes[2]
    assert (head.left_for, head.said) == ("base", "three")


def test_a_head_that_a_checkpoint_names_is_not_shown_twice(workbench, session_id, say):
    say("one")
    workbench.context.create_checkpoint(session_id, "base")
    say("two")
    workbench.context.create_checkpoint(session_id, "left")
    workbench.context.restore_checkpoint(session_id, "base")
    workbench.context.restore_checkpoint(session_id, "left")

    assert [name for name, *_ in drawn(workbench, session_id)] == ["@0", "base", "left", "now"]


def test_a_head_is_restored_by_its_number_and_left_again(workbench, session_id, say, told):
    say("one")
    workbench.context.create_checkpoint(session_id, "base")
    say("two")
    workbench.context.restore_checkpoint(session_id, "base")
    say("three")

    restored = workbench.context.restore_checkpoint(session_id, "@3")

    assert told() == ["one", "two"]
    assert (restored.kind, restored.label, restored.seq) == ("head", "@3", 3)
    assert [name for name, *_ in drawn(workbench, session_id)] == ["@0", "base", "@3", "@5", "now"]


def test_an_undo_brings_back_what_a_restore_left_and_a_second_one_takes_that_back(workbench, session_id, say, told):
    say("one")
    workbench.context.create_checkpoint(session_id, "base")
    say("two")
    workbench.context.restore_checkpoint(session_id, "base")
    say("three")

    workbench.context.undo_restore(session_id)
    assert told() == ["one", "two"]

    workbench.context.undo_restore(session_id)
    assert told() == ["one", "three"]


def test_there_is_nothing_to_undo_before_a_restore(workbench, session_id, say):
    say("one")

    with pytest.raises(CheckpointNotFoundError, match="nothing to undo"):
        workbench.context.undo_restore(session_id)


@pytest.mark.parametrize("name", ["@99", "@-1", "@01", "@", "@1.5", "@٣", "now", "x" * 10_000_000])
def test_a_point_that_does_not_exist_is_not_found(workbench, session_id, say, name):
    say("one")

    with pytest.raises(CheckpointNotFoundError):
        workbench.context.restore_checkpoint(session_id, name)


@pytest.mark.parametrize("label", ["@3", "@0", "chk_" + "0" * 26])
def test_a_label_cannot_look_like_a_point_of_another_kind(workbench, session_id, label):
    with pytest.raises(ParameterError):
        workbench.context.create_checkpoint(session_id, label)


def test_a_label_is_found_exactly_among_its_neighbours(workbench, session_id, say):
    labels = ["a", "a ", "a!", "aa", "ab", "a·", "é", "a\N{BLACK HEART SUIT}"]
    for label in dict.fromkeys(label.strip() for label in labels):
        say(label)
        workbench.context.create_checkpoint(session_id, label)

    for label in dict.fromkeys(label.strip() for label in labels):
        assert workbench.context.restore_checkpoint(session_id, label).label == label
    with pytest.raises(CheckpointNotFoundError):
        workbench.context.restore_checkpoint(session_id, "a~")


def test_automatic_checkpoints_have_a_kind_and_a_name_of_their_own(workbench, session_id, say):
    context = workbench._services.context
    say("one")
    made = [context.create_checkpoint_before(session_id, "cleaner") for _ in range(3)]

    assert len({checkpoint.label for checkpoint in made}) == 3
    assert all(checkpoint.label.startswith("before cleaner · ") for checkpoint in made)
    assert [checkpoint.kind for checkpoint in workbench.context.list_checkpoints(session_id)] == ["auto"] * 3


def test_every_projection_comes_back_together_on_each_of_two_lines(workbench, session_id):
    sessions, artifacts = workbench.sessions, workbench.artifacts

    def live(tag):
        sessions.add_message(session_id, Message(role="user", content=tag))
        sessions.set_context(session_id, "tag", tag)
        metadata = ArtifactMetadata(session_id=session_id, workflow_name="by_hand", name="result")
        artifacts.store_artifact([{"tag": tag}], metadata)
        question = Question(workflow="schema_analyzer", parameter="source", text=f"Which file, {tag}?")
        sessions.add_message(session_id, Message(role="assistant", content="?", question=question))

    def read():
        session = sessions.get_session(session_id)
        return (
            [message.content for message in session.conversation_history],
            session.global_context,
            [artifact.version for artifact in artifacts.versions(session_id, "result")],
            workbench.sql("select tag from result", session_id).to_pylist(),
            session.conversation_history[-1].question.text,
        )

    live("base")
    workbench.context.create_checkpoint(session_id, "base")
    base = read()
    live("left")
    left = read()
    workbench.context.restore_checkpoint(session_id, "base")
    assert read() == base
    live("right")
    right = read()
    assert right[2] == [1, 3]

    workbench.context.undo_restore(session_id)
    assert read() == left
    workbench.context.undo_restore(session_id)
    assert read() == right


def test_random_stories_are_read_back_at_every_point_of_the_tree(workbench, session_id):
    chance = random.Random(7)
    story: list[str] = []
    known = {}
    for step in range(120):
        move = chance.random()
        if move < 0.5 or not known:
            text = f"m{step}"
            workbench.sessions.add_message(session_id, Message(role="user", content=text))
            story.append(text)
        elif move < 0.75:
            workbench.context.create_checkpoint(session_id, f"c{step}")
        else:
            name = chance.choice([*known])
            workbench.context.restore_checkpoint(session_id, name)
            story = [*known[name]]
        if move >= 0.5 or not known:
            label = f"p{step}"
            workbench.context.create_checkpoint(session_id, label)
            known[label] = [*story]

    tree = workbench.context.checkpoint_tree(session_id)
    counted = {node.name: node.messages for node in tree.nodes}
    assert {name: counted[name] for name in known} == {name: len(texts) for name, texts in known.items()}
    assert all(node.parent < place for place, node in enumerate(tree.nodes) if node.parent is not None)
    on_line = {c.label: c.on_current_line for c in workbench.context.list_checkpoints(session_id)}
    line = workbench._services.log.line(session_id)
    assert on_line == {c.label: c.seq in line or c.seq == 0 for c in workbench.context.list_checkpoints(session_id)}
    assert len(tree_lines(tree)) == len(tree.nodes)
    for node in chance.sample(tree.nodes, 10):
        if node.kind != "now":
            workbench.context.restore_checkpoint(session_id, node.name)
            assert len(workbench.sessions.messages(session_id, limit=1000)) == node.messages


def test_the_tree_is_drawn_with_branches_set_in(workbench, session_id, say):
    say("one")
    workbench.context.create_checkpoint(session_id, "base")
    say("two")
    workbench.context.restore_checkpoint(session_id, "base")
    say("three\x1b[2J")

    lines = tree_lines(workbench.context.checkpoint_tree(session_id))

    assert [line.split("  ")[0] for line in lines] == ["● @0", "● base", "├─● now", "○ @3"]
    assert all(line.isprintable() for line in lines)


def test_what_reaches_an_entry_is_named(workbench, session_id, say):
    context = workbench._services.context
    say("one")
    workbench.context.create_checkpoint(session_id, "base")
    say("two")
    workbench.context.restore_checkpoint(session_id, "base")

    reasons = {seq: [(r.kind, r.name) for r in context.reaching(session_id, seq)] for seq in (1, 3)}

    assert reasons == {
        1: [("current_line", "now"), ("checkpoint", "base"), ("branch", "@3")],
        3: [("branch", "@3")],
    }


def test_a_long_load_and_a_long_inheritance_leave_one_branch_at_most_in_the_tree(workbench, session_id, say):
    """What they are written in, piece by piece, is nothing to go back to."""
    say(*(f"message {number}" for number in range(500)))
    snapshot_id = workbench.context.dump_context(session_id)
    loaded = workbench.sessions.create_session().session_id
    workbench.sessions.add_message(loaded, Message(role="user", content="said before"))
    heir = workbench.sessions.create_session().session_id
    workbench.sessions.add_message(heir, Message(role="user", content="said before"))

    workbench.context.load_context(snapshot_id, session_id=loaded)
    workbench.context.inherit_context(session_id, heir)

    nodes = workbench.context.checkpoint_tree(loaded).nodes
    assert [(n.name, n.kind, n.messages, n.said) for n in nodes] == [
        ("@0", "start", 0, ""),
        ("@1", "head", 1, "said before"),
        (nodes[-1].name, "now", 500, ""),
    ]
    assert [(n.kind, n.messages) for n in workbench.context.checkpoint_tree(heir).nodes] == [("start", 0), ("now", 501)]
    workbench.context.undo_restore(loaded)
    assert len(workbench.sessions.messages(loaded, limit=1000)) == 1
    heads = [n for n in workbench.context.checkpoint_tree(loaded).nodes if n.kind == "head"]
    assert [(n.messages, n.said, n.on_current_line) for n in heads][-1] == (500, "message 499", False)
