"""The rules engine signs the language model's contract."""

import pytest

from dataops_kernel.llm.rules import RulesModel
from dataops_kernel.testing.language_model_contract import LanguageModelContract


class TestRulesModel(LanguageModelContract):
    @pytest.fixture
    def model(self) -> RulesModel:
        return RulesModel()
