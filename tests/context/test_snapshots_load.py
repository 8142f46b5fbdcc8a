import pytest

from dataops_kernel.errors import ConflictError, ParameterError, SessionNotFoundError
from dataops_kernel.types import ArtifactMetadata, Message


def say(workbench, session_id, *texts):
    for text in texts:
        workbench.sessions.add_message(session_id, Message(role="user", content=text))


def store(workbench, session_id, name, content):
    return workbench.artifacts.store_artifact(
        content, ArtifactMetadata(session_id=session_id, workflow_name="by_hand", name=name)
    )


def told(workbench, session_id):
    return [message.content for message in workbench.sessions.get_session(session_id).conversation_history]


def context(workbench, session_id):
    return workbench.sessions.get_session(session_id).global_context


def names(workbench, session_id):
    return {artifact.name: artifact.artifact_id for artifact in workbench.artifacts.list_artifacts(session_id)[::-1]}


@pytest.fixture
def source(workbench):
    session_id = workbench.sessions.create_session(title="source").session_id
    say(workbench, session_id, "one", "two")
    workbench.sessions.set_context(session_id, "region", "EMEA")
    workbench.sessions.set_context(session_id, "year", 2025)
    store(workbench, session_id, "totals", [{"amount": 1}])
    store(workbench, session_id, "notes", "hello")
    return session_id


@pytest.fixture
def target(workbench):
    session_id = workbench.sessions.create_session(title="target").session_id
    say(workbench, session_id, "mine")
    workbench.sessions.set_context(session_id, "region", "APAC")
    workbench.sessions.set_context(session_id, "extra", True)
    store(workbench, session_id, "totals", [{"amount": 2}])
    return session_id


def test_replacing_brings_the_session_back_and_destroys_nothing(workbench, source):
    before = workbench.sessions.get_session(source)
    artifacts = names(workbench, source)
    snapshot_id = workbench.context.dump_context(source)
    say(workbench, source, "three")
    workbench.sessions.set_context(source, "region", "APAC")
    store(workbench, source, "totals", [{"amount": 3}])
    workbench.context.create_checkpoint(source, "later")

    load = workbench.context.load_context(snapshot_id)

    after = workbench.sessions.get_session(source)
    assert after.conversation_history == before.conversation_history
    assert after.global_context == before.global_context
    assert names(workbench, source) == artifacts
    assert (load.messages, load.merge_strategy) == (2, "replace")
    assert [(c.key, c.target, c.source, c.kept) for c in load.conflicts] == [("region", "APAC", "EMEA", "source")]
    workbench.context.restore_checkpoint(source, "later")
    assert told(workbench, source) == ["one", "two", "three"]


def test_replacing_another_session_retells_the_story_there(workbench, source, target):
    load = workbench.context.load_context(workbench.context.dump_context(source), session_id=target)

    assert told(workbench, target) == ["one", "two"]
    assert context(workbench, target) == {"region": "EMEA", "year": 2025}
    assert [(c.key, c.target, c.source) for c in load.conflicts] == [("region", "APAC", "EMEA"), ("extra", True, None)]
    copied = names(workbench, target)
    assert load.artifacts == dict(zip(names(workbench, source).values(), copied.values(), strict=True))
    assert workbench.artifacts.get_artifact(copied["notes"]).content == "hello"
    assert workbench.sql("select amount from totals", target).to_pylist() == [{"amount": 1}]


def test_what_the_target_read_before_is_still_there(workbench, source, target):
    workbench.context.create_checkpoint(target, "mine")

    workbench.context.load_context(workbench.context.dump_context(source), session_id=target)
    workbench.context.restore_checkpoint(target, "mine")

    assert told(workbench, target) == ["mine"]
    assert context(workbench, target) == {"region": "APAC", "extra": True}


@pytest.mark.parametrize("count", [40, 95, 96, 97, 400])
def test_a_long_story_is_retold_in_order_whatever_its_length(workbench, source, target, count):
    say(workbench, source, *(f"message {i}" for i in range(count)))
    snapshot_id = workbench.context.dump_context(source)

    load = workbench.context.load_context(snapshot_id, session_id=target)

    assert told(workbench, target) == told(workbench, source)
    assert load.messages == count + 2
    say(workbench, target, "goes on")
    assert told(workbench, target)[-2:] == [f"message {count - 1}", "goes on"]
    opened = workbench.context.open_snapshot(workbench.context.dump_context(target))
    assert [m.content for m in opened.conversation_history] == told(workbench, target)


def test_a_load_that_is_interrupted_leaves_the_session_as_it_read(workbench, source, target, monkeypatch):
    say(workbench, source, *(f"message {i}" for i in range(400)))
    snapshot_id = workbench.context.dump_context(source)
    ledger = workbench._services.sessions._ledger
    commit, left = ledger.commit, [0]

    def cut_off(writes):
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        return commit(writes)

    monkeypatch.setattr(ledger, "commit", cut_off)
    for commits in range(6):
        left[0] = commits
        with pytest.raises(KeyboardInterrupt):
            workbench.context.load_context(snapshot_id, session_id=target)
        assert told(workbench, target) == ["mine"]
        assert context(workbench, target) == {"region": "APAC", "extra": True}
        assert list(names(workbench, target)) == ["totals"]
        assert workbench.artifacts.latest(target, "totals").row_count == 1


def test_who_writes_during_a_load_loses_nothing(workbench, source, target, monkeypatch):
    say(workbench, source, *(f"message {i}" for i in range(200)))
    snapshot_id = workbench.context.dump_context(source)
    ledger = workbench._services.sessions._ledger
    commit, spoken = ledger.commit, []

    def interrupted(writes):
        done = commit(writes)
        if len(spoken) < 2:
            spoken.append("meanwhile")
            say(workbench, target, "meanwhile")
        return done

    monkeypatch.setattr(ledger, "commit", interrupted)
    workbench.context.load_context(snapshot_id, "merge", session_id=target)

    assert told(workbench, target) == ["mine", "meanwhile", "meanwhile"][: 1 + len(spoken)]
    assert context(workbench, target)["year"] == 2025


def test_a_merge_adds_what_is_missing_and_lists_every_conflict(workbench, source, target):
    load = workbench.context.load_context(workbench.context.dump_context(source), "merge", session_id=target)

    assert context(workbench, target) == {"region": "APAC", "extra": True, "year": 2025}
    assert told(workbench, target) == ["mine"]
    assert workbench.sql("select amount from totals", target).to_pylist() == [{"amount": 2}]
    assert set(names(workbench, target)) == {"totals", "notes"}
    assert load.context == ("year",)
    there, here = names(workbench, source)["totals"], names(workbench, target)["totals"]
    assert [(c.what, c.key, c.target, c.source, c.kept) for c in load.conflicts] == [
        ("context", "region", "APAC", "EMEA", "target"),
        ("artifact", "totals", here, there, "target"),
    ]
    assert [(s.what) for s in load.skipped] == ["messages"]


def test_a_merge_told_to_take_takes_the_snapshots_side(workbench, source, target):
    snapshot_id = workbench.context.dump_context(source)

    load = workbench.context.load_context(snapshot_id, "merge", session_id=target, on_conflict="take")

    assert context(workbench, target) == {"region": "EMEA", "extra": True, "year": 2025}
    assert workbench.sql("select amount from totals", target).to_pylist() == [{"amount": 1}]
    assert [a.version for a in workbench.artifacts.versions(target, "totals")] == [1, 2]
    assert {c.kept for c in load.conflicts} == {"source"}


def test_merging_twice_changes_nothing_more(workbench, source, target):
    snapshot_id = workbench.context.dump_context(source)
    workbench.context.load_context(snapshot_id, "merge", session_id=target)
    log = workbench._services.log
    tail = log.tail(target)

    load = workbench.context.load_context(snapshot_id, "merge", session_id=target)

    assert (load.context, load.artifacts) == ((), {})
    assert log.tail(target) == tail


def test_a_selective_load_brings_only_its_keys(workbench, source, target):
    snapshot_id = workbench.context.dump_context(source)

    load = workbench.context.load_context(snapshot_id, "selective", keys=["year", "artifacts:notes"], session_id=target)

    assert context(workbench, target) == {"region": "APAC", "extra": True, "year": 2025}
    assert set(names(workbench, target)) == {"totals", "notes"}
    assert (load.context, load.conflicts) == (("year",), ())


def test_an_unknown_key_gets_the_closest(workbench, source):
    snapshot_id = workbench.context.dump_context(source)

    with pytest.raises(ParameterError) as caught:
        workbench.context.load_context(snapshot_id, "selective", keys=["regoin"])

    assert "'region'" in caught.value.hint


@pytest.mark.parametrize(
    "arguments",
    [
        {"merge_strategy": "replce"},
        {"merge_strategy": "selective"},
        {"merge_strategy": "merge", "keys": ["region"]},
        {"merge_strategy": "merge", "on_conflict": "ask"},
    ],
)
def test_wrong_arguments_are_refused_with_the_fix(workbench, source, arguments):
    snapshot_id = workbench.context.dump_context(source)

    with pytest.raises(ParameterError) as caught:
        workbench.context.load_context(snapshot_id, **arguments)

    assert caught.value.hint


def test_artifacts_are_shared_not_copied(workbench, source, target):
    store(workbench, source, "large", "x" * 100_000 + "".join(map(str, range(30_000))))
    snapshot_id = workbench.context.dump_context(source)
    blobs = sorted((workbench.workspace / "blobs").rglob("*"))

    workbench.context.load_context(snapshot_id, "merge", session_id=target)

    assert sorted((workbench.workspace / "blobs").rglob("*")) == blobs
    there, here = (workbench.artifacts.latest(session, "large") for session in (source, target))
    assert here.sha256 == there.sha256
    assert here.derived_from == there.artifact_id


def test_a_snapshot_cannot_be_loaded_into_somebody_elses_session(workbench, source):
    other = workbench.acting_as(workbench.user.model_copy(update={"user_id": "bob"}))
    theirs = other.sessions.create_session().session_id

    with pytest.raises(SessionNotFoundError):
        workbench.context.load_context(workbench.context.dump_context(source), session_id=theirs)


def test_a_session_that_never_rests_is_a_conflict_in_the_end(workbench, source, target, monkeypatch):
    snapshot_id = workbench.context.dump_context(source)
    log = workbench._services.log
    tail = log.tail
    monkeypatch.setattr(log, "tail", lambda session_id: tail(session_id) - 1)

    with pytest.raises(ConflictError):
        workbench.context.load_context(snapshot_id, "merge", session_id=target)

    assert told(workbench, target) == ["mine"]


def own_choices(workbench, session_id):
    return workbench._services.sessions.record(session_id).user_preferences.chosen()


def test_loading_pins_no_preference_that_was_never_chosen(workbench, source, target):
    snapshot_id = workbench.context.dump_context(source)
    workbench.sessions.update_preferences({"row_limit": 7})

    for session_id in (source, target):
        assert not workbench.context.load_context(snapshot_id, session_id=session_id).preferences

        assert own_choices(workbench, session_id) == {}
        assert workbench.sessions.get_session(session_id).user_preferences.row_limit == 7


def test_a_preference_chosen_like_the_default_is_brought_and_one_chosen_since_goes(workbench, source, target):
    workbench.sessions.update_session(source, {"user_preferences": {"row_limit": 1000}})
    snapshot_id = workbench.context.dump_context(source)
    workbench.sessions.update_preferences({"row_limit": 7})
    workbench.sessions.update_session(target, {"user_preferences": {"timezone": "Europe/Zurich"}})

    merged = workbench.context.load_context(snapshot_id, "merge", session_id=target)
    replaced = workbench.context.load_context(snapshot_id, session_id=target)

    ours, theirs = {"timezone": "Europe/Zurich"}, {"row_limit": 1000}
    (said,) = (conflict for conflict in merged.conflicts if conflict.what == "preferences")
    assert (said.target, said.source, said.kept) == (ours, theirs, "target")
    assert replaced.preferences
    assert own_choices(workbench, target) == theirs
    assert workbench.sessions.get_session(target).user_preferences.row_limit == 1000
