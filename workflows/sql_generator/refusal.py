"""The honest no: what was understood, what was not, what there is, and a question that would work."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .schema import Schema, Table
from .understanding import Refusal
from .wording import code, escaped, listed, plain
from .words import word_list as words

_TABLES, _COLUMNS = 5, 12
_OTHER_LANGUAGES = {
    "German": "der die das und nach wie viele zeige alle welche umsatz nicht mit für im ist sind den gib mir pro summe",
    "French": "le la les des du par combien montrez moyenne quel quelle pour et dans avec une sont est nombre total de",
    "Spanish": "el los las por cuántos cuantos muestra todos pedidos ventas del qué cuál con una en total y promedio",
    "Italian": "il lo gli per quanti mostra tutti vendite della di con media quale e ordini",
    "Portuguese": "os das dos por quantos mostre todos vendas da média qual e pedidos",
}


def refusal(no: Refusal, question: str, schema: Schema, *, of: str = "") -> str:
    """Return the refusal as Markdown; ``of`` is the question that a follow-up would have changed."""
    language = other_language(question)
    if language is not None:
        first = f"I can't answer this: it looks like {language}, and I read questions in English only."
    elif no.unknown:
        strange = listed([f"*{plain(word)}*" for word in no.unknown[:6]])
        first = f"I can't answer this: I don't know what {strange} means here."
    else:
        end = "" if no.reason.endswith("?") else "."
        first = f"I can't answer this as it stands: {escaped(no.reason)}{end}"
    parts = [first]
    if of and language is None:
        parts.append(f"I took it for a change of *{plain(of)}*, which stays as it was answered.")
    if no.understood and language is None:
        parts.append(f"Understood: {', '.join(plain(word) for word in no.understood[:12])}.")
    parts.append("What there is:\n" + "\n".join(_table(table) for table in schema.tables[:_TABLES]))
    if len(schema.tables) > _TABLES:
        parts[-1] += f"\n- and {len(schema.tables) - _TABLES} more tables"
    example = sample(schema)
    if example:
        parts.append(f"I could answer, for example: *{example}*")
    return "\n\n".join(parts)


def no_tables() -> str:
    """Return the refusal for a session without tables."""
    return (
        "There is no table to ask about yet. Profile a file first, for example: *profile orders.csv*; "
        "then ask, for example: *total amount by region*"
    )


def too_long(length: int, limit: int) -> str:
    """Return the refusal for a text that is no question."""
    return f"I can't answer this: it is {length:,} characters long, and I read questions of up to {limit:,}."


def other_language(question: str) -> str | None:
    """Return the language a question seems to be in when it is clearly not English."""
    letters = [char for char in question if char.isalpha()]
    if letters and sum(ord(char) > 0x24F for char in letters) > len(letters) / 2:
        return "another language"
    said = re.findall(r"[^\W\d_]+", question.lower())
    counts = {name: sum(word in words(known) for word in said) for name, known in _OTHER_LANGUAGES.items()}
    best = max(counts, key=lambda name: counts[name])
    english = sum(
        word in ("the", "of", "by", "in", "how", "show", "what", "which", "for", "and", "is", "are") for word in said
    )
    return best if counts[best] >= 2 and counts[best] > english else None


def _table(table: Table) -> str:
    names = [code(column.name) for column in table.columns[:_COLUMNS]]
    more = f" and {len(table.columns) - _COLUMNS} more" if len(table.columns) > _COLUMNS else ""
    return f"- {code(table.name)}: {', '.join(names)}{more}"


def sample(schema: Schema) -> str:
    """Return a question over these tables that can be answered."""
    for table in schema.tables:
        number = next((c for c in table.columns if c.is_additive), None)
        group = next((c for c in table.columns if c.kind == "text" and not c.is_key and not c.is_name), None)
        if number is not None and group is not None:
            return f"total {plain(_said(number.words))} by {plain(_said(group.words))}"
    for table in schema.tables:
        group = next((c for c in table.columns if c.kind in ("text", "flag") and not c.is_key and not c.is_name), None)
        if group is not None:
            return f"how many {plain(table.name.replace('_', ' '))} per {plain(_said(group.words))}"
    return f"how many {plain(schema.tables[0].name.replace('_', ' '))} are there" if schema.tables else ""


def _said(name: Sequence[str]) -> str:
    return " ".join(name)
