"""A page of blocks that fills up: what fits is on it, what does not is told of."""

from dataops_kernel.llm.tokens import count_tokens, fit
from dataops_kernel.types import AutomaticCompression, ContextBlock, ContextView, LeftOut
from dataops_kernel.types.context import BlockKind

BETWEEN = 2
"""Tokens of the empty line between two blocks."""
_LEAST = 12  # below this many tokens what is left of a cut block says nothing


class Page:
    """Blocks within ``budget`` tokens; ``ids`` are those on it, ``entries`` the log entries it shows by a pin."""

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self.blocks: list[ContextBlock] = []
        self.ids: set[str] = set()
        self.entries: set[int] = set()
        self.used = 0
        self._left_out: list[LeftOut] = []

    @property
    def room(self) -> int:
        """The tokens that a further block may have."""
        return max(0, self.budget - self.used - (BETWEEN if self.blocks else 0))

    def add(
        self,
        id: str,
        kind: BlockKind,
        source: str,
        text: str,
        why: str,
        *,
        cut: bool = False,
        share: float = 1.0,
        pinned: bool = False,
    ) -> bool:
        """Add a block once and say whether it is there; ``cut``: as much as fits; ``share``: of all of its kind."""
        if id in self.ids:
            return True
        spent = sum(block.tokens + BETWEEN for block in self.blocks if block.kind == kind)
        room = min(self.room, int(self.budget * share) - spent)
        tokens = count_tokens(text)
        if tokens > room:
            whole = tokens
            text = fit(text, room) if cut and room >= _LEAST else ""
            if not text:
                self.leave(id, kind, whole, f"{whole} tokens are more than the {max(0, room)} that were left for it.")
                return False
            tokens = count_tokens(text)
            why = f"{why} Cut from {whole} tokens."
        self.used += tokens + (BETWEEN if self.blocks else 0)
        self.blocks.append(
            ContextBlock(id=id, kind=kind, source=source, text=text, tokens=tokens, why=why, pinned=pinned)
        )
        self.ids.add(id)
        return True

    def leave(self, id: str, kind: BlockKind, tokens: int, why: str) -> None:
        """Tell of something that has no room."""
        self._left_out.append(LeftOut(id=id, kind=kind, tokens=tokens, why=why))

    def view(self, session_id: str, compressions: tuple[AutomaticCompression, ...]) -> ContextView:
        """Return the page as a value."""
        view = ContextView(
            session_id=session_id,
            max_tokens=self.budget,
            tokens=0,
            blocks=tuple(self.blocks),
            left_out=tuple(self._left_out),
            compressions=compressions,
        )
        return view.model_copy(update={"tokens": count_tokens(view.text)})
