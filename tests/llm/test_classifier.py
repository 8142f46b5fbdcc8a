"""What is learnt of a label set: deterministic, storable, quick, and deaf to small talk."""

import time

from dataops_kernel.llm.base import Label
from dataops_kernel.llm.rules import RulesModel
from dataops_kernel.llm.rules.classifier import Classifier, Fitted, fingerprint, fit
from dataops_kernel.testing.language_model_contract import LABELS

TEXTS = ["profile the invoices", "wich colums have mising values", "predict the sales", "good morning", ""]


def test_the_same_labels_and_text_give_the_same_confidence():
    assert [RulesModel().classify(text, LABELS) for text in TEXTS] == [
        RulesModel().classify(text, LABELS) for text in TEXTS
    ]


def test_what_was_learnt_can_be_kept_as_json():
    fitted = fit(LABELS)

    restored = Fitted.model_validate_json(fitted.model_dump_json())

    assert restored.fingerprint == fingerprint(LABELS)
    assert [Classifier(restored).scores(text) for text in TEXTS] == [Classifier(fitted).scores(text) for text in TEXTS]


def test_a_changed_example_is_another_label_set():
    changed = LABELS[0].model_copy(update={"examples": ("profile the receipts",)})

    assert fingerprint([changed, *LABELS[1:]]) != fingerprint(LABELS)
    assert RulesModel().classify("profile the receipts", [changed])[0].confidence > 0.9


def test_misspelled_requests_still_mean_what_they_mean():
    scored = RulesModel().classify("plese proflie the invocies", LABELS)

    assert scored[0].name == "profile_table"
    assert scored[0].confidence > 0.5


def test_other_words_for_the_same_thing_reach_a_label():
    scored = RulesModel().classify("give me an overview of the suppliers dataset", LABELS)

    assert scored[0].name == "profile_table"
    assert scored[0].confidence > 0.5


def test_a_label_that_is_only_a_name_can_be_meant_by_it():
    assert RulesModel().classify("send report", [Label(name="send_report")])[0].confidence > 0.5


def test_ten_labels_are_scored_in_under_a_millisecond_once_learnt():
    labels = [
        Label(name=f"{label.name}_{n}", **label.model_dump(exclude={"name"})) for n in range(4) for label in LABELS
    ]
    model = RulesModel()
    text = "which columns of the suppliers table have missing values?"
    model.classify(text, labels[:10])

    fastest = 1.0
    for _ in range(200):
        started = time.perf_counter()
        model.classify(text, labels[:10])
        fastest = min(fastest, time.perf_counter() - started)

    assert fastest < 0.001
