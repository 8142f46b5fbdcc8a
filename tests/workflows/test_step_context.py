"""The context of a step: what nodes read and store, and what of it is remembered."""

import os
import threading
from datetime import UTC, datetime, timedelta

import pytest

from dataops_kernel.artifacts import ArtifactStore, Lineage
from dataops_kernel.artifacts.query import QueryLimits, QueryService
from dataops_kernel.errors import ArtifactNotFoundError, FileInputError, ParameterError, RunCancelledError
from dataops_kernel.llm.rules import RulesModel
from dataops_kernel.sessionlog import SessionLog
from dataops_kernel.storage.ledger import Put
from dataops_kernel.storage.memory import MemoryBlobs
from dataops_kernel.types import ContextSet, Restored, session_stream
from dataops_kernel.workflows.step_context import StepContext, table_name


class Site:
    """A workspace with as many steps as a test wants."""

    def __init__(self, ledger, ids, clock, folder):
        self.ledger, self.ids, self.folder = ledger, ids, folder
        self.log = SessionLog(ledger)
        self.artifacts = ArtifactStore(ledger, MemoryBlobs(), self.log, ids, clock)
        self.query = QueryService(self.artifacts.open_table)
        self.lineage = Lineage(ledger)
        self.cancelled = threading.Event()
        self.said = []

    def step(self, session_id="ses_one"):
        return StepContext(
            session_id=session_id,
            run_id=self.ids.new("run"),
            step=self.ids.new("stp"),
            workflow="testing",
            text="hello",
            artifacts=self.artifacts,
            query=self.query,
            lineage=self.lineage,
            llm=RulesModel(),
            emit=lambda type, step=None, **data: self.said.append((type, data)),
            cancelled=self.cancelled,
            folder=self.folder,
        )

    def file(self, name="orders.csv", text="id,amount\n1,5\n2,7\n", age=timedelta(hours=1)):
        path = self.folder / name
        path.write_text(text)
        then = (datetime(2026, 11, 22, 9, 0, tzinfo=UTC) - age).timestamp()
        os.utime(path, (then, then))
        return path

    def edges_into(self, artifact):
        edges = self.lineage.graph(artifact.artifact_id, "up").edges
        return sorted((_kind(e.source), _kind(e.target), e.relation) for e in edges)


def _kind(id):
    return {"art": "artifact", "stp": "step"}.get(id[:3], id.split(":")[0].split("_")[0])


@pytest.fixture
def site(ledger, ids, clock, tmp_path):
    made = Site(ledger, ids, clock, tmp_path)
    yield made
    made.query.close()


def test_a_file_becomes_a_table_with_its_origin(site):
    path = site.file()
    step = site.step()

    table = step.load_file("orders.csv")

    assert (table.name, table.version, table.row_count) == ("orders", 1, 2)
    assert step.content(table).column("amount").to_pylist() == [5, 7]
    assert table.description.splitlines()[0] == f"Read from {path}."
    assert site.edges_into(table) == [
        ("file", "artifact", "derived"),
        ("file", "step", "used"),
        ("run", "step", "informed"),
        ("step", "artifact", "generated"),
    ]
    stored = [data for type, data in site.said if type == "artifact_stored"]
    assert stored == [{"artifact_id": table.artifact_id, "name": "orders", "version": 1, "rows": 2}]
    assert step.stored == (table.artifact_id,)


def test_what_the_reader_doubted_is_kept_with_the_table(site):
    site.file(text="id;amount\n1;5\n2;\u20ac7\n")
    site.folder.joinpath("old.csv").write_bytes("name,town\nJürgen,Köln\n".encode("cp1252"))
    step = site.step()

    table = step.load_file("old.csv")

    notes = step.reader_notes(table)
    assert any("Windows-1252" in note for note in notes)
    assert site.step().reader_notes(site.artifacts.describe(table.artifact_id)) == notes
    derived = step.store({"a": 1}, name="derived", description="one\ntwo")
    assert step.reader_notes(derived) == []


def test_the_same_unchanged_file_is_not_stored_again(site):
    site.file()

    first = site.step().load_file("orders.csv")
    again = site.step().load_file(site.folder / "orders.csv")

    assert again.artifact_id == first.artifact_id
    assert len(site.artifacts.versions("ses_one", "orders")) == 1
    assert [type for type, _ in site.said].count("artifact_stored") == 1


def test_a_file_with_other_content_is_a_new_version(site):
    site.file()
    site.step().load_file("orders.csv")
    site.file(text="id,amount\n1,5\n2,8\n", age=timedelta(minutes=1))

    changed = site.step().load_file("orders.csv")

    assert changed.version == 2


def test_a_file_touched_but_not_changed_is_recognised_by_its_content(site):
    site.file()
    first = site.step().load_file("orders.csv")
    site.file(age=timedelta(minutes=1))

    # Another time of the same bytes at the same place: the hash decides.
    assert site.step().load_file("orders.csv").artifact_id == first.artifact_id


def test_a_file_written_a_moment_ago_is_not_trusted_by_its_looks(site):
    site.file(age=timedelta(seconds=1))
    site.step().load_file("orders.csv")
    site.file(text="id,amount\n1,5\n2,9\n", age=timedelta(seconds=1))

    assert site.step().load_file("orders.csv").version == 2


def test_another_name_another_session_and_a_newer_version_each_store_the_file_again(site):
    site.file()
    first = site.step().load_file("orders.csv")

    named = site.step().load_file("orders.csv", name="mine")
    elsewhere = site.step("ses_two").load_file("orders.csv")
    site.step().store([{"id": 9}], name="orders")
    over_it = site.step().load_file("orders.csv")

    assert len({first.artifact_id, named.artifact_id, elsewhere.artifact_id, over_it.artifact_id}) == 4
    assert over_it.version == 3


def go_back_to(site, clock, seq):
    """Restore the session to an entry of its log, as a checkpoint does."""
    entry = Restored(time=clock(), restore_id=site.ids.new("rst"), seq=seq)
    body = entry.model_dump_json().encode()
    stream = session_stream("ses_one")
    index = Put("restore", entry.restore_id, body, parent="ses_one", order=entry.restore_id, stamp=stream)
    site.log.append("ses_one", entry, also=[index])


def test_a_file_loaded_on_a_branch_that_was_left_is_loaded_again(site, clock):
    site.file()
    site.log.append("ses_one", ContextSet(time=clock(), key="start", value=True))
    first = site.step().load_file("orders.csv")
    go_back_to(site, clock, 1)

    again = site.step().load_file("orders.csv")

    assert again.artifact_id != first.artifact_id


def test_a_missing_file_names_the_closest_existing_one_and_stores_nothing(site):
    site.file()

    with pytest.raises(FileInputError, match=r"'ordrs\.csv'") as caught:
        site.step().load_file("ordrs.csv")

    assert caught.value.hint == "Did you mean 'orders.csv'?"
    assert site.artifacts.list_artifacts("ses_one") == []


def test_a_text_file_that_was_read_is_an_origin_of_what_is_stored(site):
    site.file("night.jil", "insert_job: a\n")
    step = site.step()

    text = step.read_text("night.jil")
    jobs = step.store([{"job": "a"}], name="jobs")

    assert text == "insert_job: a\n"
    assert ("file", "artifact", "derived") in site.edges_into(jobs)
    assert ("file", "step", "used") in site.edges_into(jobs)


def test_content_comes_from_everything_read_unless_its_parents_are_named(site):
    step = site.step()
    sales = step.store([{"id": 1}], name="sales")
    towns = step.store([{"id": 1}], name="towns")
    reader = site.step()
    reader.sql("select * from sales join towns using (id)")

    both = reader.store({"n": 1}, name="both")
    one = reader.store({"n": 1}, name="one", parents=[sales])

    assert set(both.parent_artifacts) == {sales.artifact_id, towns.artifact_id}
    assert one.parent_artifacts == (sales.artifact_id,)


def test_more_parents_than_one_commit_holds_are_all_recorded(site):
    step = site.step()
    parents = [step.store({"n": n}, name=f"part_{n}") for n in range(70)]
    reader = site.step()
    for parent in parents:
        reader.content(parent)

    whole = reader.store("all", name="whole")

    edges = site.edges_into(whole)
    assert edges.count(("artifact", "artifact", "derived")) == 70
    assert edges.count(("artifact", "step", "used")) == 70


def test_reads_that_led_to_nothing_stored_are_written_at_the_end(site):
    table = site.step().store([{"id": 1}], name="orders")
    reader = site.step()
    assert not reader.has_unwritten_reads
    reader.sql("select * from orders")

    reader.finish()

    assert not reader.has_unwritten_reads
    assert [e.relation for e in site.lineage.graph(table.artifact_id, "down").edges] == ["used"]


def test_tables_are_found_by_name_without_regard_to_case(site):
    site.step().store([{"id": 1}], name="Orders")
    site.step().store({"id": 1}, name="notes")
    step = site.step()

    assert step.table("orders").name == "Orders"
    assert [table.name for table in step.tables()] == ["Orders"]
    with pytest.raises(ArtifactNotFoundError, match="no table 'Ordrs'") as caught:
        step.table("Ordrs")
    assert caught.value.hint == "Did you mean 'Orders'?"
    with pytest.raises(ArtifactNotFoundError, match="Load a file first"):
        site.step("ses_empty").table("notes")


def test_a_table_comes_as_arrow_whatever_was_stored_and_other_content_as_it_was(site):
    import pandas as pd

    step = site.step()
    frame = step.store(pd.DataFrame({"n": [1, 2]}), name="frame")
    facts = step.store({"a": [1]}, name="facts")

    assert step.content(frame).column("n").to_pylist() == [1, 2]
    assert step.content(facts) == {"a": [1]}


def test_a_query_says_itself_and_when_its_result_was_cut(site):
    site.query.close()
    site.query = QueryService(site.artifacts.open_table, QueryLimits(max_rows=5))
    step = site.step()
    step.store([{"n": n} for n in range(10)], name="numbers")

    assert step.sql("select n from numbers where n < $top", {"top": 3}).num_rows == 3
    assert step.sql("select n from numbers").num_rows == 5

    said = [(type, data.get("query") or data.get("text")) for type, data in site.said if type != "artifact_stored"]
    assert said == [
        ("sql", "select n from numbers where n < $top"),
        ("sql", "select n from numbers"),
        ("progress", "The result was cut after 5 rows."),
    ]


def test_a_cancelled_run_reads_and_stores_nothing_more(site):
    site.file()
    step = site.step()
    known = step.store([{"id": 1}], name="known")
    site.cancelled.set()

    for use in (
        lambda: step.load_file("orders.csv"),
        lambda: step.read_text("orders.csv"),
        lambda: step.sql("select 1"),
        lambda: step.store({}, name="late"),
        lambda: step.content(known),
        lambda: step.progress("late"),
    ):
        with pytest.raises(RunCancelledError):
            use()
    assert [artifact.name for artifact in site.artifacts.list_artifacts("ses_one")] == ["known"]


def test_a_name_that_cannot_be_stored_says_why(site):
    with pytest.raises(ParameterError, match="name ''"):
        site.step().store({}, name="")


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("orders", "orders"),
        ("2024 Sales-EU", "t_2024_sales_eu"),
        ("Umsätze (neu)", "umsätze_neu"),
        ("---", "table"),
        ("x" * 300, "x" * 200),
    ],
)
def test_a_files_name_becomes_a_plain_identifier(tmp_path, stem, name):
    assert table_name(tmp_path / f"{stem}.csv") == name
