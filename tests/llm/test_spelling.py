"""A misspelled name is taken for another only when there is exactly one it can be."""

import pytest

from dataops_kernel.llm.rules.spelling import SpellingIndex, nearest


@pytest.mark.parametrize(
    ("word", "names", "expected"),
    [
        ("ordrs", ["orders", "customers"], "orders"),
        ("ordres.csv", ["orders.csv", "products.csv"], "orders.csv"),
        ("CUSTOMRES", ["orders", "customers"], "customers"),
        ("orders_2025", ["orders_2026"], None),
        ("orders_2026", ["orders_2025", "orders_2026"], "orders_2026"),
        ("load_a", ["load_b", "load_c"], None),
        ("cat", ["car"], None),
        ("weather", ["orders"], None),
        ("borders", ["orders"], None),
        ("roders", ["orders"], "orders"),
        ("order", [], None),
        ("x" * 5000, ["x" * 4999], None),
    ],
)
def test_the_nearest_name(word, names, expected):
    assert nearest(word, names) == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [("profle", "profile"), ("porfile", "profile"), ("profilee", "profile"), ("profile", None), ("prof", None),
     ("quality", None), ("x" * 10_000, None)],
)  # fmt: skip
def test_a_known_word_is_found_from_one_slip(word, expected):
    assert SpellingIndex(["profile", "column", "total"]).correct(word) == expected
