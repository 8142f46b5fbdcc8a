"""Lines against a plain model: a log that is copied at every restore."""

from hypothesis import given
from hypothesis import strategies as st

from dataops_kernel.sessionlog.line import Line, trace

# True appends an entry; a float restores to that share of the log's length.
STORIES = st.lists(st.one_of(st.just(True), st.floats(0, 1)), max_size=60)


def _tell(story):
    lines: dict[int, list[int]] = {0: []}
    restores: list[tuple[int, int]] = []
    tail = 0
    for move in story:
        tail += 1
        origin = tail - 1
        if move is not True:
            origin = int(move * (tail - 1))
            restores.append((tail, origin))
        lines[tail] = [*lines[origin], tail]
    return lines, restores, tail


@given(STORIES)
def test_the_line_at_any_point_is_what_copying_would_have_kept(story):
    lines, restores, tail = _tell(story)

    for point in range(tail + 1):
        line = trace(point, restores)
        assert [seq for first, last in line.ranges for seq in range(first, last + 1)] == lines[point]


@given(STORIES)
def test_membership_and_cutting_agree_with_the_ranges(story):
    lines, restores, tail = _tell(story)
    line = trace(tail, restores)

    assert [seq for seq in range(tail + 2) if seq in line] == lines[tail]
    half = tail // 2
    assert [seq for seq in range(tail + 2) if seq in line.upto(half)] == [s for s in lines[tail] if s <= half]


@given(STORIES, st.integers(0, 60), st.integers(0, 60))
def test_the_common_ancestor_is_the_last_entry_both_share(story, one, other):
    lines, restores, tail = _tell(story)
    one, other = min(one, tail), min(other, tail)

    shared = [a for a, b in zip(lines[one], lines[other], strict=False) if a == b]

    assert trace(one, restores).common(trace(other, restores)) == (shared[-1] if shared else 0)


def test_an_empty_log_has_an_empty_line():
    assert trace(0, []) == Line(())
    assert Line(()).head == 0
