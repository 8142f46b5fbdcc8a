"""The contract every language model signs: subclass ``LanguageModelContract`` and give it one fixture, ``model``."""

# ruff: noqa: D102  (the name of a test is its sentence)

from datetime import date

import pytest

from dataops_kernel.llm.base import Label, LanguageModel, Slot

LABELS = (
    Label(
        name="profile_table",
        description="Describe a table: its columns, their types and their missing values.",
        examples=("profile the invoices", "which columns of suppliers have missing values?"),
    ),
    Label(
        name="forecast",
        description="Predict how a monthly figure goes on.",
        examples=("forecast sales for the next six months", "how will costs develop next year?"),
    ),
    Label(
        name="send_report",
        description="Send a report by mail.",
        examples=("mail the weekly report to finance", "send last month's report to Anna"),
    ),
)
_UNUSUAL = [
    "",
    "   \n\t",
    "?!…",
    "🦆 🦆",
    "\u202eoffline\u202c \x00 \x1b[31m",
    "今天天气怎么样",
    "'; drop table x; --",
    "a" * 50_000,
    "(" * 20_000,
    "1,2." * 10_000,
]
_TODAY = date(2026, 11, 22)
_NOTES = (
    "The nightly load failed on Monday. The orders file arrived two hours late. The load waits for the orders file. "
    "Nobody was told. The canteen served soup. The load was started again by hand and finished at six."
)


class LanguageModelContract:
    """Four verbs whose answers have a known shape whatever the text, and say nothing the text does not."""

    @pytest.mark.parametrize(
        ("text", "name"),
        [
            ("profile the invoices", "profile_table"),
            ("are there missing values in some column of the suppliers table?", "profile_table"),
            ("please forecast the costs of next year", "forecast"),
            ("mail the report to the finance team", "send_report"),
        ],
    )
    def test_what_a_text_means_comes_first(self, model: LanguageModel, text: str, name: str) -> None:
        scored = model.classify(text, LABELS)

        assert scored[0].name == name
        assert scored[0].confidence > 0.5

    @pytest.mark.parametrize("text", ["what is the weather in Paris", "write me a poem", "hello", "book a flight"])
    def test_a_text_about_something_else_means_none_of_the_labels(self, model: LanguageModel, text: str) -> None:
        assert max(found.confidence for found in model.classify(text, LABELS)) < 0.35

    @pytest.mark.parametrize("text", _UNUSUAL, ids=lambda text: ascii(text)[:20])
    def test_every_label_is_scored_once_between_nothing_and_one_best_first(
        self, model: LanguageModel, text: str
    ) -> None:
        scored = model.classify(text, LABELS)

        assert sorted(found.name for found in scored) == sorted(label.name for label in LABELS)
        assert all(0.0 <= found.confidence <= 1.0 for found in scored)
        assert [found.confidence for found in scored] == sorted((f.confidence for f in scored), reverse=True)

    def test_without_labels_there_is_nothing_to_mean(self, model: LanguageModel) -> None:
        assert model.classify("profile the invoices", ()) == []

    def test_values_are_found_by_type(self, model: LanguageModel) -> None:
        slots = [
            Slot(name="limit", type="integer", description="How many rows to show."),
            Slot(name="share", type="number", description="The smallest share that counts."),
            Slot(name="since", type="date", description="The first day."),
            Slot(name="title", type="string", description="The report's title."),
            Slot(name="timeout", type="duration", description="How long to wait."),
            Slot(name="dry_run", type="boolean", description="Change nothing."),
        ]
        text = 'dry run with the title "Late jobs", limit 20, share 2.5, timeout 5 minutes, since 2026-03-01'

        assert model.extract(text, slots, today=_TODAY) == {
            "limit": 20,
            "share": 2.5,
            "since": "2026-03-01",
            "title": "Late jobs",
            "timeout": 300,
            "dry_run": True,
        }

    def test_days_count_from_the_day_that_was_given(self, model: LanguageModel) -> None:
        slot = Slot(name="day", type="date", description="The day to look at.")

        assert model.extract("what failed yesterday?", [slot], today=_TODAY) == {"day": "2026-11-21"}

    def test_a_choice_is_found_by_its_name_and_by_other_words_for_it(self, model: LanguageModel) -> None:
        slot = Slot(name="order", choices=("ascending", "descending"), synonyms={"descending": ("largest first",)})

        assert model.extract("sort them ascending", [slot]) == {"order": "ascending"}
        assert model.extract("sort them, largest first", [slot]) == {"order": "descending"}

    @pytest.mark.parametrize("text", [*_UNUSUAL, "tell me about the suppliers"], ids=lambda text: ascii(text)[:20])
    def test_what_is_not_there_is_left_out(self, model: LanguageModel, text: str) -> None:
        slots = [
            Slot(name="since", type="date", description="The first day."),
            Slot(name="dry_run", type="boolean", description="Change nothing."),
            Slot(name="order", choices=("ascending", "descending")),
        ]

        assert model.extract(text, slots, today=_TODAY) == {}

    @pytest.mark.parametrize("budget", [0, 1, 5, 15, 30])
    def test_a_summary_keeps_to_its_budget(self, model: LanguageModel, budget: int) -> None:
        summary = model.summarize(_NOTES, budget)

        assert len(summary) <= budget * 4
        assert len(summary) > 0 or budget <= 1

    @pytest.mark.parametrize("text", _UNUSUAL, ids=lambda text: ascii(text)[:20])
    def test_any_text_can_be_summarized(self, model: LanguageModel, text: str) -> None:
        assert len(model.summarize(text, 20)) <= 80

    def test_a_generated_text_says_the_facts(self, model: LanguageModel) -> None:
        text = "".join(model.generate("How large is the table?", {"rows": 1200, "table": "orders"}))

        assert "1,200" in text or "1200" in text
        assert "orders" in text

    def test_every_answer_can_name_its_engine(self, model: LanguageModel) -> None:
        assert model.engine in ("rules", "recorded", "llm")
