"""The contract every cache signs: subclass ``CacheContract`` and give it one fixture, ``cache``."""

# ruff: noqa: D102  (the name of a test is its sentence)

from time import monotonic
from typing import Any

import pytest

from dataops_kernel.errors import UsageError
from dataops_kernel.storage.cache import Cache
from dataops_kernel.testing.threads import run_together

_VALUES: list[Any] = [
    "text",
    "",
    "Zürich 数据 🦆 \x00 \ud800",
    0,
    -(2**70),
    1.5,
    True,
    False,
    [],
    [1, [2, None], {"a": "b"}],
    {},
    {"nested": {"list": [1, 2, 3], "none": None}},
    "long " * 100_000,
]
_KEYS = ["k", "", "Zürich 🦆", "a\x00b", "with space\nand line", "../../etc/passwd", "k" * 5000, "\ud800"]
_NOT_JSON: list[Any] = [object(), {1, 2}, b"bytes", {"deep": [object()]}, {(1, 2): 3}]


def wait_until_absent(cache: Cache, key: str) -> None:
    """Look until the key has expired; fail after five seconds."""
    deadline = monotonic() + 5
    while cache.get(key) is not None:
        assert monotonic() < deadline, f"{key!r} did not expire"


class CacheContract:
    """Values are JSON, they may expire, and losing them loses nothing."""

    @pytest.mark.parametrize("value", _VALUES, ids=lambda value: ascii(value)[:30])
    def test_a_value_comes_back_equal_and_of_the_same_type(self, cache: Cache, value: Any) -> None:
        cache.set("k", value)

        assert cache.get("k") == value
        assert type(cache.get("k")) is type(value)

    @pytest.mark.parametrize("key", _KEYS, ids=lambda key: ascii(key)[:30])
    def test_a_key_may_be_any_text(self, cache: Cache, key: str) -> None:
        cache.set(key, "mine")
        cache.set(key + "x", "another")

        assert cache.get(key) == "mine"
        cache.delete(key)
        assert cache.get(key) is None
        assert cache.get(key + "x") == "another"

    def test_an_absent_key_is_none_and_forgetting_it_does_nothing(self, cache: Cache) -> None:
        cache.delete("nobody")
        assert cache.get("nobody") is None

    def test_the_last_value_set_counts(self, cache: Cache) -> None:
        cache.set("k", "old" * 20_000)
        cache.set("k", ["new"])
        assert cache.get("k") == ["new"]

    def test_changing_what_was_set_or_got_changes_nothing_inside(self, cache: Cache) -> None:
        value = {"list": [1]}
        cache.set("k", value)
        value["list"].append(2)
        got = cache.get("k")
        assert got == {"list": [1]}
        got["list"].append(3)
        assert cache.get("k") == {"list": [1]}

    @pytest.mark.parametrize("value", _NOT_JSON, ids=["an object", "a set", "bytes", "deep inside", "a key"])
    def test_what_is_not_json_is_refused_and_nothing_changes(self, cache: Cache, value: Any) -> None:
        cache.set("k", "kept")

        with pytest.raises(UsageError, match="not JSON-shaped"):
            cache.set("k", value)
        with pytest.raises(UsageError, match="not JSON-shaped"):
            cache.add("other", value)

        assert cache.get("k") == "kept"
        assert cache.get("other") is None

    def test_a_value_expires(self, cache: Cache) -> None:
        cache.set("short", 1, ttl=0.05)
        cache.set("long", 2, ttl=60)
        cache.set("for ever", 3)

        wait_until_absent(cache, "short")

        assert (cache.get("long"), cache.get("for ever")) == (2, 3)

    def test_setting_anew_sets_the_time_anew(self, cache: Cache) -> None:
        cache.set("k", 1, ttl=0.05)
        cache.set("k", 2)
        cache.set("other", 1, ttl=0.06)

        wait_until_absent(cache, "other")

        assert cache.get("k") == 2

    def test_add_stores_only_what_is_absent(self, cache: Cache) -> None:
        assert cache.add("k", "first")
        assert not cache.add("k", "second")
        assert cache.get("k") == "first"
        cache.delete("k")
        assert cache.add("k", "third")

    def test_add_counts_a_stored_none_as_there_and_an_expired_value_as_gone(self, cache: Cache) -> None:
        cache.set("none", None)
        assert not cache.add("none", 1)
        cache.set("k", 1, ttl=0.05)
        wait_until_absent(cache, "k")
        assert cache.add("k", 2, ttl=60)
        assert cache.get("k") == 2

    def test_of_threads_that_add_one_key_exactly_one_stores(self, cache: Cache) -> None:
        won: list[tuple[int, int]] = []

        def add(worker: int) -> None:
            for turn in range(5):
                if cache.add(f"k{turn}", worker):
                    won.append((turn, worker))

        run_together(8, add)

        assert sorted(turn for turn, _ in won) == [0, 1, 2, 3, 4]
        assert all(cache.get(f"k{turn}") == worker for turn, worker in won)

    def test_closing_twice_does_nothing(self, cache: Cache) -> None:
        cache.set("k", 1)
        cache.close()
        cache.close()
