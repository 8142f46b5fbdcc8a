"""The estate as a graph, on small shapes with names."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workflows.jil_parser.graph import Graph, components
from workflows.jil_parser.parse import parse_jil
from workflows.jil_parser.tables import graph_of_estate


def graph(*jobs: str) -> Graph:
    """Return a graph of jobs written as ``NAME[:BOX] [< condition]``, boxes as ``[NAME[:BOX]] [< condition]``."""
    lines = []
    for job in jobs:
        head, _, condition = job.partition("<")
        name, _, box = head.strip().strip("[]").partition(":")
        lines += [f"insert_job: {name}   job_type: {'BOX' if head.startswith('[') else 'CMD'}"]
        lines += [f"box_name: {box}"] if box else []
        lines += [f"condition: {condition.strip()}"] if condition else []
    return graph_of_estate(parse_jil("\n".join(lines)))


def after(graph: Graph, name: str, levels: int | None = None) -> dict[str, tuple[int, str, str]]:
    return {job.job: (job.level, job.via, job.kind) for job in graph.after(name, levels)[0]}


def before(graph: Graph, name: str, levels: int | None = None) -> dict[str, tuple[int, str, str]]:
    return {job.job: (job.level, job.via, job.kind) for job in graph.before(name, levels)[0]}


def test_a_chain_is_followed_both_ways_with_levels():
    chain = graph("A", "B < s(A)", "C < f(B)", "D < d(C)")

    assert after(chain, "A") == {"B": (1, "A", "s"), "C": (2, "B", "f"), "D": (3, "C", "d")}
    assert before(chain, "D") == {"C": (1, "D", "d"), "B": (2, "C", "f"), "A": (3, "B", "s")}
    assert after(chain, "D") == before(chain, "A") == {}


def test_levels_limit_how_far_is_looked():
    chain = graph("A", "B < s(A)", "C < s(B)", "D < s(C)")

    assert list(after(chain, "A", 2)) == ["B", "C"]
    assert list(before(chain, "D", 1)) == ["C"]


def test_a_diamond_is_told_once_at_its_shortest_distance():
    diamond = graph("A", "B < s(A)", "C < s(B)", "D < s(C) & s(A)")

    assert after(diamond, "A") == {"B": (1, "A", "s"), "D": (1, "A", "s"), "C": (2, "B", "s")}


def test_jobs_that_must_only_not_run_beside_each_other_are_in_no_order():
    apart = graph("A", "B < n(A)", "C < s(B)")

    assert after(apart, "A") == {}
    assert apart.beside("A") == ["B"]
    assert apart.beside("B") == ["A"]


def test_a_box_that_starts_takes_its_members_along():
    boxed = graph("A", "[B] < s(A)", "M:B", "[N:B]", "X:N")

    assert after(boxed, "A") == {"B": (1, "A", "s"), "M": (2, "B", "box"), "N": (2, "B", "box"), "X": (3, "N", "box")}


def test_who_waits_on_a_box_runs_after_all_its_members_but_members_not_after_each_other():
    boxed = graph("[B]", "M:B", "N:B", "Z < s(B)")
    reached, ended = boxed.after("M")

    assert [(job.job, job.level, job.via) for job in reached] == [("Z", 1, "B")]
    assert ended == ["B"]
    assert before(boxed, "Z") == {"B": (1, "Z", "s"), "M": (2, "B", "box"), "N": (2, "B", "box")}


def test_a_job_in_a_box_runs_after_what_its_box_waits_on():
    boxed = graph("A", "[B] < s(A)", "M:B")
    reached, around = boxed.before("M")

    assert [(job.job, job.level, job.via) for job in reached] == [("A", 1, "B")]
    assert around == ["B"]


def test_a_job_that_decides_the_result_of_a_box_comes_before_its_end_and_not_its_start():
    estate = parse_jil(
        "insert_job: B   job_type: BOX\nbox_success: s(X)\ninsert_job: M   job_type: CMD\nbox_name: B\n"
        "insert_job: X   job_type: CMD\ninsert_job: Z   job_type: CMD\ncondition: s(B)\n"
    )
    reached, ended = graph_of_estate(estate).after("X")

    assert [job.job for job in reached] == ["Z"]
    assert ended == ["B"]


@pytest.mark.parametrize(
    ("jobs", "rings"),
    [
        (("A", "B < s(A)"), []),
        (("A < s(A)",), [["A"]]),
        (("A < s(B)", "B < s(A)"), [["A", "B"]]),
        (("A < s(C)", "B < s(A)", "C < s(B)", "D < s(C)"), [["A", "B", "C"]]),
        (("A < n(B)", "B < n(A)"), []),
        (("A < s(B)", "B < n(A)"), []),
        (("[B]", "M:B < s(B)"), [["B", "M"]]),
        (("[A:B]", "[B:A]"), [["A", "B"]]),
        (("[B] < s(M)", "M:B"), [["B", "M"]]),
        (("A < s(B)", "B < s(A)", "C < s(D)", "D < s(C)"), [["A", "B"], ["C", "D"]]),
    ],
)
def test_circles_are_found_as_one_shortest_way_round(jobs, rings):
    assert graph(*jobs).cycles() == rings


def test_undefined_and_external_sources_are_kept_apart_from_jobs():
    mixed = graph("A < s(GONE) & s(B^PRD) & v(G) = 1", "C:NOBOX")

    assert [(edge.source, edge.target) for edge in mixed.undefined()] == [("GONE", "A"), ("NOBOX", "C")]
    assert [edge.origin for edge in mixed.external()] == ["B^PRD"]
    assert before(mixed, "A") == {}


def test_a_name_nobody_has_reaches_nothing():
    assert graph("A").after("B") == ([], [])


def test_the_boxes_around_a_job_are_told_from_the_inside_even_when_they_lie_in_each_other():
    assert graph("[A]", "[B:A]", "M:B").boxes_of("M") == ["B", "A"]
    assert graph("[A:B]", "[B:A]", "M:A").boxes_of("M") == ["A", "B"]


def test_a_chain_of_thirty_thousand_jobs_needs_no_recursion():
    jobs = ["insert_job: J0", *(f"insert_job: J{n}\ncondition: s(J{n - 1})" for n in range(1, 30_000))]
    long = graph_of_estate(parse_jil("\n".join(jobs)))

    assert long.after("J0")[0][-1].level == 29_999
    assert long.cycles() == []


edges = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=25)


@settings(deadline=None)
@given(edges)
def test_components_are_the_classes_of_points_that_reach_each_other(pairs):
    arcs = [[b for a, b in pairs if a == point] for point in range(10)]
    reach = [{point} for point in range(10)]
    for _ in range(10):
        for point in range(10):
            reach[point] |= {far for near in list(reach[point]) for far in arcs[near]}

    found = components(arcs)

    classes = {frozenset(b for b in reach[a] if a in reach[b]) for a in range(10)}
    assert {frozenset(component) for component in found} == classes
    place = {point: index for index, component in enumerate(found) for point in component}
    assert all(place[b] <= place[a] for a, b in pairs)


@settings(deadline=None)
@given(edges)
def test_what_runs_after_is_exactly_what_can_be_reached(pairs):
    jobs = [f"insert_job: J{n}" + "".join(f"\ncondition: {' & '.join(c)}" for c in [[f's(J{a})' for a, b in pairs if b == n]] if c)
            for n in range(10)]  # fmt: skip
    drawn = graph_of_estate(parse_jil("\n".join(jobs)))
    distance = {0: 0}
    for level in range(1, 11):
        for a, b in pairs:
            if distance.get(a) == level - 1 and b not in distance:
                distance[b] = level

    assert {job.job: job.level for job in drawn.after("J0")[0]} == {f"J{n}": d for n, d in distance.items() if n}
