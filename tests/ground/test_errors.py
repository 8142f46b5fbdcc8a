import copy
import inspect

import pytest

from dataops_kernel import errors


def _tree() -> list[type[errors.DataOpsError]]:
    return [
        value for value in vars(errors).values() if inspect.isclass(value) and issubclass(value, errors.DataOpsError)
    ]


@pytest.mark.parametrize("kind", _tree(), ids=lambda kind: kind.__name__)
def test_every_error_survives_crossing_a_process_border(kind):
    err = kind("it broke", hint="mend it", where="here")

    again = copy.copy(err)  # rebuilds through __reduce__, as any process border does

    assert type(again) is kind
    assert (again.message, again.hint, again.facts, again.code) == ("it broke", "mend it", {"where": "here"}, kind.code)


def test_codes_are_unique_and_stable_words():
    codes = [kind.code for kind in _tree()]

    assert len(set(codes)) == len(codes)
    assert all(code.replace("_", "").isalpha() and code.islower() for code in codes)


def test_every_error_is_drawn_in_the_tree_of_the_docstring():
    drawn = errors.__doc__ or ""

    missing = [kind.__name__ for kind in _tree() if kind.__name__ not in drawn]

    assert missing == []


def test_the_text_of_an_error_ends_with_the_fix():
    assert str(errors.UsageError("The message is empty.", hint="Ask something.")) == (
        "The message is empty.\n  Fix: Ask something."
    )


def test_a_wrong_name_gets_the_closest_known_one():
    assert errors.suggestion("ordrs", ["orders", "customers"], "none") == "Did you mean 'orders'?"
    assert errors.suggestion("zzz", ["orders"], "Nothing like it.") == "Nothing like it."
