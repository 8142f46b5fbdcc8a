from datetime import UTC, datetime, timedelta

import pytest

from dataops_kernel.ids import IdSource, is_id

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_ids_made_one_after_the_other_sort_in_that_order():
    source = IdSource()

    made = [source.new("msg") for _ in range(2_000)]

    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_ids_keep_their_order_when_the_clock_jumps_back():
    times = iter([NOON, NOON - timedelta(hours=1), NOON - timedelta(hours=1)])
    source = IdSource(clock=lambda: next(times))

    made = [source.new("run") for _ in range(3)]

    assert made == sorted(made)


def test_an_id_of_a_later_time_sorts_after_one_of_another_process():
    early = IdSource(clock=lambda: NOON)
    late = IdSource(clock=lambda: NOON + timedelta(milliseconds=1))

    assert early.new("ses") < late.new("ses")


@pytest.mark.parametrize(
    "text", ["", "ses_", "ses_../../etc/passwd", "msg_" + "0" * 26, "ses_" + "I" * 26, "ses_" + "0" * 25]
)
def test_what_is_not_shaped_like_a_session_id_is_told_apart(text):
    assert not is_id("ses", text)


def test_a_made_id_is_recognised_by_its_kind_only():
    made = IdSource().new("ses")

    assert is_id("ses", made)
    assert not is_id("art", made)


def test_more_ids_than_one_millisecond_can_count_keep_their_order():
    source = IdSource(clock=lambda: NOON)

    made = [source.new("msg") for _ in range(40_000)]

    assert made == sorted(made)
    assert len(set(made)) == len(made)
