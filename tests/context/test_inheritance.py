import pytest

from dataops_kernel.errors import ParameterError, SessionNotFoundError
from dataops_kernel.types import ArtifactMetadata, Message


def say(workbench, session_id, *texts, **more):
    for text in texts:
        workbench.sessions.add_message(session_id, Message(role="user", content=text, **more))


def store(workbench, session_id, name, content):
    return workbench.artifacts.store_artifact(
        content, ArtifactMetadata(session_id=session_id, workflow_name="by_hand", name=name)
    )


def prefer(workbench, session_id, **values):
    workbench._services.sessions.update_session(session_id, {"user_preferences": values})


def read(workbench, session_id):
    return workbench.sessions.get_session(session_id)


def told(workbench, session_id):
    return [message.content for message in read(workbench, session_id).conversation_history]


@pytest.fixture
def source(workbench):
    session_id = workbench.sessions.create_session(title="source").session_id
    table = store(workbench, session_id, "totals", [{"amount": 1}])
    say(workbench, session_id, "one", "two")
    say(workbench, session_id, "three", artifacts=(table,))
    workbench.sessions.set_context(session_id, "region", "EMEA")
    workbench.sessions.set_context(session_id, "year", 2025)
    prefer(workbench, session_id, row_limit=7)
    return session_id


@pytest.fixture
def target(workbench):
    session_id = workbench.sessions.create_session(title="target").session_id
    say(workbench, session_id, "mine")
    return session_id


def test_without_filters_everything_is_inherited(workbench, source, target):
    made = workbench.context.inherit_context(source, target)

    session = read(workbench, target)
    assert told(workbench, target) == ["mine", "one", "two", "three"]
    assert session.global_context == {"region": "EMEA", "year": 2025}
    assert session.user_preferences.row_limit == 7
    assert workbench.sql("select amount from totals", target).to_pylist() == [{"amount": 1}]
    assert (len(made.messages), made.context, len(made.artifacts), made.preferences) == (3, ("region", "year"), 1, True)
    assert made.conflicts == ()


def test_an_inherited_message_names_the_artifact_as_it_is_called_here(workbench, source, target):
    made = workbench.context.inherit_context(source, target)

    last = read(workbench, target).conversation_history[-1]
    assert list(last.artifacts) == list(made.artifacts.values())
    assert last.timestamp == read(workbench, source).conversation_history[-1].timestamp
    assert last.message_id == made.messages[read(workbench, source).conversation_history[-1].message_id]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (["messages"], (3, (), 0, False)),
        (["messages:last=2"], (2, (), 0, False)),
        (["messages:last=2", "messages:last=1"], (2, (), 0, False)),
        (["messages:last=20"], (3, (), 0, False)),
        (["context"], (0, ("region", "year"), 0, False)),
        (["context:year"], (0, ("year",), 0, False)),
        (["artifacts"], (0, (), 1, False)),
        (["artifacts:totals", "preferences"], (0, (), 1, True)),
    ],
)
def test_filters_choose_what_is_inherited(workbench, source, target, filters, expected):
    made = workbench.context.inherit_context(source, target, filters)

    assert (len(made.messages), made.context, len(made.artifacts), made.preferences) == expected
    assert made.filters == tuple(filters)


def test_the_newest_messages_are_those_at_the_end(workbench, source, target):
    workbench.context.inherit_context(source, target, ["messages:last=2"])

    assert told(workbench, target) == ["mine", "two", "three"]


@pytest.mark.parametrize(
    ("wrong", "closest"),
    [
        ("mesages", "'messages'"),
        ("contxt:year", "'context'"),
        ("artifact", "'artifacts'"),
        ("preferences:x", "preferences"),
    ],
)
def test_a_wrong_filter_gets_the_closest(workbench, source, target, wrong, closest):
    with pytest.raises(ParameterError) as caught:
        workbench.context.inherit_context(source, target, [wrong])

    assert closest in caught.value.hint
    assert told(workbench, target) == ["mine"]


@pytest.mark.parametrize(
    "wrong", [[], "messages", ["messages:last=0"], ["messages:last=-1"], ["messages:last=x"], ["context:"], [""], [7]]
)
def test_filters_that_are_none_are_refused(workbench, source, target, wrong):
    with pytest.raises(ParameterError):
        workbench.context.inherit_context(source, target, wrong)


def test_a_name_the_source_lacks_gets_the_closest(workbench, source, target):
    for wrong, right in (("context:regoin", "'region'"), ("artifacts:total", "'totals'")):
        with pytest.raises(ParameterError) as caught:
            workbench.context.inherit_context(source, target, [wrong])
        assert right in caught.value.hint


def test_inheriting_twice_brings_nothing_twice(workbench, source, target):
    workbench.context.inherit_context(source, target)
    tail = workbench._services.log.tail(target)

    again = workbench.context.inherit_context(source, target)

    assert (again.messages, again.context, again.artifacts, again.preferences) == ({}, (), {}, False)
    assert {skipped.what for skipped in again.skipped} == {"message"}
    assert workbench._services.log.tail(target) == tail


def test_only_what_is_new_comes_the_second_time(workbench, source, target):
    workbench.context.inherit_context(source, target)
    say(workbench, source, "four")

    again = workbench.context.inherit_context(source, target)

    assert len(again.messages) == 1
    assert told(workbench, target) == ["mine", "one", "two", "three", "four"]


def test_what_differs_stays_and_is_told(workbench, source, target):
    workbench.sessions.set_context(target, "region", "APAC")
    mine = store(workbench, target, "totals", [{"amount": 2}])
    prefer(workbench, target, row_limit=9)

    made = workbench.context.inherit_context(source, target)

    assert read(workbench, target).global_context == {"region": "APAC", "year": 2025}
    assert workbench.artifacts.latest(target, "totals").artifact_id == mine
    assert read(workbench, target).user_preferences.row_limit == 9
    assert [(c.what, c.key, c.kept) for c in made.conflicts] == [
        ("artifact", "totals", "target"),
        ("context", "region", "target"),
        ("preferences", "", "target"),
    ]


def test_what_differs_is_taken_when_told(workbench, source, target):
    workbench.sessions.set_context(target, "region", "APAC")
    store(workbench, target, "totals", [{"amount": 2}])

    made = workbench.context.inherit_context(source, target, on_conflict="take")

    assert read(workbench, target).global_context == {"region": "EMEA", "year": 2025}
    assert workbench.sql("select amount from totals", target).to_pylist() == [{"amount": 1}]
    assert {c.kept for c in made.conflicts} == {"source"}


def test_everything_inherited_is_in_lineage_as_declared(workbench, source, target):
    made = workbench.context.inherit_context(source, target)

    (old, new), *_ = made.artifacts.items()
    graph = workbench.lineage(new, "up")
    assert [(e.source, e.target, e.relation, e.evidence) for e in graph.edges] == [(old, new, "derived", "declared")]
    lineage = workbench._services.lineage
    for old, new in made.messages.items():
        (edge,) = lineage.graph(new, "up").edges
        assert (edge.source, edge.relation, edge.evidence) == (old, "inherited", "declared")
    between = lineage.graph(target, "up")
    assert [(node.kind, node.label) for node in between.nodes] == [("session", "target"), ("session", "source")]
    changes = [record.id for record in workbench._services.sessions._ledger.children("context", target)]
    kinds = {(node.kind, node.label) for id in changes for node in lineage.graph(id, "up").nodes}
    assert kinds == {("context", "region"), ("context", "year")}


def test_content_is_shared_not_copied(workbench, source, target):
    store(workbench, source, "large", "".join(map(str, range(60_000))))
    blobs = sorted((workbench.workspace / "blobs").rglob("*"))

    workbench.context.inherit_context(source, target, ["artifacts:large"])

    assert sorted((workbench.workspace / "blobs").rglob("*")) == blobs
    here = workbench.artifacts.latest(target, "large")
    assert workbench.artifacts.get_artifact(here.artifact_id).content == "".join(map(str, range(60_000)))


def test_many_messages_come_all_or_not_at_all(workbench, source, target, monkeypatch):
    say(workbench, source, *(f"message {i}" for i in range(150)))
    ledger = workbench._services.sessions._ledger
    commit, left = ledger.commit, [2]

    def cut_off(writes):
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        return commit(writes)

    monkeypatch.setattr(ledger, "commit", cut_off)
    with pytest.raises(KeyboardInterrupt):
        workbench.context.inherit_context(source, target)
    assert told(workbench, target) == ["mine"]
    left[0] = 1_000
    workbench.context.inherit_context(source, target)
    assert told(workbench, target) == ["mine", *told(workbench, source)]


def test_a_session_cannot_inherit_from_itself(workbench, source):
    with pytest.raises(ParameterError, match="itself"):
        workbench.context.inherit_context(source, source)


def test_neither_side_may_be_somebody_elses(workbench, source):
    other = workbench.acting_as(workbench.user.model_copy(update={"user_id": "bob"}))
    theirs = other.sessions.create_session().session_id

    with pytest.raises(SessionNotFoundError):
        other.context.inherit_context(source, theirs)
    with pytest.raises(SessionNotFoundError):
        workbench.context.inherit_context(source, theirs)
