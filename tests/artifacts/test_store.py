import hashlib
import io
import os

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataops_kernel.artifacts.content import INLINE_BYTES
from dataops_kernel.errors import ArtifactNotFoundError, LimitExceededError, ParameterError
from dataops_kernel.storage.ledger import Append, Put
from dataops_kernel.types import ArtifactMetadata, LineageEdge, session_stream

TABLE = pa.table({"id": [1, 2, 3], "region": ["north", None, "south"]})
LARGE = pa.table({"n": pa.array(range(200_000)), "x": pa.array([i * 0.37 for i in range(200_000)])})

CONTENTS = {
    "arrow": (TABLE, "parquet"),
    "large arrow": (LARGE, "parquet"),
    "pandas": (pd.DataFrame({"a": [1, 2], "b": ["x", None]}, index=["r", "s"]), "parquet"),
    "records": ([{"a": 1, "b": "x"}, {"a": 2, "b": None}], "parquet"),
    "json": ({"a": [1, 2.5, None, True, {"b": "ü"}]}, "json"),
    "json list": ([1, "two", [3]], "json"),
    "large json": ({"rows": [{"n": n, "text": os.urandom(16).hex()} for n in range(5_000)]}, "json"),
    "text": ("Grüße\nund mehr", "text"),
    "large text": ("".join(os.urandom(16).hex() + "\n" for _ in range(5_000)), "text"),
    "bytes": (b"\x00\xff" * 10, "binary"),
    "large bytes": (bytes(range(256)) * 400, "binary"),
    "nothing": ("", "text"),
}


def same(one, other):
    if isinstance(one, pd.DataFrame):
        pd.testing.assert_frame_equal(one, other)
        return True
    return type(one) is type(other) and one == other


@pytest.mark.parametrize("kind", CONTENTS)
def test_content_comes_back_as_the_kind_of_value_that_was_stored(store, named, blobs, kind):
    content, content_type = CONTENTS[kind]

    artifact = store.get_artifact(store.store_artifact(content, named()))

    assert same(artifact.content, content)
    assert artifact.content_type == content_type
    assert artifact.inline == (list(blobs.list()) == []) == (not kind.startswith("large"))
    with store.open_artifact(artifact.artifact_id) as stream:
        plain = stream.read()
    assert plain == store.read_bytes(artifact.artifact_id)
    assert len(plain) == artifact.size_bytes


@pytest.mark.parametrize("size", [INLINE_BYTES, INLINE_BYTES + 1])
def test_content_rides_in_the_ledger_up_to_its_limit_and_lies_in_a_blob_above(store, named, blobs, ledger, size):
    content = bytes(i % 251 for i in range(size))

    artifact_id = store.store_artifact(content, named())

    assert store.get_artifact(artifact_id).content == content
    digest = hashlib.sha256(content).hexdigest()
    assert store.describe(artifact_id).sha256 == digest
    if size > INLINE_BYTES:
        assert list(blobs.list()) == [digest] and ledger.data("artifact", artifact_id) is None
        assert store.path(artifact_id).read_bytes() == content
    else:
        assert list(blobs.list()) == [] and ledger.data("artifact", artifact_id) == content
        assert store.path(artifact_id) is None


@pytest.mark.parametrize("kind", ["large json", "large text"])
def test_a_large_document_is_compressed_at_rest_and_plain_for_whoever_reads_it(store, named, blobs, kind):
    artifact = store.describe(store.store_artifact(CONTENTS[kind][0], named()))

    assert artifact.encoding == "zstd"
    assert blobs.path(artifact.sha256).stat().st_size < artifact.size_bytes
    assert store.path(artifact.artifact_id) is None
    plain = store.open_artifact(artifact.artifact_id).read()
    assert plain.startswith((b"{", CONTENTS["large text"][0][:10].encode()))


def test_a_large_document_that_compresses_well_rides_in_the_ledger_again(store, named, blobs):
    content = "all the same\n" * 100_000

    artifact = store.get_artifact(store.store_artifact(content, named()))

    assert (artifact.inline, artifact.encoding, artifact.size_bytes) == (True, "zstd", 1_300_000)
    assert artifact.content == content


def test_the_record_holds_what_was_said_and_what_was_found(store, session_id, clock):
    parent = store.store_artifact({"a": 1}, ArtifactMetadata(session_id=session_id, workflow_name="w", name="raw"))
    clock.advance(seconds=5)
    metadata = ArtifactMetadata(
        session_id=session_id,
        workflow_name="profile_csv",
        artifact_type="intermediate",
        name="orders / raw ü",
        description="two\nlines",
        created_by="load",
        run_id="run_x",
        parent_artifacts=(parent,),
        derived_from=parent,
        ttl=clock.now,
        tags=("a", "b"),
    )

    artifact = store.describe(store.store_artifact(TABLE, metadata))

    assert {**dict(artifact), **dict(metadata)} == dict(artifact)
    assert artifact.created_at == clock.now
    assert (artifact.version, artifact.form, artifact.row_count, artifact.content) == (1, "arrow", 3, None)
    assert [(c.name, c.type, c.nulls, c.min, c.max) for c in artifact.columns] == [
        ("id", "BIGINT", 0, 1, 3),
        ("region", "VARCHAR", 1, "north", "south"),
    ]
    assert artifact.size_bytes == len(store.read_bytes(artifact.artifact_id))


def test_record_log_entry_and_edges_are_one_commit(store, named, ledger, log, session_id, monkeypatch):
    commits = []
    commit = ledger.commit
    monkeypatch.setattr(ledger, "commit", lambda writes: (commits.append(list(writes)), commit(writes))[1])

    artifact_id = store.store_artifact(
        {"a": 1}, named(), edges=[LineageEdge(source="stp_1", target="", relation="generated")]
    )

    (writes,) = commits
    assert [type(write) for write in writes] == [Append, Put, Put, Put]
    assert [write.kind for write in writes[1:]] == ["artifact", "edge", "edge_out"]
    record = ledger.get("artifact", artifact_id)
    assert (record.parent, record.order, record.session) == (f"{session_id}/orders", "00000001", session_id)
    (number, entry) = next(log.read(session_id, log.line(session_id)))
    assert (number, entry.type, entry.artifact_id, entry.version) == (record.seq, "artifact", artifact_id, 1)


def test_versions_count_up_by_name_and_session(store, named, ids):
    first = [store.describe(store.store_artifact({"n": n}, named())).version for n in range(3)]
    other_name = store.describe(store.store_artifact({}, named("orders/1"))).version
    other_session = store.describe(store.store_artifact({}, named(session_id=ids.new("ses")))).version

    assert (first, other_name, other_session) == ([1, 2, 3], 1, 1)


def test_a_file_writer_streams_parquet_straight_into_the_store(store, named, blobs):
    seen = []

    def write_into(path):
        seen.append(path)
        pq.write_table(LARGE, path)

    artifact = store.get_artifact(store.store_file(write_into, named("file")))

    assert artifact.content.equals(LARGE)
    assert (artifact.form, artifact.row_count, artifact.content_type) == ("arrow", 200_000, "parquet")
    assert next((c.name, c.type, c.min, c.max) for c in artifact.columns) == ("n", "BIGINT", 0, 199_999)
    assert store.path(artifact.artifact_id) == blobs.path(artifact.sha256)
    assert not seen[0].exists()


@pytest.mark.parametrize(
    "write_into",
    [lambda path: path.write_text("not parquet"), lambda path: path.write_bytes(b"")],
    ids=["text", "empty"],
)
def test_a_file_writer_that_writes_something_else_leaves_nothing(store, named, blobs, session_id, write_into):
    with pytest.raises(ParameterError, match="no Parquet file"):
        store.store_file(write_into, named())

    assert list(blobs.list()) == []
    assert store.list_artifacts(session_id) == []


def test_a_file_writer_that_raises_leaves_nothing(store, named, blobs, session_id):
    def write_into(path):
        path.write_text("half")
        raise KeyError("the source ended")

    with pytest.raises(KeyError):
        store.store_file(write_into, named())

    assert list(blobs.list()) == []
    assert store.list_artifacts(session_id) == []


@pytest.mark.parametrize(
    "artifact_id",
    [
        "",
        "orders",
        "art_",
        "art_../../etc/passwd",
        "../art_x",
        "/etc/passwd",
        "art_" + "u" * 26,
        "art_" + "0" * 27,
        7,
        None,
    ],
)
def test_what_is_no_artifact_id_is_not_found_and_the_hint_shows_one(store, artifact_id):
    for verb in (store.get_artifact, store.describe, store.open_artifact, store.path, store.read_bytes):
        with pytest.raises(ArtifactNotFoundError) as caught:
            verb(artifact_id)
        assert "art_01" in caught.value.hint


def test_an_id_that_nothing_has_is_not_found(store, ids):
    with pytest.raises(ArtifactNotFoundError, match="art_") as caught:
        store.get_artifact(ids.new("art"))

    assert "list_artifacts" in caught.value.hint


@pytest.mark.parametrize(
    "name", ["orders", "a/b/../c", "名前 2026", "x" * 200, "\u00a0narrow", "'; drop table", "{}|<>"]
)
def test_any_printable_name_is_data(store, named, session_id, name):
    artifact_id = store.store_artifact({"a": 1}, named(name))

    assert store.latest(session_id, name).artifact_id == artifact_id
    assert [a.name for a in store.list_artifacts(session_id, {"name": name})] == [name]


@pytest.mark.parametrize("name", ["a\nb", "a\x00", "\x1b[31m", "a\u2028b", "   ", "\x7f"])
def test_a_name_that_cannot_be_shown_on_a_line_is_refused(store, named, session_id, name):
    with pytest.raises(ParameterError, match="name"):
        store.store_artifact({"a": 1}, named(name))

    assert store.list_artifacts(session_id) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"workflow_name": ""},
        {"workflow_name": "a\tb"},
        {"session_id": "ses/1"},
        {"session_id": " "},
        {"tags": ("fine", "not\nfine")},
        {"workflow_name": "\ud800"},
        {"created_by": "\x00"},
    ],
)
def test_metadata_that_cannot_be_written_is_refused_with_the_field(store, named, fields):
    with pytest.raises(ParameterError, match=next(iter(fields))):
        store.store_artifact({"a": 1}, named(**fields))


def test_metadata_of_another_kind_is_refused(store):
    with pytest.raises(ParameterError, match="metadata is a dict"):
        store.store_artifact({"a": 1}, {"name": "x"})


def test_content_over_the_limit_is_refused_and_leaves_nothing(store, named, blobs, session_id):
    for content in ("x" * 9_000_000, b"x" * 9_000_000, {"a": "x" * 9_000_000}):
        with pytest.raises(LimitExceededError, match="8,388,608"):
            store.store_artifact(content, named())

    assert (list(blobs.list()), store.list_artifacts(session_id)) == ([], [])


def test_a_very_wide_table_keeps_its_columns_and_gives_up_their_bounds(store, named):
    wide = pa.table({f"column number {n} of many": [f"{n} " + "text " * 10] for n in range(2_500)})

    artifact = store.describe(store.store_artifact(wide, named()))

    assert [column.name for column in artifact.columns] == wide.column_names
    assert {(column.min, column.nulls) for column in artifact.columns} == {(None, 0)}


def test_a_table_too_wide_to_describe_is_refused_with_its_width(store, named):
    wide = pa.table({f"column number {n} of many" * 4: [n] for n in range(3_500)})

    with pytest.raises(LimitExceededError, match="3,500 columns"):
        store.store_artifact(wide, named())


def test_the_same_content_is_stored_once(store, named, blobs):
    ids = [store.store_artifact(LARGE, named(name)) for name in ("a", "b")]

    assert len(list(blobs.list())) == 1
    assert len({store.describe(id).sha256 for id in ids}) == 1


@pytest.mark.parametrize("kind", ["arrow", "large arrow", "pandas", "records"])
def test_every_table_can_be_had_as_an_arrow_table(store, named, kind):
    content = CONTENTS[kind][0]
    rows = content.to_dict("records") if kind == "pandas" else content if kind == "records" else content.to_pylist()

    table = store.get_table(store.store_artifact(content, named()))

    assert isinstance(table, pa.Table)
    assert table.num_rows == len(rows)
    assert table.column(0).to_pylist() == [next(iter(row.values())) for row in rows]


@pytest.mark.parametrize("kind", ["arrow", "large arrow"])
def test_the_first_rows_can_be_had_without_the_rest(store, named, kind):
    content = CONTENTS[kind][0]
    artifact_id = store.store_artifact(content, named())

    assert store.preview(artifact_id, 2).equals(content.slice(0, 2))
    assert store.preview(artifact_id, 1_000_000).num_rows == min(content.num_rows, 1_000_000)
    assert store.preview(artifact_id, 0).schema.equals(content.schema)
    assert store.preview(store.store_artifact(content.slice(0, 0), named()), 5).num_rows == 0


def test_what_is_no_table_cannot_be_had_as_one(store, named):
    artifact_id = store.store_artifact({"a": 1}, named())

    for read in (store.get_table, lambda id: store.preview(id, 5)):
        with pytest.raises(ParameterError, match="'orders' is json, not a table"):
            read(artifact_id)


def test_what_a_file_writer_learned_can_stand_in_the_metadata(store, named):
    notes = []

    def write_into(path):
        pq.write_table(TABLE, path)
        notes.append("3 rows")

    artifact_id = store.store_file(write_into, lambda: named(description=f"Read: {notes[0]}"))

    assert store.describe(artifact_id).description == "Read: 3 rows"


def test_sql_finds_a_file_or_bytes(store, named):
    small, large = (store.describe(store.store_artifact(content, named())) for content in (TABLE, LARGE))

    assert pq.read_table(io.BytesIO(store.open_table(small))).equals(TABLE)
    assert pq.read_table(store.open_table(large)).equals(LARGE)


def test_the_log_of_an_empty_session_and_its_lists_are_empty(store, session_id, ledger):
    assert (store.list_artifacts(session_id), store.tables(session_id), store.versions(session_id, "x")) == ([], {}, [])
    assert ledger.tail(session_stream(session_id)) == 0
