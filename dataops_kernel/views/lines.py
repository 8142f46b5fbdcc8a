"""Text from data as one line that stays one line, in a terminal as in a browser."""


def one_line(text: object) -> str:
    """Return the text with its blanks folded into single ones; control and direction characters are made visible."""
    return "".join(char if char.isprintable() else "�" for char in " ".join(str(text).split()))
