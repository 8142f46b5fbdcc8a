"""The contract every text index signs: subclass ``TextIndexContract`` and give it one fixture, ``index``."""

# ruff: noqa: D102  (the name of a test is its sentence)

import pytest

from dataops_kernel.errors import UsageError
from dataops_kernel.storage.textindex import LONGEST, MAX_SEARCH_TERMS, MAX_TERM, MAX_TERMS, TextIndex
from dataops_kernel.testing.threads import run_together

_TALK = [(1, ["dog", "beach"]), (3, ["cat"]), (4, ["dog", "dog", "dog"]), (9, ["lake", "painting", "sunset"])]


def found(index: TextIndex, *terms: str, owner: str = "ann", group: str | None = None) -> list[tuple[str, int]]:
    """Return the places a search finds, best first."""
    hits = index.search(owner, dict.fromkeys(terms, 1.0), group=group)
    return [(hit.text.group, hit.text.number) for hit in hits]


class TextIndexContract:
    """Texts are found by their terms, best first, and never across owners."""

    def test_a_text_is_found_by_any_of_its_terms(self, index: TextIndex) -> None:
        index.add("ann", "g", _TALK, 9)

        assert found(index, "cat") == [("g", 3)]
        assert set(found(index, "cat", "lake")) == {("g", 3), ("g", 9)}
        assert found(index, "horse") == []
        assert index.search("ann", {"cat": 1.0})[0].text == ("g", 3, ("cat",), 1)

    def test_an_index_nobody_filled_is_empty(self, index: TextIndex) -> None:
        assert found(index, "dog") == []
        assert index.positions(["g"]) == {}
        assert index.around([("g", 1)], 2) == [[]]
        assert index.frequencies("ann", ["dog"]) == (0, 0, {})
        assert index.beginning_with("ann", "d") == []
        index.remove("g")

    def test_a_score_is_the_weights_of_what_is_held_times_the_norm_of_the_length(self, index: TextIndex) -> None:
        index.add("bob", "h", [(1, ["long"] * 50)], 1)  # counts for bob's average only
        index.add("ann", "g", [*_TALK, (10, ["cat"] * (LONGEST + 45))], 10)

        hits = index.search("ann", {"dog": 2.0, "beach": 0.5, "cat": 1.0})

        average = (9 + LONGEST + 45) / 5

        def norm(length: int) -> float:
            return 2.2 / (1 + 1.2 * (0.6 + 0.4 * length / average))

        expected = {1: 2.5 * norm(2), 3: norm(1), 4: 2 * norm(3), 10: norm(LONGEST)}
        assert {hit.text.number: hit.score for hit in hits} == pytest.approx(expected)
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)

    def test_a_search_reads_no_more_postings_than_it_may_heaviest_and_newest_first(self, index: TextIndex) -> None:
        index.add(
            "ann", "g", [(number, ["common", "rare"] if number == 1 else ["common"]) for number in range(1, 9)], 8
        )
        index.add("ann", "h", [(1, ["other"])], 1)

        hits = index.search("ann", {"common": 0.1, "rare": 1.0}, group="g", postings=4)

        assert [hit.text.number for hit in hits] == [1, 8, 7, 6]
        assert index.search("ann", {"common": 1.0}, postings=0) == []

    def test_a_limit_keeps_the_best(self, index: TextIndex) -> None:
        index.add("ann", "g", [(1, ["cat", "a", "b", "c", "d"]), (2, ["cat"]), (3, ["dog"]), (4, ["dog"])], 4)

        assert [hit.text.number for hit in index.search("ann", {"cat": 1.0}, limit=1)] == [2]
        assert index.search("ann", {"cat": 1.0}, limit=0) == []

    def test_what_is_held_beside_the_heaviest_term_decides_among_many(self, index: TextIndex) -> None:
        index.add("ann", "g", [(n, ["heavy", "light" if n == 5 else "other"]) for n in range(1, 40)], 39)
        index.add("ann", "g", [(n, ["light", "other"]) for n in range(40, 50)], 49)

        hits = index.search("ann", {"light": 0.5, "heavy": 1.0}, limit=2)

        assert [hit.text.number for hit in hits] == [5, 39]

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

        def numbers(at: int, reach: int) -> list[int]:
            return [text.number for text in index.around([("g", at)], reach)[0]]

        assert numbers(1, 1) == [1, 3, 4]
        assert numbers(3, 2) == [3, 4, 9]
        assert numbers(0, 2) == [1, 3, 4]
        assert numbers(0, 0) == [1]
        assert [text.at for text in index.around([("g", 2)], 1)[0]] == [1, 2, 3]
        both = index.around([("h", 0), ("g", 0), ("nobody", 0)], 1)
        assert [[(text.group, text.number) for text in texts] for texts in both] == [
            [("h", 2)],
            [("g", 1), ("g", 3)],
            [],
        ]

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
            index.search("ann", {term: 1.0})
        with pytest.raises(UsageError, match="not a term"):
            index.add("ann", "g", [(1, ["good", term])], 1)
        assert index.positions(["g"]) == {}

    def test_long_terms_and_texts_are_cut_and_long_searches_refused(self, index: TextIndex) -> None:
        index.add("ann", "g", [(1, ["x" * MAX_TERM + "tail"]), (2, ["word"] * MAX_TERMS + ["late"])], 2)

        assert found(index, "x" * MAX_TERM) == [("g", 1)]
        assert found(index, "late") == []
        with pytest.raises(UsageError, match="over the limit"):
            index.search("ann", {f"t{number}": 1.0 for number in range(MAX_SEARCH_TERMS + 1)})

    def test_threads_that_read_the_same_texts_add_them_once(self, index: TextIndex) -> None:
        def add(worker: int) -> None:
            for number in range(1, 21):
                index.add("ann", "g", [(number, ["dog", f"only{number}"])], number)
                index.search("ann", {"dog": 1.0})

        run_together(4, add)

        assert index.frequencies("ann", ["dog"]) == (20, 40, {"dog": 20})

    def test_closing_twice_does_nothing(self, index: TextIndex) -> None:
        index.add("ann", "g", _TALK, 9)
        index.close()
        index.close()
