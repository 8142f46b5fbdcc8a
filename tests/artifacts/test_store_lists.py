import pyarrow as pa
import pytest

from dataops_kernel.artifacts.listing import Descent
from dataops_kernel.errors import ArtifactNotFoundError, ParameterError
from dataops_kernel.storage.ledger import Put
from dataops_kernel.types import ContextSet, Restored, session_stream


@pytest.fixture
def put(store, named):
    """Store content under a name and return its id."""

    def store_it(name="orders", content=None, **fields):
        return store.store_artifact({"name": name} if content is None else content, named(name, **fields))

    return store_it


@pytest.fixture
def restore(ledger, log, session_id, ids, clock):
    """Continue the session from an entry, as a checkpoint's restore does."""

    def continue_from(seq):
        restored = Restored(time=clock.now, restore_id=ids.new("rst"), seq=seq)
        record = Put(
            "restore",
            restored.restore_id,
            restored.model_dump_json().encode(),
            parent=session_id,
            order=restored.restore_id,
            session=session_id,
            stamp=session_stream(session_id),
        )
        log.append(session_id, restored, also=[record])

    return continue_from


def listed(store, session_id, filters=None, **paging):
    return [artifact.artifact_id for artifact in store.list_artifacts(session_id, filters, **paging)]


def test_a_list_is_newest_first_and_of_one_session(store, put, session_id, ids):
    mine = [put(f"n{n}") for n in range(5)]
    put("other", session_id=ids.new("ses"))

    assert listed(store, session_id) == mine[::-1]
    assert {artifact.content for artifact in store.list_artifacts(session_id)} == {None}


def test_filters_must_all_fit(store, put, session_id):
    ids = {
        "plain": put("a"),
        "debug": put("a", artifact_type="debug", run_id="run_1", tags=("x", "y")),
        "other": put("b", workflow_name="profile", tags=("x",)),
        "text": put("c", content="text", run_id="run_1"),
        "table": put("d", content=[{"name": "b", "run_1": 1}]),
    }

    def fitting(**filters):
        found = listed(store, session_id, filters)
        return {key for key, artifact_id in ids.items() if artifact_id in found}

    assert fitting() == set(ids)
    assert fitting(name="a") == {"plain", "debug"}
    assert fitting(name="a", artifact_type="result") == {"plain"}
    assert fitting(workflow_name="profile") == {"other"}
    assert fitting(workflow_name="profile", name="a") == set()
    assert fitting(content_type="parquet") == {"table"}
    assert fitting(content_type="json") == {"plain", "debug", "other"}
    assert fitting(run_id="run_1") == {"debug", "text"}
    assert fitting(tag="x") == {"debug", "other"}
    assert fitting(tag="x", run_id="run_1") == {"debug"}
    assert fitting(tag="z") == set()
    # The table has a column called b, and one called run_1: neither is its name nor its run.
    assert fitting(name="b") == {"other"}


def test_names_with_quotes_and_letters_of_all_kinds_are_found(store, put, session_id):
    for name in ('say "hi" \\ there', "größe", "名前", "a/b"):
        artifact_id = put(name, tags=(name,), run_id=name)

        for key in ("name", "tag", "run_id"):
            assert listed(store, session_id, {key: name}) == [artifact_id]


@pytest.mark.parametrize(
    ("filters", "hint"),
    [
        ({"workflow": "x"}, "workflow_name"),
        ({"colour": "x"}, "artifact_type, workflow_name, name, content_type, run_id, tag"),
        ({"artifact_type": "reslt"}, "result"),
        ({"content_type": "xlsx"}, "parquet"),
        ({"name": None}, "text"),
        ({"name": "\ud800"}, "text"),
        ({"tag": ["a"]}, "text"),
    ],
)
def test_a_filter_that_does_not_exist_is_refused_with_the_closest(store, session_id, filters, hint):
    with pytest.raises(ParameterError) as caught:
        store.list_artifacts(session_id, filters)

    assert hint in caught.value.hint


@pytest.mark.parametrize(
    "filters", [None, {"name": "n1"}, {"artifact_type": "debug"}, {"workflow_name": "w2"}, {"tag": "no"}]
)
def test_pages_follow_each_other_without_a_gap_or_a_repeat(store, put, session_id, filters):
    for n in range(90):
        put(f"n{n % 3}", artifact_type=("result", "debug")[n % 2], workflow_name=f"w{n % 4}")
    everything = listed(store, session_id, filters)

    pages, before = [], None
    while page := listed(store, session_id, filters, limit=7, before=before):
        pages.append(page)
        before = page[-1]
        put("n1", artifact_type="debug", workflow_name="w2")  # what comes in meanwhile shifts nothing

    assert [artifact_id for page in pages for artifact_id in page] == everything
    assert all(len(page) == 7 for page in pages[:-1])


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_that_shows_nothing_is_refused(store, session_id, limit):
    with pytest.raises(ParameterError, match=str(limit)):
        store.list_artifacts(session_id, limit=limit)


@pytest.mark.parametrize("before", ["x", "../art", "orders", 3])
def test_a_page_after_no_artifact_is_refused(store, session_id, before):
    with pytest.raises(ArtifactNotFoundError, match="There is no artifact"):
        store.list_artifacts(session_id, before=before)


def test_a_workflow_used_mostly_elsewhere_is_found_in_the_sessions_own_order(store, put, session_id, ids, ledger):
    mine = [put("a", workflow_name="busy") for _ in range(3)]
    elsewhere = ids.new("ses")
    for n in range(80):
        put(f"n{n}", workflow_name="busy", session_id=elsewhere)
    mine.append(put("b", workflow_name="busy"))
    put("c", workflow_name="calm")

    assert listed(store, session_id, {"workflow_name": "busy"}) == mine[::-1]
    assert listed(store, session_id, {"workflow_name": "busy"}, limit=2) == mine[:1:-1]
    descent = Descent(ledger, session_id, workflow="busy", before=None)
    assert [record.id for record in descent.page(50)] == listed(store, session_id)


def test_versions_are_oldest_first_and_latest_is_the_newest(store, put, session_id):
    ids = [put() for _ in range(3)]
    put("other")

    assert [artifact.artifact_id for artifact in store.versions(session_id, "orders")] == ids
    assert [artifact.version for artifact in store.versions(session_id, "orders")] == [1, 2, 3]
    assert store.versions(session_id, "nothing") == []
    assert store.latest(session_id, "orders").artifact_id == ids[-1]


def test_a_wrong_name_is_answered_with_the_closest(store, put, session_id):
    with pytest.raises(ArtifactNotFoundError, match="It has none yet"):
        store.latest(session_id, "orders")
    put("orders_daily")
    put("customers")

    with pytest.raises(ArtifactNotFoundError, match="Did you mean 'orders_daily'"):
        store.latest(session_id, "ordrs_daly")
    with pytest.raises(ArtifactNotFoundError, match="'customers', 'orders_daily'"):
        store.latest(session_id, "zzz")


def test_tables_are_the_names_whose_newest_version_is_one(store, put, session_id):
    put("orders", content=[{"a": 1}])
    put("notes", content="text")
    customers = put("customers", content=pa.table({"a": [1]}))
    put("was_a_table", content=[{"a": 1}])
    put("was_a_table", content="no longer")
    orders = put("orders", content=[{"a": 2}])

    assert {name: artifact.artifact_id for name, artifact in store.tables(session_id).items()} == {
        "orders": orders,
        "customers": customers,
    }
    assert list(store.tables(session_id)) == ["orders", "customers"]
    assert list(store.at(session_id)) == ["orders", "was_a_table", "customers", "notes"]


def test_a_restore_hides_what_came_after_and_loses_nothing(store, put, restore, log, session_id):
    first = put(content=[{"v": 1}])
    kept = put("kept", content=[{"v": 1}])
    point = log.tail(session_id)
    second = put(content=[{"v": 2}])
    gone = put("gone", content="later")
    branch = log.line(session_id, log.tail(session_id))

    restore(point)

    assert listed(store, session_id) == [kept, first]
    assert [artifact.artifact_id for artifact in store.versions(session_id, "orders")] == [first]
    assert store.latest(session_id, "orders").artifact_id == first
    assert {name: found.artifact_id for name, found in store.tables(session_id).items()} == {
        "kept": kept,
        "orders": first,
    }
    with pytest.raises(ArtifactNotFoundError):
        store.latest(session_id, "gone")
    # The other branch stays readable, by id and along its line.
    assert store.get_artifact(second).content == [{"v": 2}]
    assert store.latest(session_id, "orders", branch).artifact_id == second
    assert {name: found.artifact_id for name, found in store.at(session_id, branch).items()} == {
        "gone": gone,
        "orders": second,
        "kept": kept,
    }


def test_a_version_after_a_restore_does_not_reuse_a_number_of_the_other_branch(store, put, restore, log, session_id):
    first = put()
    point = log.tail(session_id)
    put()
    restore(point)

    third = put()

    assert store.describe(third).version == 3
    assert [artifact.artifact_id for artifact in store.versions(session_id, "orders")] == [first, third]
    assert listed(store, session_id) == [third, first]


def test_going_back_to_a_left_branch_brings_its_artifacts_back(store, put, restore, log, session_id):
    first = put()
    early = log.tail(session_id)
    second = put()
    late = log.tail(session_id)
    restore(early)
    third = put()

    restore(late)

    assert listed(store, session_id) == [second, first]
    assert store.latest(session_id, "orders").artifact_id == second
    assert third not in listed(store, session_id, {"name": "orders"})


def test_what_else_is_in_the_log_does_not_disturb_the_lists(store, put, log, session_id, clock):
    first = put()
    log.append(session_id, ContextSet(time=clock.now, key="region", value="EMEA"))
    second = put()

    assert listed(store, session_id) == [second, first]


def test_filtering_a_session_of_hundreds_finds_the_few(store, named, session_id, ledger, monkeypatch):
    needle = store.store_artifact("needle", named("needle", tags=("rare",)))
    for n in range(500):
        store.store_artifact("hay", named(f"n{n}"))
    read = []
    of_session = ledger.of_session
    monkeypatch.setattr(ledger, "of_session", lambda *a, **k: (read.append(k["limit"]), of_session(*a, **k))[1])

    assert listed(store, session_id, {"tag": "rare"}, limit=10) == [needle]
    assert len(read) < 8  # pages grow while nothing is found

    read.clear()
    assert len(listed(store, session_id, {"artifact_type": "result"}, limit=10)) == 10
    assert sum(read) < 100


def test_lists_longer_than_what_is_kept_in_memory_are_whole(store, put, session_id, monkeypatch):
    monkeypatch.setattr("dataops_kernel.artifacts.records._KEPT", 10)
    ids = [put(f"n{n}") for n in range(35)]

    for _ in range(2):
        assert listed(store, session_id) == ids[::-1]
        assert listed(store, session_id, limit=20) == ids[:14:-1]
    assert len(store.at(session_id)) == 35
