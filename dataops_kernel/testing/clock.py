"""A clock that tests move by hand."""

from datetime import UTC, datetime, timedelta


class ManualClock:
    """Stands still until it is moved; call it like the system's clock."""

    def __init__(self, start: datetime = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)) -> None:
        self.now = start

    def __call__(self) -> datetime:
        """Return the time it was last set to."""
        return self.now

    def advance(self, **by: float) -> None:
        """Move on by the keyword arguments of ``timedelta``; negative values jump back."""
        self.now += timedelta(**by)
