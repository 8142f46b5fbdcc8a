"""Language, behind one seam: what the kernel asks of a model, and the engines that answer."""

from dataops_kernel.llm.base import EngineName, Label, LanguageModel, Scored, Slot

__all__ = ["EngineName", "Label", "LanguageModel", "Scored", "Slot"]
