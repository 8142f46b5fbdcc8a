"""What cannot be compressed is refused with the place and the reason; what is odd but sound comes out exactly."""

import math
from datetime import date

import pytest

from dataops_kernel.context.compression import Compression
from dataops_kernel.context.originals import Originals
from dataops_kernel.context.places import MAX_BYTES
from dataops_kernel.errors import LimitExceededError, ParameterError
from dataops_kernel.storage.memory import MemoryBlobs, MemoryLedger


@pytest.fixture
def compression():
    return Compression(Originals(MemoryLedger(), MemoryBlobs()))


def nested(depth):
    value = "bottom"
    for _ in range(depth):
        value = [value]
    return {"deep": value}


def circle():
    value = {}
    value["self"] = [value]
    return {"here": value}


@pytest.mark.parametrize(
    ("context", "error", "reason"),
    [
        ([1, 2], ParameterError, "'list'"),
        (None, ParameterError, "'NoneType'"),
        ({"a": {3: 1}}, ParameterError, "key 3 at '/a'"),
        ({"a": ["fine", "half \ud800"]}, ParameterError, "'/a/1' holds half a character"),
        ({"half \udfff": 1}, ParameterError, "half a character"),
        ({"a": object()}, ParameterError, "object at '/a'"),
        ({"a": 10**5000}, ParameterError, "too many digits"),
        (nested(1000), LimitExceededError, "deeper than 64"),
        (nested(100_000), LimitExceededError, "deeper than 64"),
        (circle(), ParameterError, "holds itself at '/here/self/0'"),
        ({"a": "x" * 100_000_000}, LimitExceededError, f"more than {MAX_BYTES:,} bytes"),
        ({"a": [0] * 10_000_000}, LimitExceededError, f"more than {MAX_BYTES:,} bytes"),
        ({"_kept": {"mine": 1}}, ParameterError, "_kept"),
    ],
)
def test_what_no_context_can_be_is_refused_with_its_place(compression, context, error, reason):
    with pytest.raises(error) as caught:
        compression.compress(context, 100)

    assert reason in caught.value.message
    assert caught.value.hint
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("budget", [0, -5, 1.5, True, None, "100", math.nan])
def test_a_budget_that_is_none_is_refused(compression, budget):
    with pytest.raises(ParameterError, match="budget"):
        compression.compress({"a": 1}, budget)


def test_a_budget_of_one_token_says_how_many_are_needed(compression):
    with pytest.raises(LimitExceededError) as caught:
        compression.compress({"notes": "word " * 100}, 1)

    needed = caught.value.facts["needed"]
    assert compression.compress({"notes": "word " * 100}, needed).tokens_after <= needed


def test_not_a_number_stays_not_a_number(compression):
    context = {"mean": math.nan, "max": math.inf, "notes": "Nothing of note happened. " * 50}

    outcome = compression.compress(context, 60)

    assert math.isnan(outcome.context["mean"])
    assert outcome.context["max"] == math.inf
    assert math.isnan(compression.expand(outcome.reference)["mean"])


def test_dates_and_tuples_become_what_json_has_for_them(compression):
    assert compression.compress({"day": date(2026, 3, 1), "pair": (1, 2)}, 100).context == {
        "day": "2026-03-01",
        "pair": [1, 2],
    }


def test_what_was_handed_in_is_not_changed(compression):
    context = {"notes": "Nothing of note happened. " * 100, "list": [{"a": 1}]}

    outcome = compression.compress(context, 60)
    outcome.context["notes"] = ""

    assert context == {"notes": "Nothing of note happened. " * 100, "list": [{"a": 1}]}


def test_keys_and_values_that_look_like_pointers_and_markup_are_data(compression):
    context = {"a/b~c": {"<script>": "x " * 500}, "../..": "'; drop table x; --"}

    outcome = compression.compress(context, 40)
    section = next(section for section in outcome.sections if section.path.startswith("/a~1b~0c"))

    assert compression.expand(section.reference) in (context["a/b~c"], context["a/b~c"]["<script>"])
    assert outcome.tokens_after <= 40


def test_a_context_near_the_limit_is_compressed(compression):
    context = {"rows": [{"id": n, "name": f"customer {n}", "note": "calm " * 20} for n in range(4_000)]}

    outcome = compression.compress(context, 500)

    assert outcome.tokens_after <= 500
    assert len(outcome.context["rows"]) > 1
