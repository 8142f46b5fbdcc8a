"""Compressed contexts: verified, reversible, inside the budget, and honest about how."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataops_kernel.context.compression import Compression
from dataops_kernel.context.keeping import KEPT, Evidence, keep_list
from dataops_kernel.context.originals import Originals
from dataops_kernel.context.places import cost
from dataops_kernel.errors import IntegrityError, LimitExceededError, NotFoundError
from dataops_kernel.storage.memory import MemoryBlobs, MemoryLedger
from dataops_kernel.testing.forgetful_model import ForgetfulModel

PROSE = "The weather was grey and the coffee was cold, as it had been on most mornings of that long winter. "
ART = "art_01k9x2m3n4p5q6r7s8t9v0w1x2"


def make(model=None, seconds=5.0):
    return Compression(Originals(MemoryLedger(), MemoryBlobs()), model, seconds)


def a_context():
    return {
        "goal": "Find out why March revenue fell.",
        "parameters": {"region": "EMEA", "limit": 20, "dry_run": False},
        "workflow_states": {"schema_analyzer": {"status": "waiting", "step": 3}},
        "artifacts": [ART, "orders_clean"],
        "open_questions": ["Should refunds count as negative sales?"],
        "notes": PROSE * 12 + "We decided to use orders_clean instead of orders. " + PROSE * 12,
        "messages": [
            {"role": "user" if n % 2 == 0 else "assistant", "content": f"Turn number {n}. {PROSE * 2}"}
            for n in range(60)
        ],
        "result": {
            "summary": f"{PROSE * 5} Revenue fell by 12.5% to 4,210 in March. {PROSE * 5}",
            "rows": [*range(500)],
        },
    }


def test_a_context_that_fits_is_returned_as_it_is():
    outcome = make().compress({"region": "EMEA", "limit": 5}, 100)

    assert outcome.method == "unchanged"
    assert outcome.context == {"region": "EMEA", "limit": 5}
    assert outcome.tokens_after == outcome.tokens_before == cost({"region": "EMEA", "limit": 5})


def test_what_matters_survives_and_the_rest_makes_room():
    outcome = make().compress(a_context(), 700)

    text = str(outcome.context)
    assert outcome.method == "extractive"
    assert outcome.tokens_after == cost(outcome.context) <= 700 < outcome.tokens_before
    assert outcome.context["parameters"] == {"region": "EMEA", "limit": 20, "dry_run": False}
    assert outcome.context["workflow_states"]["schema_analyzer"] == {"status": "waiting", "step": 3}
    assert ART in text
    assert "We decided to use orders_clean instead of orders." in text
    assert "Should refunds count as negative sales?" in text
    assert "12.5%" in text and "4,210" in text
    assert outcome.context["messages"][-1]["content"].startswith("Turn number 59.")


def test_every_replaced_section_can_be_had_back_exactly():
    compression, context = make(), a_context()

    outcome = compression.compress(context, 700, owner="ann")

    assert {section.path for section in outcome.sections} >= {"/notes", "/messages", "/result/rows"}
    for section in outcome.sections:
        original = context
        for step in section.path.split("/")[1:]:
            original = original[int(step)] if isinstance(original, list) else original[step]
        assert compression.expand(section.reference, owner="ann") == original
        assert section.tokens_after < section.tokens_before
    assert compression.expand(outcome.reference, owner="ann") == context


def test_what_was_replaced_can_be_searched():
    compression, context = make(), a_context()
    context["messages"][7]["content"] = "The zebra shipment comes from Hamburg."
    outcome = compression.compress(context, 700)

    found = compression.search(outcome.reference, "where did the zebras come from?")

    assert found[0].path == "/messages/7/content"
    assert compression.expand(found[0].reference) == "The zebra shipment comes from Hamburg."


def test_originals_belong_to_who_compressed_them():
    compression = make()
    outcome = compression.compress(a_context(), 700, owner="ann")

    with pytest.raises(NotFoundError):
        compression.expand(outcome.reference, owner="bob")


@pytest.mark.parametrize("reference", ["", "x", "#/notes", "../../etc/passwd", "0" * 64])
def test_a_reference_nobody_gave_is_not_found(reference):
    with pytest.raises(NotFoundError, match="no original"):
        make().expand(reference)


def test_a_place_that_is_not_there_is_named_with_what_is():
    compression = make()
    outcome = compression.compress(a_context(), 700)

    with pytest.raises(NotFoundError, match="/nots") as caught:
        compression.expand(f"{outcome.reference}#/nots")
    assert "notes" in caught.value.hint


def test_a_large_original_lies_in_a_blob_and_a_changed_one_is_refused():
    ledger, blobs = MemoryLedger(), MemoryBlobs()
    compression = Compression(Originals(ledger, blobs))
    context = {"notes": PROSE * 5_000}
    outcome = compression.compress(context, 200)
    assert compression.expand(outcome.reference) == context

    blobs._contents[outcome.reference] = b'{"notes":"something else"}'

    with pytest.raises(IntegrityError):
        compression.expand(outcome.reference)


def test_a_budget_below_what_must_be_kept_says_how_much_that_is():
    with pytest.raises(LimitExceededError, match="decision") as caught:
        make().compress(a_context(), 20)

    needed = caught.value.facts["needed"]
    outcome = make().compress(a_context(), needed)
    assert outcome.tokens_after <= needed
    assert not Evidence(outcome.context).lost(f for f in keep_list(a_context()) if f.kind != "number")


def test_numbers_go_when_there_is_no_room_and_the_outcome_says_which():
    context = {"notes": " ".join(f"Shop number {n} sold {n * 37 + 1000} pieces." for n in range(300))}

    outcome = make().compress(context, 300)

    assert outcome.tokens_after <= 300
    assert outcome.dropped and all(fact.kind == "number" for fact in outcome.dropped)
    assert "number(s)" in outcome.note
    assert len(outcome.kept) > 5
    assert not {fact.text for fact in outcome.kept} & {fact.text for fact in outcome.dropped}


def test_a_reference_inside_another_name_does_not_count_as_kept():
    context = {"notes": f"{PROSE * 20} Read a.csv first. {PROSE * 20}", "tables": ["data.csv"]}

    outcome = make(ForgetfulModel("drops facts")).compress(context, 120)

    assert "a.csv" in outcome.context[KEPT]


def test_compressing_twice_keeps_what_was_kept():
    compression = make()
    context = {"notes": PROSE * 20 + "We decided to ship on Friday. " + PROSE * 20, "more": PROSE * 30}
    once = compression.compress(context, 300)
    twice = compression.compress(once.context, 60)

    assert "We decided to ship on Friday." in str(twice.context)


@pytest.mark.parametrize(
    ("habit", "method", "why"),
    [
        ("shortens", "llm", ""),
        ("drops facts", "llm", ""),
        ("says nothing", "extractive", "empty text"),
        ("says more", "extractive", "over the budget"),
        ("repeats itself", "extractive", "repeated itself"),
        ("raises", "extractive", "failed"),
    ],
)
def test_a_model_is_held_to_the_same_check(habit, method, why):
    model = ForgetfulModel(habit)

    outcome = make(model).compress(a_context(), 700)

    assert outcome.method == method
    assert why in outcome.note
    assert 0 < outcome.tokens_after <= 700
    assert 0 < model.asked <= 16
    strict = [fact for fact in keep_list(a_context()) if fact.kind != "number"]
    assert Evidence(outcome.context).lost(strict) == []


def test_a_model_that_drops_a_decision_has_it_put_back():
    outcome = make(ForgetfulModel("drops facts")).compress(a_context(), 700)

    assert "We decided to use orders_clean instead of orders." in outcome.context[KEPT]
    assert "decision" in {fact.kind for fact in outcome.put_back}


def test_a_model_that_never_answers_is_asked_once_and_not_waited_for():
    model = ForgetfulModel("never answers")

    outcome = make(model, seconds=0.05).compress(a_context(), 700)

    model.release()
    assert model.asked == 1
    assert outcome.method == "extractive"
    assert "did not answer" in outcome.note


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats()
    | st.text(max_size=60)
    | st.sampled_from([PROSE * 3, "We decided to keep it.", "Which one?", ART, "12.5% of 4,210"]),
    lambda inner: (
        st.lists(inner, max_size=6)
        | st.dictionaries(st.text(max_size=8) | st.sampled_from(["parameters", "status", "notes"]), inner, max_size=5)
    ),
    max_leaves=25,
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    context=st.dictionaries(st.text(max_size=8), JSON, min_size=1, max_size=6),
    share=st.floats(0.05, 1.2),
    habit=st.sampled_from([None, "shortens", "drops facts", "says nothing", "says more", "repeats itself", "raises"]),
)
def test_always_inside_the_budget_never_empty_never_larger_and_the_keep_list_survives(context, share, habit):
    compression = make(ForgetfulModel(habit) if habit else None)
    budget = max(1, int(cost(context) * share))
    try:
        outcome = compression.compress(context, budget)
    except LimitExceededError as err:
        outcome = compression.compress(context, budget := err.facts["needed"])

    assert outcome.context
    assert outcome.tokens_after == cost(outcome.context) <= budget
    assert outcome.tokens_after <= outcome.tokens_before
    strict = [fact for fact in keep_list(context) if fact.kind != "number"]
    assert Evidence(outcome.context).lost(strict) == []
    if outcome.reference:
        assert cost(compression.expand(outcome.reference)) == cost(context)
