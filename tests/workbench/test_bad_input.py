"""Whatever is said to a session: a sentence with its fix comes back, and the session goes on."""

import io
import zipfile
from pathlib import Path

import pytest

from dataops_kernel.errors import DataOpsError, FileInputError, LimitExceededError, ParameterError, UsageError

PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452") + bytes(range(256)) * 8
ORDERS_ROWS = 600


@pytest.fixture
def folder(tmp_path, data, monkeypatch):
    """A folder a person works in, with one good file."""
    made = tmp_path / "work"
    made.mkdir()
    (made / "orders.csv").write_bytes((data / "orders.csv").read_bytes())
    monkeypatch.chdir(made)
    return made


@pytest.fixture
def session(workbench):
    return workbench.sessions.create_session().session_id


def ask(workbench, session, text):
    return workbench.ask(session, text).result(timeout=120)


def refused(workbench, session, text):
    with pytest.raises(DataOpsError) as caught:
        ask(workbench, session, text)
    assert caught.value.hint
    assert "Traceback" not in str(caught.value)
    return caught.value


def assert_failed_turn_is_told(workbench, session, text, error):
    asked, told = workbench.sessions.messages(session)[-2:]
    assert (asked.role, asked.content) == ("user", text)
    assert told.role == "assistant"
    assert error.message in told.content
    assert error.hint in told.content


def assert_goes_on(workbench, session):
    answer = ask(workbench, session, "profile orders.csv")
    assert answer.kind == "answer"
    assert workbench.sql("select count(*) n from orders", session).to_pylist() == [{"n": ORDERS_ROWS}]


def zipped() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("orders.csv", "a,b\n1,2\n" * 100)
    return held.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b" \n\n\t\n", "empty"),
        (PNG, "PNG"),
        (zipped(), "zip"),
        (b"\x00" * 5000, "broken.csv"),
        (b"\x7fELF" + bytes(range(256)) * 20, "broken.csv"),
    ],
    ids=["no bytes", "white space", "picture", "archive", "NULs", "program"],
)
def test_a_file_that_holds_no_data_is_refused_and_the_session_goes_on(workbench, session, folder, content, said):
    (folder / "broken.csv").write_bytes(content)

    error = refused(workbench, session, "profile broken.csv")

    assert isinstance(error, FileInputError)
    assert said in error.message
    assert_failed_turn_is_told(workbench, session, "profile broken.csv", error)
    assert workbench.artifacts.list_artifacts(session) == []
    assert_goes_on(workbench, session)


def test_a_missing_file_names_the_closest_existing_one(workbench, session, folder):
    text = "profile the_orders_of_march.csv"

    error = refused(workbench, session, text)

    assert isinstance(error, FileInputError)
    assert "the_orders_of_march.csv" in error.message
    assert "orders.csv" in error.hint
    assert_failed_turn_is_told(workbench, session, text, error)
    assert_goes_on(workbench, session)


def test_a_name_mistyped_by_a_letter_is_read_and_said_aloud(workbench, session, folder):
    answer = ask(workbench, session, "profile ordres.csv")

    assert "'ordres.csv'" in answer.text
    assert "'orders.csv'" in answer.text


def test_a_folder_named_like_a_file_is_refused_with_what_it_holds(workbench, session, folder):
    (folder / "monthly.csv").mkdir()
    (folder / "monthly.csv" / "march.csv").write_text("a\n1\n")

    error = refused(workbench, session, "profile monthly.csv")

    assert isinstance(error, FileInputError)
    assert "march.csv" in error.hint
    assert_failed_turn_is_told(workbench, session, "profile monthly.csv", error)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-16-be", "utf-8-sig", "utf-8"])
def test_letters_survive_whatever_encoding_the_file_came_in(workbench, session, folder, encoding):
    rows = [("1", "José Muñoz"), ("2", "Zoë Brönte"), ("3", "Ærø Smørrebrød")]
    text = "id,name\n" + "".join(f"{id},{name}\n" for id, name in rows)
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    (folder / "people.csv").write_bytes(mark + text.encode(encoding))

    answer = ask(workbench, session, "profile people.csv")

    stored = workbench.sql("select id::varchar id, name from people order by id", session).to_pylist()
    assert [(row["id"], row["name"]) for row in stored] == rows
    if encoding in ("cp1252", "utf-16", "utf-16-be"):
        assert "not UTF-8" in answer.text


def test_a_ragged_file_keeps_every_field_and_says_which_lines_are_odd(workbench, session, folder):
    (folder / "ragged.csv").write_text("a,b,c\n1,2,3\n4,5\n6,7,8,9\n")

    answer = ask(workbench, session, "profile ragged.csv")

    assert "line 3" in answer.text
    assert "line 4" in answer.text
    kept = {str(value) for row in workbench.sql("from ragged", session).to_pylist() for value in row.values()}
    assert {"1", "2", "3", "4", "5", "6", "7", "8", "9"} <= kept


def test_a_file_of_only_a_header_is_a_table_of_no_rows(workbench, session, folder):
    (folder / "header.csv").write_text("a,b,c\n")

    assert "0 rows" in ask(workbench, session, "profile header.csv").text
    assert workbench.sql("from header", session).column_names == ["a", "b", "c"]


@pytest.mark.parametrize("text", ["", "   ", "\n\t\r\n", "\u2003\u00a0"])
def test_an_empty_message_is_refused_before_anything_is_kept(workbench, session, text):
    with pytest.raises(UsageError, match="empty") as caught:
        workbench.ask(session, text)

    assert "profile orders.csv" in caught.value.hint
    assert workbench.sessions.messages(session) == []
    assert workbench.runs.list(session) == []


def test_a_megabyte_of_text_is_refused_before_anything_is_kept(workbench, session):
    with pytest.raises(LimitExceededError, match="1,000,000 bytes") as caught:
        workbench.ask(session, "x" * 1_000_000)

    assert "DATAOPS_MESSAGE_BYTES" in caught.value.hint
    assert workbench.sessions.messages(session) == []


@pytest.mark.parametrize(
    "text",
    [
        "what is the weather in Paris tomorrow?",
        "\x00",
        "a\x00b",
        "\x1b[31mred\x07\x08",
        "\ud800 and \udfff",
        "\u202egnp.tset\u202c",
        "\u2066\u2069\u200b",
        "🎉🎉🎉",
        "word " * 15_000,
        "{'a': [1, 2, {}]}" * 100,
        "<script>alert(1)</script>",
        "${HOME} `id` $(id) %s {0}",
    ],
    ids=lambda text: ascii(text[:20]),
)
def test_a_message_nobody_can_answer_lists_what_can_be_done(workbench, session, folder, text):
    answer = ask(workbench, session, text)

    assert answer.kind in ("reject", "question")
    assert "schema_analyzer" in answer.text or "profile" in answer.text or answer.question
    assert workbench.sessions.messages(session)[-1].content == answer.text
    assert_goes_on(workbench, session)


@pytest.mark.parametrize(
    "text", ["profile orders.csv 🎉", "\u202eprofile orders.csv", "profile\torders.csv\r\n", "profile 'orders.csv"]
)
def test_odd_marks_around_a_good_message_do_not_stop_it(workbench, session, folder, text):
    assert ask(workbench, session, text).kind == "answer"


@pytest.mark.parametrize(
    "path", ["a" * 5000 + ".csv", "/" + "a/" * 3000 + "x.csv", "x" * 300 + ".csv", "~nobody-such/x.csv"]
)
def test_a_path_no_disk_can_hold_is_a_sentence(workbench, session, folder, path):
    error = refused(workbench, session, f"profile {path}")

    assert isinstance(error, FileInputError)
    assert_goes_on(workbench, session)


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({}, "missing"),
        ({"source": 5}, "5"),
        ({"source": None}, "None"),
        ({"source": "orders.csv", "sorce": 1}, "sorce"),
        ({"source": "/dev/zero"}, "/dev/zero"),
        ({"source": "."}, "directory"),
        ({"source": "x\x00.csv"}, "control characters"),
        ({"source": "a" * 99_000}, "aaa"),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_a_parameter_that_does_not_fit_is_named(workbench, session, folder, params, said):
    with pytest.raises(UsageError) as caught:
        workbench.run("schema_analyzer", params, session).result(timeout=60)

    assert said in caught.value.message
    assert caught.value.hint
    assert_goes_on(workbench, session)


@pytest.mark.parametrize(
    "params", [{5: "x"}, {"source": object()}, {"source": "\ud800.csv"}, {"source": {1, object()}}, {"a": b"\xff\xfe"}]
)
def test_a_parameter_that_cannot_be_kept_is_refused_before_a_run_starts(workbench, session, params):
    with pytest.raises(ParameterError) as caught:
        workbench.run("schema_analyzer", params, session)

    assert caught.value.hint
    assert workbench.runs.list(session) == []


def test_a_parameter_that_holds_itself_is_refused(workbench, session):
    circle: list[object] = []
    circle.append(circle)

    with pytest.raises(ParameterError):
        workbench.run("schema_analyzer", {"source": circle}, session)


def test_a_path_object_is_as_good_as_its_text(workbench, session, data):
    answer = workbench.run("schema_analyzer", {"source": Path(data / "orders.csv")}, session).result(timeout=60)

    assert f"{ORDERS_ROWS} rows" in answer.text


def test_broken_characters_in_titles_and_context_never_reach_the_ledger(workbench, session):
    workbench.sessions.rename(session, "March \ud800 load")
    made = workbench.sessions.create_session(title="\udfff")
    with pytest.raises(ParameterError):
        workbench.sessions.set_context(session, "k", "\ud800")
    with pytest.raises(ParameterError):
        workbench.sessions.set_context(session, "\ud800", 1)
    with pytest.raises(LimitExceededError):
        workbench.sessions.set_context(session, "k", "x" * 1_000_000)

    assert workbench.sessions.get_session(session).title == "March ? load"
    assert workbench.sessions.get_session(made.session_id).title == "?"
