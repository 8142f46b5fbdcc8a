"""Column names that SQL can tell apart, with a note for every one that had to change."""

from collections.abc import Sequence

LONGEST = 200
_NAMED = 5


def column_names(raw: Sequence[str], *, taken: Sequence[str] = ()) -> tuple[list[str], list[str]]:
    """Return one usable name per raw name, and notes.

    White space is trimmed and collapsed to single spaces, an empty name becomes ``column<number>``, a name over 200
    characters is cut, and a name that differs from an earlier one in case at most gets ``_2``, ``_3``, ….
    """
    seen = {name.casefold() for name in taken}
    wanted = {" ".join(name.split()).casefold() for name in raw}
    names: list[str] = []
    empty, cut, broken, doubled = [], [], [], []
    for number, text in enumerate(raw, start=1):
        name = " ".join(text.split())
        if name != text.strip():
            broken.append(name)
        if not name:
            name = f"column{number}"
            empty.append(name)
        if len(name) > LONGEST:
            name = name[:LONGEST]
            cut.append(name[:20] + "…")
        if name.casefold() in seen:
            base, counter = name, 2
            while f"{base}_{counter}".casefold() in seen | wanted:
                counter += 1
            name = f"{base}_{counter}"
            doubled.append(f"{base!r} (now {name!r})")
        seen.add(name.casefold())
        names.append(name)
    notes = []
    if empty:
        notes.append(f"{_some(empty, 'column')} had no name.")
    if doubled:
        notes.append(f"{_some(doubled, 'column name')} came again, compared without regard to case, and got a number.")
    if broken:
        notes.append(
            f"{_some(list(map(repr, broken)), 'column name')} held line breaks, tabs or double spaces, now a space."
        )
    if cut:
        notes.append(f"{_some(cut, 'column name')} were longer than {LONGEST} characters and were cut.")
    return names, notes


def _some(names: list[str], noun: str) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{len(names):,} {noun}{'s' if len(names) > 1 else ''} ({', '.join(names[:_NAMED])}{more})"
