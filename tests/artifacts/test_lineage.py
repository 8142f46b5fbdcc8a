from datetime import UTC, datetime

import pytest

from dataops_kernel.artifacts import ITSELF
from dataops_kernel.errors import ArtifactNotFoundError, ConflictError, NotFoundError, ParameterError
from dataops_kernel.storage.ledger import Put
from dataops_kernel.types import Answer, LineageEdge, LineageNode, Plan, PlanStep, Run

MODIFIED = datetime(2026, 11, 1, tzinfo=UTC)


def edge(source, target, relation="derived", evidence="observed"):
    return LineageEdge(source=source, target=target, relation=relation, evidence=evidence)


def shape(graph):
    return {node.id: node.kind for node in graph.nodes}, {(e.source, e.relation, e.target) for e in graph.edges}


def test_every_edge_is_two_records_one_for_either_direction(lineage, ledger):
    ledger.commit(lineage.edge_writes([edge("a", "b", "used")]))

    (up,) = ledger.children("edge", "b")
    (down,) = ledger.children("edge_out", "a")
    assert (up.order, down.order) == ("a|used", "b|used")
    assert (
        LineageEdge.model_validate_json(up.body) == LineageEdge.model_validate_json(down.body) == edge("a", "b", "used")
    )


def test_the_same_fact_twice_is_one_fact(lineage, ledger):
    facts = [edge("a", "b"), edge("a", "b", evidence="declared"), edge("a", "b", "used")]

    writes = lineage.edge_writes(facts)
    ledger.commit(writes)

    assert len(writes) == 4
    assert lineage.edge_writes(facts) == []
    lineage.record(facts)
    assert [e.evidence for e in lineage.graph("b").edges] == ["observed", "observed"]


def test_two_who_state_the_same_fact_at_once_both_succeed(lineage, ledger, monkeypatch):
    get_many = ledger.get_many
    first = iter([True])

    def stated_meanwhile(kind, ids):
        found = get_many(kind, ids)
        if kind == "edge" and next(first, False):
            ledger.commit(lineage.edge_writes([edge("a", "b")]))
        return found

    monkeypatch.setattr(ledger, "get_many", stated_meanwhile)

    lineage.record([edge("a", "b"), edge("b", "c")])

    assert shape(lineage.graph("b"))[1] == {("a", "derived", "b"), ("b", "derived", "c")}


def test_a_fact_that_never_gets_through_is_a_conflict(lineage, ledger, monkeypatch):
    def refuse(writes):
        raise ConflictError("somebody was first")

    monkeypatch.setattr(ledger, "commit", refuse)

    with pytest.raises(ConflictError):
        lineage.record([edge("a", "b")])


@pytest.mark.parametrize("nodes", [0, 1, 2, 99, 130])
def test_hundreds_of_facts_are_written_without_cutting_an_edge_in_half(lineage, ledger, monkeypatch, nodes):
    commits = []
    commit = ledger.commit
    monkeypatch.setattr(ledger, "commit", lambda writes: (commits.append(list(writes)), commit(writes))[1])
    files = [lineage.file_node(f"/data/{n}.csv", "ab", 1, MODIFIED)[0] for n in range(nodes)]

    lineage.record([edge(f"n{n}", "all") for n in range(150)], files)

    assert len(lineage.graph("all").edges) == 150
    assert [node.kind for node in lineage.nodes([file.id for file in files])] == ["file"] * nodes
    for writes in commits:
        assert [w.kind for w in writes].count("edge") == [w.kind for w in writes].count("edge_out")


def test_a_file_is_known_by_its_path_and_its_bytes(lineage, ledger):
    node, writes = lineage.file_node("/data/ordérs.csv", "aa", 12, MODIFIED)
    ledger.commit(writes)

    assert node.id.startswith("file:") and node.label == "/data/ordérs.csv"
    assert node.facts == {
        "path": "/data/ordérs.csv",
        "sha256": "aa",
        "size_bytes": 12,
        "modified": "2026-11-01T00:00:00+00:00",
    }
    assert lineage.file_node("/data/ordérs.csv", "aa", 12, MODIFIED) == (node, [])
    assert lineage.file_node("/data/ordérs.csv", "bb", 12, MODIFIED)[0].id != node.id
    assert lineage.file_node("/data/other.csv", "aa", 12, MODIFIED)[0].id != node.id


def test_a_path_that_is_no_text_or_very_long_is_a_node_too(lineage, ledger):
    for path in ("/data/\udcff.csv", "/" + "x" * 4_000):
        node, writes = lineage.file_node(path, "aa", 1, MODIFIED)
        ledger.commit(writes)
        assert lineage.nodes([node.id]) == [node]
        assert len(node.id) < 64


@pytest.fixture
def run(ledger, ids, session_id, clock):
    """A finished run that a message asked for, as the engine records it."""
    made = Run(
        run_id=ids.new("run"),
        session_id=session_id,
        user_id="ann",
        status="finished",
        created_at=clock.now,
        text="profile   orders.csv\nplease " + "and more " * 20,
        message_id=ids.new("msg"),
        plan=Plan(outcome="run", steps=(PlanStep(workflow="profile_csv"),)),
        answer=Answer(text="It has 3 rows."),
    )
    ledger.commit([Put("run", made.run_id, made.model_dump_json().encode(), session_id, made.run_id, session_id)])
    return made


@pytest.fixture
def story(lineage, store, named, run, ids):
    """A message, its run and step, the file it read, a table and a report made of it, and the answer."""
    step, step_writes = lineage.step_node(ids.new("stp"), "profile_csv", run.run_id)
    file, file_writes = lineage.file_node("/data/orders.csv", "aa", 12, MODIFIED)
    assert len(step_writes) == len(file_writes) == 1
    table = store.store_artifact(
        [{"a": 1}],
        named("orders", derived_from=file.id),
        edges=[
            edge(run.message_id, run.run_id, "informed"),
            edge(run.run_id, step.id, "informed"),
            edge(file.id, step.id, "used"),
            edge(step.id, ITSELF, "generated"),
        ],
        nodes=[step, file],
    )
    report = store.store_artifact(
        "text", named("report", parent_artifacts=(table,)), edges=[edge(step.id, "", "generated")]
    )
    answer = ids.new("msg")
    lineage.record([edge(run.run_id, answer, "informed")])
    return {
        "message": run.message_id, "run": run.run_id, "step": step.id, "file": file.id, "table": table,
        "report": report, "answer": answer,
    }  # fmt: skip


def test_the_graph_of_a_run_tells_the_whole_story(lineage, story):
    nodes, edges = shape(lineage.graph(story["run"]))

    assert nodes == {
        story["message"]: "message",
        story["run"]: "run",
        story["step"]: "step",
        story["table"]: "artifact",
        story["report"]: "artifact",
        story["answer"]: "message",
    }
    assert edges == {
        (story["message"], "informed", story["run"]),
        (story["run"], "informed", story["step"]),
        (story["run"], "informed", story["answer"]),
        (story["step"], "generated", story["table"]),
        (story["step"], "generated", story["report"]),
        (story["table"], "derived", story["report"]),
    }


def test_up_shows_what_something_comes_from_and_down_what_it_led_to(lineage, story):
    up, down = (shape(lineage.graph(story["table"], way))[0] for way in ("up", "down"))

    assert set(up) == {story[key] for key in ("table", "step", "file", "run", "message")}
    assert set(down) == {story["table"], story["report"]}
    assert set(shape(lineage.graph(story["table"]))[0]) == set(up) | set(down)


def test_labels_and_facts_say_what_things_are(lineage, story, run):
    nodes = {node.id: node for node in (*lineage.graph(story["report"], "up").nodes, *lineage.nodes([story["answer"]]))}
    label = {key: nodes[id].label for key, id in story.items()}

    assert label["table"] == "orders@1" and label["report"] == "report@1"
    assert label["step"] == "profile_csv" and label["file"] == "/data/orders.csv"
    assert label["message"] == label["run"]
    assert label["message"].startswith("profile orders.csv please and more") and label["message"].endswith("…")
    assert len(label["message"]) == 80
    assert label["answer"] == "It has 3 rows."
    facts = {key: nodes[id].facts for key, id in story.items()}
    assert (facts["table"]["row_count"], facts["table"]["version"], facts["table"]["content_type"]) == (1, 1, "parquet")
    assert (facts["run"]["status"], facts["run"]["workflows"]) == ("finished", ["profile_csv"])
    assert (facts["message"]["role"], facts["answer"]["role"]) == ("user", "assistant")
    assert facts["step"] == {"workflow": "profile_csv", "run_id": run.run_id}


def test_the_focus_comes_first_and_the_nearest_follow(lineage, story):
    graph = lineage.graph(story["report"], "up")

    assert graph.focus == graph.nodes[0].id == story["report"]
    assert {node.id for node in graph.nodes[1:3]} == {story["step"], story["table"]}
    assert graph.nodes[-1].id == story["message"]


def test_parents_named_in_the_metadata_are_edges_by_themselves(lineage, store, named):
    first, second = (store.store_artifact({"n": n}, named(f"n{n}")) for n in range(2))
    child = store.store_artifact(
        {},
        named("child", parent_artifacts=(first, second, first), derived_from=first),
        edges=[edge(second, ITSELF, "derived")],
    )

    evidence = {e.source: e.evidence for e in lineage.graph(child, "up").edges}

    assert evidence == {first: "declared", second: "observed"}


@pytest.mark.parametrize("fields", [{"parent_artifacts": ("art_x",)}, {"derived_from": "orders"}])
def test_a_parent_that_does_not_exist_is_refused(store, named, session_id, fields):
    with pytest.raises(ArtifactNotFoundError, match=r"art_x|orders"):
        store.store_artifact({}, named(**fields))

    assert store.list_artifacts(session_id) == []


def test_an_artifact_may_come_from_more_than_fits_into_one_commit(lineage, store, named):
    parents = [store.store_artifact({"n": n}, named(f"n{n}")) for n in range(60)]
    files = [lineage.file_node(f"/data/{n}.csv", "ab", 1, MODIFIED)[0] for n in range(30)]

    child = store.store_artifact(
        {}, named("child", parent_artifacts=parents), edges=[edge(f.id, ITSELF, "used") for f in files], nodes=files
    )

    graph = lineage.graph(child, "up")
    assert {node.id for node in graph.nodes} == {child, *parents, *(file.id for file in files)}
    assert {node.kind for node in graph.nodes} == {"artifact", "file"}


def test_what_has_lost_its_record_is_drawn_as_unknown(lineage, store, named, ledger):
    parent = store.store_artifact({}, named("parent"))
    child = store.store_artifact({}, named("child", parent_artifacts=(parent,)))
    ledger.commit(lineage.edge_writes([edge("msg_gone", child), edge("stp_gone", child), edge("somewhere", child)]))
    from dataops_kernel.storage.ledger import Remove

    ledger.commit([Remove("artifact", parent, 1)])

    nodes = {node.id: node for node in lineage.graph(child).nodes}

    assert nodes[parent] == LineageNode(id=parent, kind="unknown", label=parent)
    assert {nodes[id].kind for id in ("msg_gone", "stp_gone", "somewhere")} == {"unknown"}
    assert shape(lineage.graph(parent))[0] == {parent: "unknown", child: "artifact"}


def test_an_artifact_that_came_from_nothing_is_a_graph_of_one(lineage, store, named):
    alone = store.store_artifact({}, named())

    graph = lineage.graph(alone)

    assert (len(graph.nodes), graph.edges, graph.truncated) == (1, (), False)


@pytest.mark.parametrize("focus", ["art_01k9x2", "orders", "", "../x"])
def test_a_focus_nobody_knows_is_not_found(lineage, focus):
    with pytest.raises(NotFoundError, match="Nothing is recorded"):
        lineage.graph(focus)


def test_a_circle_ends(lineage):
    lineage.record([edge("a", "b"), edge("b", "c"), edge("c", "a"), edge("a", "a")])

    nodes, edges = shape(lineage.graph("a"))

    assert set(nodes) == {"a", "b", "c"}
    assert len(edges) == 4


def test_a_limit_keeps_the_nearest_on_both_sides_and_says_that_it_cut(lineage):
    lineage.record([edge(f"n{n}", f"n{n + 1}") for n in range(40)])

    graph = lineage.graph("n20", limit=7)

    assert sorted(node.id for node in graph.nodes) == [f"n{n}" for n in range(17, 24)]
    assert len(graph.edges) == 6
    assert graph.truncated
    assert not lineage.graph("n20", limit=41).truncated
    assert lineage.graph("n20", limit=1).truncated


def test_a_node_with_more_neighbours_than_the_limit_is_cut(lineage):
    lineage.record([edge("hub", f"n{n:03d}") for n in range(120)])

    graph = lineage.graph("hub", "down", limit=50)

    assert (len(graph.nodes), len(graph.edges), graph.truncated) == (50, 49, True)


@pytest.mark.parametrize(("direction", "limit"), [("sideways", 5), ("uo", 5), ("both", 0), ("up", -1)])
def test_a_direction_or_limit_that_does_not_exist_is_refused(lineage, direction, limit):
    with pytest.raises(ParameterError):
        lineage.graph("a", direction, limit)
