"""The context view: every block with its tokens and its reason, inside the budget; pins; folding by itself."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataops_kernel import connect
from dataops_kernel.errors import NotFoundError, ParameterError, SessionNotFoundError
from dataops_kernel.llm.tokens import count_tokens
from dataops_kernel.types import ArtifactMetadata, Message

CALM = "Somebody looked at table {n} and found nothing of note in it, as often happens on a quiet day. "


@pytest.fixture
def workbench(tmp_path):
    with connect(tmp_path / "ws", user="ann", context_tokens=1_000) as made:
        yield made


@pytest.fixture
def session_id(workbench):
    return workbench.sessions.create_session(title="March revenue").session_id


def say(workbench, session_id, text, role="user"):
    return workbench.sessions.add_message(session_id, Message(role=role, content=text))


def chat(workbench, session_id, turns, start=0):
    for n in range(start, start + turns):
        say(workbench, session_id, CALM.format(n=n), role="user" if n % 2 == 0 else "assistant")


def store(workbench, session_id, name, content):
    metadata = ArtifactMetadata(session_id=session_id, workflow_name="by_hand", name=name)
    return workbench.artifacts.store_artifact(content, metadata)


def kinds(view):
    return [block.kind for block in view.blocks]


def test_a_view_says_of_every_block_what_it_is_and_why_it_is_there(workbench, session_id):
    store(workbench, session_id, "orders", [{"id": 1, "region": "EMEA"}])
    workbench.sessions.set_context(session_id, "region", "EMEA")
    asked = say(workbench, session_id, "total amount by region")

    view = workbench.context.view(session_id)

    assert kinds(view) == ["system", "tables", "context", "recent"]
    system, tables, context, recent = view.blocks
    assert "'March revenue'" in system.text
    assert tables.text == "Tables:\norders v1, parquet, 1 rows: id BIGINT, region VARCHAR"
    assert (context.id, context.text) == ("context:region", 'region = "EMEA"')
    assert (recent.id, recent.text) == (asked.message_id, "user: total amount by region")
    assert all(block.why and block.source and block.tokens == count_tokens(block.text) for block in view.blocks)
    assert view.tokens == count_tokens(view.text) <= view.max_tokens == 1_000
    assert view.compressions == ()


def test_a_pinned_message_is_shown_whatever_came_after_it(workbench, session_id):
    told = say(workbench, session_id, "the shop in Lyon closed in 2024")
    chat(workbench, session_id, 80)
    assert told.message_id not in {block.id for block in workbench.context.view(session_id, "hello").blocks}

    assert workbench.context.pin(session_id, told.message_id) == told.message_id

    pinned = next(block for block in workbench.context.view(session_id).blocks if block.pinned)
    assert (pinned.id, pinned.kind, pinned.text) == (told.message_id, "pinned", "user: the shop in Lyon closed in 2024")


def test_context_keys_and_artifacts_are_pinned_by_name_and_follow_what_the_name_means(workbench, session_id):
    workbench.sessions.set_context(session_id, "region", "EMEA")
    first = store(workbench, session_id, "orders", [{"a": 1}])

    assert workbench.context.pin(session_id, "region") == "context:region"
    assert workbench.context.pin(session_id, "orders") == "artifact:orders"
    assert workbench.context.pin(session_id, first) == first
    workbench.sessions.set_context(session_id, "region", "APAC")
    store(workbench, session_id, "orders", [{"a": 1}, {"a": 2}])

    texts = {block.id: block.text for block in workbench.context.view(session_id).blocks if block.pinned}
    assert texts == {
        "context:region": 'region = "APAC"',
        "artifact:orders": "orders v2, parquet, 2 rows: a BIGINT",
        first: "orders v1, parquet, 1 rows: a BIGINT",
    }


def test_pinning_twice_is_pinning_once_and_unpinning_lets_go(workbench, session_id):
    workbench.sessions.set_context(session_id, "region", "EMEA")
    before = workbench._services.log.tail(session_id)
    for _ in range(2):
        workbench.context.pin(session_id, "region")
    assert workbench._services.log.tail(session_id) == before + 1

    workbench.context.unpin(session_id, "region")

    assert not any(block.pinned for block in workbench.context.view(session_id).blocks)
    with pytest.raises(NotFoundError, match="not pinned"):
        workbench.context.unpin(session_id, "region")


def test_a_restore_brings_pins_back_as_they_were(workbench, session_id):
    workbench.sessions.set_context(session_id, "region", "EMEA")
    workbench.context.pin(session_id, "region")
    workbench.context.create_checkpoint(session_id, "pinned")
    workbench.context.unpin(session_id, "region")
    workbench.context.create_checkpoint(session_id, "unpinned")

    workbench.context.restore_checkpoint(session_id, "pinned")
    assert [b.id for b in workbench.context.view(session_id).blocks if b.pinned] == ["context:region"]
    workbench.context.restore_checkpoint(session_id, "unpinned")
    assert [b.id for b in workbench.context.view(session_id).blocks if b.pinned] == []


@pytest.mark.parametrize(
    "target", ["", "nothing", "msg_00000000000000000000000000", "../../etc", "context:", "regoin", "\ud800"]
)
def test_what_is_not_there_cannot_be_pinned(workbench, session_id, target):
    workbench.sessions.set_context(session_id, "region", "EMEA")

    with pytest.raises(NotFoundError) as caught:
        workbench.context.pin(session_id, target)
    assert caught.value.hint
    if target == "regoin":
        assert "region" in caught.value.hint


def test_what_belongs_to_another_session_or_user_cannot_be_pinned_or_seen(workbench, session_id):
    other = workbench.sessions.create_session().session_id
    theirs = say(workbench, other, "hello")
    artifact = store(workbench, other, "orders", [{"a": 1}])

    for target in (theirs.message_id, artifact, "orders"):
        with pytest.raises(NotFoundError):
            workbench.context.pin(session_id, target)
    bob = workbench.acting_as("bob")
    for verb in (bob.context.view, lambda s: bob.context.pin(s, "x"), lambda s: bob.context.unpin(s, "x")):
        with pytest.raises(SessionNotFoundError):
            verb(session_id)


def test_nearing_the_budget_folds_older_turns_and_the_log_keeps_that(workbench, session_id):
    say(workbench, session_id, "We decided to count refunds as negative sales.")
    chat(workbench, session_id, 12)
    assert workbench.context.view(session_id).compressions == ()
    chat(workbench, session_id, 30, start=12)

    view = workbench.context.view(session_id)

    (fold,) = view.compressions
    assert fold.method == "extractive"
    assert fold.messages == 43 - sum(kind == "recent" for kind in kinds(view))
    assert fold.tokens_before > 800 > fold.tokens_after - 200
    summary = next(block for block in view.blocks if block.kind == "summary")
    assert "We decided to count refunds as negative sales." in summary.text
    assert view.tokens <= 1_000
    assert len(workbench.sessions.messages(session_id, limit=100)) == 43
    again = workbench.context.view(session_id)
    assert again.compressions == view.compressions


def test_a_folding_belongs_to_its_line(workbench, session_id):
    chat(workbench, session_id, 5)
    workbench.context.create_checkpoint(session_id, "early")
    chat(workbench, session_id, 40, start=5)
    assert len(workbench.context.view(session_id).compressions) == 1

    workbench.context.restore_checkpoint(session_id, "early")

    view = workbench.context.view(session_id)
    assert view.compressions == ()
    assert kinds(view).count("recent") == 5


def test_trying_another_budget_or_question_changes_nothing(workbench, session_id):
    say(workbench, session_id, "the zebra shipment comes from Hamburg")
    chat(workbench, session_id, 60)
    tail = workbench._services.log.tail(session_id)

    view = workbench.context.view(session_id, "what about the zebra shipment?", max_tokens=600)

    assert workbench._services.log.tail(session_id) == tail
    relevant = [block for block in view.blocks if block.kind == "relevant"]
    assert "user: the zebra shipment comes from Hamburg" in [block.text for block in relevant]
    assert "zebra" in relevant[0].why or "asked" in relevant[0].why


def test_a_large_context_value_is_compressed_or_left_out_with_the_reason(workbench, session_id):
    workbench.sessions.set_context(session_id, "notes", "Nothing of note happened on that day. " * 200)
    workbench.sessions.set_context(session_id, "decisions", [f"Shop {n} must close." for n in range(200)])

    view = workbench.context.view(session_id)

    notes = next(block for block in view.blocks if block.id == "context:notes")
    assert "compressed from" in notes.why
    (left,) = view.left_out
    assert left.id == "context:decisions" and "least" in left.why
    assert view.tokens <= 1_000


@pytest.mark.parametrize("budget", [-1, -5, 1.5, True, "10"])
def test_a_budget_that_is_none_is_refused(workbench, session_id, budget):
    with pytest.raises(ParameterError, match="budget"):
        workbench.context.view(session_id, max_tokens=budget)


def test_a_budget_of_nothing_is_an_empty_view_that_says_what_it_left(workbench, session_id):
    chat(workbench, session_id, 2)

    view = workbench.context.view(session_id, max_tokens=0)

    assert (view.blocks, view.tokens) == ((), 0)
    assert {left.kind for left in view.left_out} >= {"system", "recent"}


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    budget=st.integers(0, 400),
    values=st.dictionaries(st.sampled_from("abc"), st.text(max_size=300) | st.lists(st.integers(), max_size=30)),
    said=st.lists(st.text(min_size=1, max_size=300), max_size=6),
)
def test_a_view_is_never_over_its_budget(workbench, budget, values, said):
    session_id = workbench.sessions.create_session().session_id
    for key, value in values.items():
        value = value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
        workbench.sessions.set_context(session_id, key, value)
    for text in said:
        say(workbench, session_id, text.encode("utf-8", "replace").decode())
    if values:
        workbench.context.pin(session_id, next(iter(values)))

    view = workbench.context.view(session_id, max_tokens=budget)

    assert view.tokens == count_tokens(view.text) <= budget
