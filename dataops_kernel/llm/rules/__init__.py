"""The engine that needs nothing: language by word statistics and small grammars."""

from dataops_kernel.llm.rules.model import RulesModel

__all__ = ["RulesModel"]
