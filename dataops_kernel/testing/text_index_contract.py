"""The contract every text index signs: subclass ``TextIndexContract`` and give it one fixture, ``index``."""

# ruff: noqa: D102  (the name of a test is its sentence)

import math

import pytest

from dataops_kernel.errors import UsageError
from dataops_kernel.storage.textindex import MAX_SEARCH_TERMS, MAX_TERM, MAX_TERMS, TextIndex
from dataops_kernel.testing.threads import run_together

_TALK = [(1, ["dog", "beach"]), (3, ["cat"]), (4, ["dog", "dog", "dog"]), (9, ["lake", "painting", "sunset"])]


def found(index: TextIndex, *terms: str, owner: str = "ann", group: str | None = None) -> list[tuple[str, int]]:
    """Return the places a search finds, best first."""
    return [(hit.text.group, hit.text.number) for hit in index.search(owner, terms, group=group)]


class TextIndexContract:
    """Texts are found by their terms, best first, and never across owners."""

    def test_a_text_is_found_by_any_of_its_terms(self, index: TextIndex) -> None:
        index.add("ann", "g", _TALK, 9)

        assert found(index, "cat") == [("g", 3)]
        assert set(found(index, "cat", "lake")) == {("g", 3), ("g", 9)}
        assert found(index, "horse") == []
        assert index.search("ann", ["cat"])[0].text.terms == ("cat",)

    def test_an_index_nobody_filled_is_empty(self, index: TextIndex) -> None:
        assert found(index, "dog") == []
        assert index.positions(["g"]) == {}
        assert index.around([("g", 1)], 2) == [[]]
        assert index.frequencies("ann", ["dog"]) == (0, 0, {})
        assert index.beginning_with("ann", "d") == []
        index.remove("g")

    def test_scores_are_bm25(self, index: TextIndex) -> None:
        index.add("ann", "g", _TALK, 9)

        hits = index.search("ann", ["dog", "cat"])

        average = 9 / 4

        def worth(times: int, length: int, holding: int) -> float:
            idf = max(1e-6, math.log((4 - holding + 0.5) / (holding + 0.5)))
            return idf * times * 2.2 / (times + 1.2 * (0.25 + 0.75 * length / average))

        expected = {1: worth(1, 2, 2), 3: worth(1, 1, 1), 4: worth(3, 3, 2)}
        assert {hit.text.number: hit.score for hit in hits} == pytest.approx(expected)
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)

    def test_a_limit_keeps_the_best(self, index: TextIndex) -> None:
        index.add("ann", "g", [(1, ["cat", "a", "b", "c", "d"]), (2, ["cat"]), (3, ["dog"]), (4, ["dog"])], 4)

        assert [hit.text.number for hit in index.search("ann", ["cat"], limit=1)] == [2]
        assert index.search("ann", ["cat"], limit=0) == []

    def test_what_one_owner_has_is_neither_found_nor_counted_for_another(self, index: TextIndex) -> None:
        index.add("ann", "g", _TALK, 9)
        index.add("bob", "h", [(1, ["dog"])], 1)

        assert found(index, "dog", owner="bob") == [("h", 1)]
        assert found(index, "dog", owner="carol") == []
        assert found(index, "dog", owner="bob", group="g") == []
        assert index.frequencies("bob", ["dog", "cat"]) == (1, 1, {"dog": 1})
        assert index.beginning_with("bob", "c") == []

    def test_one_group_is_searched_alone_when_asked(self, index: TextIndex) -> None:
        index.add("ann", "g", _TALK, 9)
        index.add("ann", "h", [(1, ["dog"])], 1)

        assert found(index, "dog", group="h") == [("h", 1)]
        assert len(found(index, "dog")) == 3

    def test_a_position_is_how_far_a_group_was_read(self, index: TextIndex) -> None:
        index.add("ann", "g", _TALK, 12)
        index.add("ann", "h", [], 5)

        assert index.positions(["g", "h", "i"]) == {"g": 12, "h": 5}

    def test_what_was_read_already_is_not_added_again(self, index: TextIndex) -> None:
        index.add("ann", "g", _TALK, 9)
        index.add("ann", "g", [(4, ["other"]), (10, ["new"])], 10)

        assert found(index, "other") == []
        assert found(index, "new") == [("g", 10)]
        assert index.frequencies("ann", ["dog"]) == (5, 10, {"dog": 2})

    def test_the_texts_around_a_place_come_in_order(self, index: TextIndex) -> None:
        index.add("ann", "g", _TALK, 9)
        index.add("ann", "h", [(2, ["far"])], 2)

        def numbers(number: int, reach: int) -> list[int]:
            return [text.number for text in index.around([("g", number)], reach)[0]]

        assert numbers(3, 1) == [1, 3, 4]
        assert numbers(9, 2) == [3, 4, 9]
        assert numbers(2, 1) == [1, 3]
        assert numbers(1, 0) == [1]

    def test_a_removed_group_leaves_nothing(self, index: TextIndex) -> None:
        index.add("ann", "g", _TALK, 9)
        index.add("ann", "h", [(1, ["dog"])], 1)

        index.remove("g")

        assert found(index, "dog", "cat", "lake") == [("h", 1)]
        assert index.positions(["g", "h"]) == {"h": 1}
        assert index.frequencies("ann", ["dog", "cat"]) == (1, 1, {"dog": 1})
        index.add("ann", "g", [(1, ["cat"])], 1)
        assert found(index, "cat") == [("g", 1)]

    def test_terms_are_found_by_how_they_begin(self, index: TextIndex) -> None:
        index.add("ann", "g", [(1, ["paint", "painter", "pain", "zebra"])], 1)

        assert index.beginning_with("ann", "paint") == ["paint", "painter"]
        assert index.beginning_with("ann", "pa", limit=1) == ["pain"]

    @pytest.mark.parametrize("term", ["or", "and", "not", "near", "zürich", "数据", "ñandú", "007", "x" * 500, "ß"])
    def test_a_term_is_only_ever_a_term(self, index: TextIndex, term: str) -> None:
        index.add("ann", "g", [(1, [term]), (2, ["other"])], 2)

        assert found(index, term) == [("g", 1)]

    @pytest.mark.parametrize(
        "term", ["", " ", '"', "a b", "a*", "a-b", "a_b", "\x00", "\ud800", "near(a", "^a"], ids=ascii
    )
    def test_what_is_not_letters_and_digits_is_no_term(self, index: TextIndex, term: str) -> None:
        with pytest.raises(UsageError, match="not a term"):
            index.search("ann", [term])
        with pytest.raises(UsageError, match="not a term"):
            index.add("ann", "g", [(1, ["good", term])], 1)
        assert index.positions(["g"]) == {}

    def test_long_terms_and_texts_are_cut_and_long_searches_refused(self, index: TextIndex) -> None:
        index.add("ann", "g", [(1, ["x" * MAX_TERM + "tail"]), (2, ["word"] * MAX_TERMS + ["late"])], 2)

        assert found(index, "x" * MAX_TERM) == [("g", 1)]
        assert found(index, "late") == []
        with pytest.raises(UsageError, match="over the limit"):
            index.search("ann", [f"t{number}" for number in range(MAX_SEARCH_TERMS + 1)])

    def test_threads_that_read_the_same_texts_add_them_once(self, index: TextIndex) -> None:
        def add(worker: int) -> None:
            for number in range(1, 21):
                index.add("ann", "g", [(number, ["dog", f"only{number}"])], number)
                index.search("ann", ["dog"])

        run_together(4, add)

        assert index.frequencies("ann", ["dog"]) == (20, 40, {"dog": 20})

    def test_closing_twice_does_nothing(self, index: TextIndex) -> None:
        index.add("ann", "g", _TALK, 9)
        index.close()
        index.close()
