"""Reading a text: tokens, stems, and what is not read at all."""

import pytest

from dataops_kernel.llm.rules.words import readable, stem, tokens


def kinds(text: str) -> list[tuple[str, str]]:
    return [(token.text, token.kind) for token in tokens(readable(text))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("profile orders.csv", [("profile", "word"), ("orders.csv", "file")]),
        ("(see data/orders.csv).", [("see", "word"), ("data/orders.csv", "file")]),
        (r"C:\data\Orders.CSV", [(r"C:\data\Orders.CSV", "file")]),
        ('"my data/orders 2026.csv"', [("my data/orders 2026.csv", "file")]),
        ("/opt/autosys/prod.jil?", [("/opt/autosys/prod.jil", "file")]),
        ("orders.csv's columns", [("orders.csv", "file"), ("columns", "word")]),
        ("/help", [("help", "word")]),
        ("and/or", [("and", "word"), ("or", "word")]),
        ("LOAD_ORDERS#2", [("LOAD_ORDERS#2", "name")]),
        ("orders.amount", [("orders.amount", "name")]),
        ("top 1,200 of 5th", [("top", "word"), ("1,200", "number"), ("of", "word"), ("5th", "number")]),
        ("10% or $2.5k", [("10%", "number"), ("or", "word"), ("$2.5k", "number")]),
        ("on 2026-03-01.", [("on", "word"), ("2026-03-01", "number")]),
        ("'late jobs' “by box”", [("late jobs", "quoted"), ("by box", "quoted")]),
        ("what's a year-on-year", [("what", "word"), ("a", "word"), *[(w, "word") for w in ("year", "on", "year")]]),
        ("https://example.com/x.csv", [("https://example.com/x.csv", "address")]),
    ],
)
def test_a_text_is_read_as_words_numbers_files_names_and_quotes(text, expected):
    assert kinds(text) == expected


def test_a_token_knows_where_it_stands():
    text = 'show "late jobs" in nightly.jil, please'

    assert [text[token.start : token.end] for token in tokens(text)] == [
        "show", '"late jobs"', "in", "nightly.jil", "please",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "family",
    ["job jobs", "fail fails failed failing", "run runs ran running", "table tables", "category categories",
     "average averages averaged", "box boxes", "case cases", "process processes", "stop stopped stopping"],
)  # fmt: skip
def test_the_forms_of_a_word_have_one_stem(family):
    assert len({stem(word) for word in family.split()}) == 1


@pytest.mark.parametrize("pair", ["order border", "status state", "price prize", "null nullify", "is as"])
def test_different_words_have_different_stems(pair):
    assert len({stem(word) for word in pair.split()}) == 2


def test_control_and_direction_marks_are_not_read():
    assert readable("\u202eprofile\x00 \u200borders\x1b") == " profile   orders "


def test_of_a_very_long_text_the_start_and_the_end_are_read():
    text = "profile orders.csv " + "x" * 100_000 + " and nothing else"

    read = readable(text)

    assert len(read) < 6_000
    assert read.startswith("profile orders.csv")
    assert read.endswith("and nothing else")
