"""The condition language: what each form means, and what each mistake is told."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workflows.jil_parser.condition import Atom, Condition, parse_condition
from workflows.jil_parser.parse import parse_jil


def faults(text: str) -> list[tuple[int, str]]:
    return [(fault.offset, fault.code) for fault in parse_condition(text).faults]


def holds(text: str, *true: str) -> bool | None:
    """Whether a condition holds when exactly these jobs' atoms are true."""
    return parse_condition(text).evaluate(lambda atom: atom.name in true)


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        *(("s", "s"), ("success", "s"), ("SUCCESS", "s"), ("f", "f"), ("Failure", "f"), ("d", "d"), ("done", "d")),
        *(("t", "t"), ("TERMINATED", "t"), ("n", "n"), ("notrunning", "n"), ("N", "n")),
    ],
)
def test_every_status_has_a_short_and_a_long_form_in_any_case(written, kind):
    assert parse_condition(f"{written}(JOB_1)").atoms == (Atom(kind, "JOB_1"),)


@pytest.mark.parametrize(
    ("text", "atom"),
    [
        ("s(A,12.00)", Atom("s", "A", lookback="12.00")),
        ("s( A , 0 )", Atom("s", "A", lookback="0")),
        ("success(A, 9999)", Atom("s", "A", lookback="9999")),
        ("s(A,01\\:30)", Atom("s", "A", lookback="01:30")),
        ("s(A^PRD)", Atom("s", "A", instance="PRD")),
        ("d(A^PRD, 00.30)", Atom("d", "A", instance="PRD", lookback="00.30")),
        ("e(A) = 4", Atom("e", "A", comparison="=", value="4")),
        ("exitcode(A)!=-1", Atom("e", "A", comparison="!=", value="-1")),
        ("e(A, 12.00) >= 3", Atom("e", "A", lookback="12.00", comparison=">=", value="3")),
        ('v(G) = "Y or N"', Atom("v", "G", comparison="=", value="Y or N")),
        ("value(G) < abc", Atom("v", "G", comparison="<", value="abc")),
        ("s(etl\\:load)", Atom("s", "etl:load")),
        ("s(~{$ENV}~_X.y#z-1)", Atom("s", "~{$ENV}~_X.y#z-1")),
    ],
)
def test_an_atom_may_have_an_instance_a_lookback_and_a_comparison(text, atom):
    condition = parse_condition(text)

    assert condition.atoms == (atom,)
    assert condition.program == (0,)
    assert condition.faults == ()


def test_operators_bind_alike_and_are_read_from_left_to_right():
    text = "s(A) | s(B) & s(C)"  # ((A | B) & C), not (A | (B & C))

    assert holds(text, "A") is False
    assert holds(text, "A", "C") is True
    assert faults(text) == [(12, "mixed-operators")]


def test_brackets_say_otherwise_and_need_no_warning():
    text = "s(A) | (s(B) & s(C))"

    assert holds(text, "A") is True
    assert holds(text, "B") is False
    assert faults(text) == []


@pytest.mark.parametrize("text", ["s(A) AND s(B)", "s(A)&s(B)", "s(A) and s(B)", "(s(A)) & ((s(B)))"])
def test_and_is_written_as_a_sign_or_a_word(text):
    assert [holds(text, *true) for true in ((), ("A",), ("B",), ("A", "B"))] == [False, False, False, True]


@pytest.mark.parametrize("text", ["s(A) OR s(B)", "s(A)|s(B)", "s(A)Or s(B)"])
def test_or_is_written_as_a_sign_or_a_word(text):
    assert [holds(text, *true) for true in ((), ("A",), ("B",), ("A", "B"))] == [False, True, True, True]


def test_mixing_is_warned_of_once_per_bracket_level():
    assert faults("s(A) & s(B) | s(C) & (s(D) | s(E) & s(F))") == [(12, "mixed-operators"), (34, "mixed-operators")]


@pytest.mark.parametrize(
    ("text", "fault", "told"),
    [
        ("", (0, "condition-syntax"), "ends where a status"),
        ("s(A", (0, "condition-syntax"), "name of a job in brackets"),
        ("s()", (0, "condition-syntax"), "name of a job in brackets"),
        ("s(A) &", (6, "condition-syntax"), "ends where a status"),
        ("(s(A)", (5, "condition-syntax"), "1 bracket"),
        ("s(A))", (4, "condition-syntax"), "never opened"),
        ("()", (1, "condition-syntax"), "found ')'"),
        ("s(A) s(B)", (5, "condition-syntax"), "Expected & or |, found 's(B)'"),
        ("s(A) xor s(B)", (5, "condition-syntax"), "found 'xor'"),
        ("not s(A)", (0, "condition-syntax"), "no NOT"),
        ("s(A) & !s(B)", (7, "condition-syntax"), "no NOT"),
        ("ok(A)", (0, "condition-syntax"), "'ok' is not a status"),
        ("v(G)", (0, "condition-syntax"), "needs a comparison"),
        ("e(A) = yes", (0, "condition-syntax"), "An exit code is a number"),
        ("s(A) = 1", (0, "condition-syntax"), "compares with nothing"),
        ("s(A,.30)", (0, "bad-lookback"), "'.30'"),
        ("s(A,2.5)", (0, "bad-lookback"), "'2.5'"),
        ("s(A,00.75)", (0, "bad-lookback"), "'00.75'"),
        ("s(A) & s(B,30)", (7, "bare-hours"), "30 hours, not minutes"),
        ('v(G,12.00) = "Y"', (0, "lookback-on-value"), "no lookback"),
    ],
)
def test_each_mistake_is_told_with_its_place(text, fault, told):
    first = parse_condition(text).faults[0]

    assert (first.offset, first.code) == fault
    assert told in first.message


def test_after_a_mistake_the_other_atoms_are_kept_but_the_truth_is_unknown():
    condition = parse_condition("s(A) & & x s(B,12.00) | f(C)")

    assert [atom.name for atom in condition.atoms] == ["A", "B", "C"]
    assert condition.evaluate(lambda atom: True) is None


def test_what_cannot_be_known_stays_unknown_unless_the_rest_decides():
    condition = parse_condition("(s(A) & s(B)) | s(C)")

    def truth(**known: bool | None):
        return condition.evaluate(lambda atom: known[atom.name])

    assert truth(A=True, B=None, C=False) is None
    assert truth(A=False, B=None, C=False) is False
    assert truth(A=None, B=None, C=True) is True


def test_a_mistake_in_a_file_is_placed_by_line_and_column():
    estate = parse_jil(
        "insert_job: A\nmachine: m\n  condition: s(A1) &\n     s(B1,2.5)\ninsert_job: A1\ninsert_job: B1\n"
    )

    assert [(doubt.line, doubt.column, doubt.code) for doubt in estate.diagnostics] == [(4, 6, "bad-lookback")]


names = st.sampled_from(["A", "B", "C", "D"])
expressions = st.recursive(
    names.map(lambda name: (f"s({name})", name)),
    lambda inner: st.tuples(inner, st.sampled_from("&|"), inner).map(lambda t: (f"({t[0][0]} {t[1]} {t[2][0]})", t)),
    max_leaves=12,
)


@settings(deadline=None)
@given(expressions)
def test_a_bracketed_condition_means_what_its_brackets_say(expression):
    text, tree = expression

    def meaning(node, true: set[str]) -> bool:
        if isinstance(node, str):
            return node in true
        (_, left), sign, (_, right) = node
        return (
            (meaning(left, true) and meaning(right, true))
            if sign == "&"
            else meaning(left, true) or meaning(right, true)
        )

    condition = parse_condition(text)

    assert condition.faults == ()
    for count in range(5):
        for true in itertools.combinations("ABCD", count):
            assert condition.evaluate(lambda atom, true=true: atom.name in true) is meaning(tree, set(true))


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("&|"), names), min_size=1, max_size=8), names)
def test_without_brackets_a_condition_is_read_as_if_each_left_part_were_bracketed(rest, first):
    flat = f"s({first})" + "".join(f" {sign} s({name})" for sign, name in rest)
    nested = "(" * len(rest) + f"s({first})" + "".join(f" {sign} s({name}))" for sign, name in rest)

    for count in range(5):
        for true in itertools.combinations("ABCD", count):
            assert holds(flat, *true) is holds(nested, *true)


@settings(deadline=None)
@given(st.text(alphabet='sfdtnev()&|,^=<>!"\\ .:AB01\n', max_size=80))
def test_no_text_makes_the_parser_raise(text):
    condition = parse_condition(text)

    assert isinstance(condition, Condition)
    assert bool(condition.program) is not any(fault.code == "condition-syntax" for fault in condition.faults)
