"""The whole workflow, run in a workbench: what it says of a table is what the table holds."""

import datetime as dt
import json

import pytest

from dataops_kernel.errors import FileInputError


@pytest.fixture
def profile(workbench, tmp_path):
    """Write a file, profile it, and give the answer back with the session it stands in."""
    session = workbench.sessions.create_session()

    def run(content: str = "", name: str = "things.csv", source: str | None = None):
        if content:
            (tmp_path / name).write_text(content)
        given = source or str(tmp_path / name)
        return workbench.run("schema_analyzer", {"source": given}, session_id=session.session_id).result(timeout=120)

    run.session_id = session.session_id
    return run


@pytest.fixture
def rows(workbench, profile):
    """Return a table of the session as a list of dicts."""
    return lambda name: workbench.sql(f'from "{name}"', session_id=profile.session_id).to_pylist()


def lines(*rows, header="row_id,value"):
    return "\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n"


def test_the_profile_has_one_row_for_each_column_with_what_it_holds(profile, rows):
    answer = profile(lines((1, 2.5, "a"), (2, 3.5, "b"), (3, "", "a"), header="row_id,size,kind"))

    assert answer.kind == "answer"
    assert [column["name"] for column in answer.data["columns"]] == ["row_id", "size", "kind"]
    size, kind = rows("things_profile")[1:]
    assert (size["type"], size["missing"], size["distinct"], size["mean"], size["median"]) == ("DOUBLE", 1, 2, 3.0, 3.0)
    assert (size["min"], size["max"], size["missing_share"]) == ("2.5", "3.5", pytest.approx(1 / 3))
    assert (kind["type"], kind["unique"], kind["frequent"]) == ("VARCHAR", False, "a (2), b (1)")


def test_the_data_is_a_table_named_after_the_file_and_the_parent_of_its_profile(profile, rows, workbench):
    answer = profile(lines((1, 5), (2, 6)), name="My Orders-2026.csv")

    assert answer.data["table"] == "my_orders_2026"
    assert rows("my_orders_2026") == [{"row_id": 1, "value": 5}, {"row_id": 2, "value": 6}]
    table = workbench.artifacts.latest(profile.session_id, "my_orders_2026")
    stored = workbench.artifacts.latest(profile.session_id, "my_orders_2026_profile")
    assert stored.parent_artifacts == (table.artifact_id,)
    assert answer.artifacts[:2] == (stored.artifact_id, table.artifact_id)


def test_the_answer_shows_every_column_with_its_type(profile):
    text = profile(lines(("C-1", "2026-01-02", 5), ("C-2", "2026-02-03", 7), header="id,day,qty")).text

    assert "**`things`** has 2 rows and 3 columns." in text
    assert "| `id` | VARCHAR | 0 | 2 | `C-1` to `C-2` |" in text
    assert "| `day` | DATE | 0 | 2 | 2026-01-02 to 2026-02-03 |" in text
    assert "| `qty` | BIGINT | 0 | 2 | 5 to 7, median 6 |" in text


def test_a_table_of_the_session_is_profiled_by_its_name(profile):
    profile(lines((1, 5), (2, 6)))

    assert profile(source="THINGS").data["rows"] == 2


def test_the_single_key_is_found(profile):
    answer = profile(lines(*[(f"K{n}", n % 3) for n in range(20)]))

    assert answer.data["keys"] == [["row_id"]]
    assert "Each row is identified by `row_id`." in answer.text


def test_prices_that_happen_to_differ_are_no_key(profile):
    answer = profile(lines(*[(f"{n % 4}", n + 0.5) for n in range(20)], header="kind,price"))

    assert answer.data["keys"] == []


def test_a_pair_is_found_where_no_column_is_enough(profile):
    grid = [(order, line, 7) for order in range(6) for line in range(4)]

    answer = profile(lines(*grid, header="order_id,line_no,qty"))

    assert answer.data["keys"] == [["order_id", "line_no"]]
    assert "identified by `order_id` with `line_no`" in answer.text


def test_rows_that_stand_twice_are_counted_and_the_key_without_them_is_named(profile):
    answer = profile(lines(*[(n, n % 5) for n in range(30)], (7, 2), (7, 2)))

    assert answer.data["duplicate_rows"] == 2
    assert answer.data["keys"] == []
    assert answer.data["keys_without_duplicates"] == [["row_id"]]
    assert "2 rows too many: alike in every column to one that is there already (`row_id` `7`)." in answer.text


def test_a_key_with_a_repeated_value_in_another_row_is_doubted(profile):
    answer = profile(lines(*[(f"K{n}", n) for n in range(60)], ("K7", 500.5), header="item_id,size"))

    assert answer.data["duplicate_rows"] == 0
    assert "`item_id` looks like a key, but 1 row too many repeat a value: `K7`." in answer.data["doubts"]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["a", "", "b", "c"], "`value` is missing in 1 row (25.0%)."),
        (["a", "", "", ""], "`value` is missing in 3 rows (75.0%, more than half)."),
        (["", "", "", ""], "`value` is empty in every row."),
        (
            ["EMEA", "EMEA ", "AMER", "AMER"],
            "`value` has blanks around its value in 1 row; without blanks and capitals",
        ),
        (["emea", "EMEA", "AMER", "AMER"], "`value` has 3 values, but 2 when capitals are disregarded."),
        (["USD", "USD", "USD", "USD"], "`value` has the same value in every row: `USD`."),
        ([*map(str, range(39)), "n.v."], "`value` is a number in all but 1 row, so it stayed text."),
        ([f"2026-01-{1 + n % 28:02}" for n in range(199)] + ["2062-01-01"], "`value` reaches 2062-01-01, years after"),
    ],
)
def test_what_looks_wrong_is_said_with_numbers(profile, values, said):
    answer = profile(lines(*enumerate(values)))

    assert any(doubt.startswith(said) for doubt in answer.data["doubts"]), answer.data["doubts"]
    assert said in answer.text


def test_a_clean_table_is_called_clean(profile):
    answer = profile(lines((1, "a"), (2, "b"), (3, "c")))

    assert answer.data["doubts"] == []
    assert "Nothing looks wrong" in answer.text


def test_text_that_holds_something_else_is_recognised(profile, rows):
    profile(lines(*[(n, f"u{n}@example.org", "01/02/2026", f"0{n}") for n in range(5)], header="id,mail,day,zip"))

    assert [row["holds"] for row in rows("things_profile")] == ["", "e-mail addresses", "", "numbers as text"]


def test_what_the_reader_doubted_stands_in_the_answer(profile):
    answer = profile("id,qty\n1,5\n2\n3,6\n")

    assert "1 row (line 3) had fewer than 2 fields" in answer.text
    assert answer.data["reader_notes"]


def test_a_sample_of_the_rows_is_in_the_data(profile):
    answer = profile(lines(*[(n, f"2026-01-0{n}") for n in range(1, 9)]))

    assert answer.data["sample"][0] == {"row_id": 1, "value": "2026-01-01"}
    assert len(answer.data["sample"]) == 5
    json.dumps(answer.data)


def test_a_table_without_rows_is_described_all_the_same(profile, rows):
    answer = profile("a,b\n")

    assert "has 0 rows and 2 columns" in answer.text
    assert answer.data["keys"] == []
    assert [row["missing_share"] for row in rows("things_profile")] == [None, None]


def test_a_single_value_is_a_table_too(profile):
    answer = profile("[42]", name="one.json")

    assert "has 1 row and 1 column" in answer.text


def test_names_that_break_sql_or_markdown_do_no_harm(profile, rows):
    names = ['say "hi"', "a|b", "x`y", "select", "two\\nlines", "<b>bold</b>", "très", "n" * 190]
    record = {name.replace("\\n", "\n"): number for number, name in enumerate(names)}

    answer = profile(json.dumps([record, record]), name="odd.json")

    assert [row["column"] for row in rows("odd_profile")] == [" ".join(name.split()) for name in record]
    table = [line for line in answer.text.splitlines() if line.startswith("|")]
    assert len(table) == len(names) + 2
    assert all(line.replace(r"\|", "").count("|") == 6 for line in table)
    assert r"`a\|b`" in answer.text
    assert "``x`y``" in answer.text


def test_values_cannot_break_the_answers_table(profile):
    answer = profile(lines(*[(n, '"a|b\n`c`"') for n in range(3)]))

    (row,) = [line for line in answer.text.splitlines() if line.startswith("| `value`")]
    assert r"`` a\|b `c` `` (3)" in row


def test_five_hundred_columns_are_profiled_in_few_queries(profile, rows, workbench):
    header = ",".join(f"{'measure of something long ' * 3}{number}" for number in range(500))
    body = "\n".join(",".join(str(row * number) for number in range(500)) for row in range(1, 20))

    answer = profile(f"{header}\n{body}\n")

    assert len(rows("things_profile")) == 500
    assert "The other 460 columns are in the profile." in answer.text
    events = workbench.runs.attach(workbench.runs.list(profile.session_id)[0].run_id).events()
    assert sum(event.type == "sql" for event in events) < 40


def test_nested_values_from_other_workflows_are_counted_not_compared(profile, workbench):
    table = [{"id": n, "tags": ["a", "b"], "at": dt.datetime(2026, 1, 1)} for n in range(3)]
    from dataops_kernel.types import ArtifactMetadata

    metadata = ArtifactMetadata(session_id=profile.session_id, workflow_name="by_hand", name="nested")
    workbench.artifacts.store_artifact(table, metadata)

    answer = profile(source="nested")

    assert answer.data["keys"] == [["id"]]
    assert "| `tags` |" in answer.text


def test_a_missing_file_names_the_closest_one(profile, tmp_path):
    (tmp_path / "orders.csv").write_text(lines((1, 2)))

    with pytest.raises(FileInputError, match="Did you mean"):
        profile(source=str(tmp_path / "ordrs.csv"))


def test_the_same_file_again_is_not_loaded_twice(profile, workbench):
    import os

    profile(lines((1, 5), (2, 6)))
    path = workbench.artifacts.latest(profile.session_id, "things").description.splitlines()[0]
    file = path.removeprefix("Read from ").removesuffix(".")
    os.utime(file, (1_700_000_000, 1_700_000_000))

    profile(source=file)

    assert workbench.artifacts.latest(profile.session_id, "things").version == 1
    assert workbench.artifacts.latest(profile.session_id, "things_profile").version == 2
