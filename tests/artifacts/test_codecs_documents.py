import enum
import json
import uuid
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataops_kernel.artifacts.codecs import MAX_DEPTH, decode, decompress, encode
from dataops_kernel.errors import LimitExceededError, ParameterError

LIMIT = 8 * 1024 * 1024

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"))
)
keys = st.text(st.characters(codec="utf-8"), max_size=8)
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(keys, inner), max_leaves=12)


def stored(content):
    document = encode(content, LIMIT)
    plain = document.data if document.encoding == "plain" else decompress(document.data, document.size_bytes)
    assert len(plain) == document.size_bytes
    return decode(document.form, plain)


def nested(levels, make=lambda inner: [inner]):
    content = 1
    for _ in range(levels):
        content = make(content)
    return content


@settings(max_examples=80, deadline=None)
@given(st.dictionaries(keys, values, max_size=5))
def test_every_dict_of_json_values_comes_back_as_it_was(content):
    assert stored(content) == content
    assert json.dumps(stored(content)) == json.dumps(content)


@settings(max_examples=80, deadline=None)
@given(st.text(st.characters(codec="utf-8")))
def test_every_text_comes_back_as_it_was(content):
    assert stored(content) == content


@settings(max_examples=80, deadline=None)
@given(st.binary())
def test_every_bytes_come_back_as_they_were(content):
    assert stored(content) == content


@pytest.mark.parametrize("content", [[], [1, "a", None], [{"a": 1}, 2], {}, {"a": [{"b": {}}]}, "", b""])
def test_lists_that_are_not_rows_and_empty_content_are_documents(content):
    assert stored(content) == content
    assert type(stored(content)) is type(content)


def test_tuples_inside_come_back_as_lists():
    assert stored({"a": (1, (2, 3))}) == {"a": [1, [2, 3]]}


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ({"a": [1.0, float("nan")]}, "content['a'][1] is nan"),
        ({"a": {"b": float("inf")}}, "content['a']['b'] is inf"),
        ([None, float("-inf")], "content[1] is -inf"),
        ({"a": "\ud800"}, "content['a'] holds half of a character"),
        ({"\udfff": 1}, "has the key '\\udfff'"),
        ({1: "a"}, "content has the key 1, which is not text"),
        ({"a": {None: 1}}, "content['a'] has the key None"),
        ({"a": 2**64}, "content['a'] is a number of 65 bits"),
        ({"a": -(2**63) - 1}, "content['a'] is a number of 64 bits"),
        ({"a": {1, 2}}, "content['a'] is a builtins.set"),
        ({"a": b"x"}, "content['a'] is a builtins.bytes"),
        ({"a": datetime(2026, 1, 1)}, "content['a'] is a datetime.datetime"),
        ({"a": uuid.UUID(int=1)}, "content['a'] is a uuid.UUID"),
        ({"a": enum.Enum("Color", "RED").RED}, "content['a'] is a "),
        ([object()], "content[0] is a builtins.object"),
    ],
)
def test_a_value_that_json_cannot_hold_exactly_is_refused_with_its_place(content, place):
    with pytest.raises(ParameterError) as caught:
        encode(content, LIMIT)

    assert place in caught.value.message
    assert caught.value.hint


def test_numbers_of_other_libraries_are_named_instead_of_rounded():
    import numpy as np

    with pytest.raises(ParameterError, match=r"content\['a'\] is a numpy.float64"):
        encode({"a": np.float64(1.5)}, LIMIT)


@pytest.mark.parametrize("make", [lambda inner: [inner], lambda inner: {"a": inner}], ids=["lists", "dicts"])
def test_nesting_is_kept_to_the_documented_depth_and_refused_beyond(make):
    assert stored(nested(MAX_DEPTH, make)) == nested(MAX_DEPTH, make)

    for levels in (MAX_DEPTH + 1, 1000, 100_000):
        with pytest.raises(ParameterError, match=f"more than {MAX_DEPTH} levels"):
            encode({"top": nested(levels, make)} if levels > 1000 else nested(levels, make), LIMIT)


def test_content_that_contains_itself_is_refused():
    content = {"a": [1]}
    content["a"].append(content)

    with pytest.raises(ParameterError, match=r"content\['a'\]\[1\] contains itself"):
        encode(content, LIMIT)


def test_the_same_part_twice_is_no_circle():
    part = {"x": 1}

    assert stored({"a": part, "b": [part, part]}) == {"a": part, "b": [part, part]}


@pytest.mark.parametrize("content", ["x" * 101, b"x" * 101, {"a": "x" * 101}, [list(range(101))]])
def test_content_over_the_limit_is_refused_with_both_numbers(content):
    with pytest.raises(LimitExceededError, match="limit of 100"):
        encode(content, 100)


def test_large_documents_are_compressed_and_small_or_dense_ones_are_not():
    import os

    repeated = {"rows": ["the same again"] * 10_000}
    assert encode(repeated, LIMIT).encoding == "zstd"
    assert len(encode(repeated, LIMIT).data) < encode(repeated, LIMIT).size_bytes / 10
    assert stored(repeated) == repeated
    assert encode({"a": "x" * 1000}, LIMIT).encoding == "plain"
    assert encode(os.urandom(50_000).hex()[:33_000], LIMIT).encoding == "zstd"
    assert encode(os.urandom(50_000), LIMIT).encoding == "plain"


def test_text_with_half_characters_is_refused_with_the_position():
    with pytest.raises(ParameterError, match="at position 2"):
        encode("ab\udc80", LIMIT)


@pytest.mark.parametrize("content", [None, 1, 1.5, True, object(), {1, 2}, (1, 2), lambda: 1])
def test_values_of_no_storable_kind_are_named(content):
    with pytest.raises(ParameterError, match="cannot be stored as an artifact") as caught:
        encode(content, LIMIT)

    assert "list of dicts" in caught.value.hint


def test_near_misses_name_the_method_that_helps():
    import pandas as pd

    with pytest.raises(ParameterError, match=r"pandas\..*Series") as caught:
        encode(pd.Series([1]), LIMIT)

    assert "to_frame()" in caught.value.hint


def test_a_document_is_encoded_without_loading_a_table_library():
    import subprocess
    import sys

    code = (
        "import sys; from dataops_kernel.artifacts.codecs import encode, decode;"
        "decode('json', encode({'a': 1}, 99).data); encode('x', 99); encode(b'x', 99);"
        "sys.exit(bool({'pyarrow', 'pandas', 'numpy', 'duckdb'} & set(sys.modules)))"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
