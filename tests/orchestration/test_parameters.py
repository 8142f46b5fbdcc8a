"""What a message says about a workflow's parameters when they are marked: files, tables, columns, names."""

from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import BaseModel

from dataops_kernel.llm.rules import RulesModel
from dataops_kernel.orchestration.catalog import Catalog
from dataops_kernel.orchestration.parameters import Extraction, extract
from dataops_kernel.workflows.parameters import ColumnName, DataFile, NameIn, TableName, WholeMessage


class Load(BaseModel):
    path: Annotated[str, DataFile(suffixes=(".csv", ".parquet"))]


class Compare(BaseModel):
    paths: Annotated[list[str], DataFile(suffixes=(".csv",))]


class Profile(BaseModel):
    source: Annotated[str, DataFile(suffixes=(".csv",)), TableName()]


class Pick(BaseModel):
    table: Annotated[str | None, TableName()] = None
    columns: Annotated[list[str], ColumnName()]


class Job(BaseModel):
    job: Annotated[str, NameIn()]
    path: Annotated[str, DataFile(suffixes=(".jil",))] = "default.jil"


def read(model: type[BaseModel], text: str, catalog: Catalog, known: dict[str, Any] | None = None) -> Extraction:
    return extract(model, text, catalog, known or {}, RulesModel())


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("load orders.csv", "orders.csv"),
        ("load ./orders.csv, please.", "./orders.csv"),
        ("load (data/customers.csv)?", "data/customers.csv"),
        ('load "my data/late orders.csv"', "my data/late orders.csv"),
        ("load my data/late orders.csv now", "my data/late orders.csv"),
        ("path=data/customers.csv", "data/customers.csv"),
        ("load /no/such/file.parquet", "/no/such/file.parquet"),
        ("load invoices.csv", "invoices.csv"),
    ],
)
def test_a_path_is_read_as_it_was_typed(text, path, catalog, folder, monkeypatch):
    monkeypatch.chdir(folder)

    assert read(Load, text, catalog) == Extraction(values={"path": path})


def test_from_another_folder_a_relative_path_is_made_whole(catalog, folder):
    assert read(Load, "load orders.csv", catalog).values == {"path": str(folder / "orders.csv")}


def test_a_path_in_the_home_folder_is_made_whole(catalog, folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder))

    assert read(Load, "load ~/data/customers.csv", catalog).values == {"path": str(folder / "data" / "customers.csv")}


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("load ordrs.csv", "orders.csv"),
        ("load ORDERS.CSV", "orders.csv"),
        ("load customers.csv", "data/customers.csv"),
        (r"load Data\Customers.csv", "data/customers.csv"),
        ("load custmers.csv", "data/customers.csv"),
        ("load data/custmers.csv", "data/customers.csv"),
    ],
)
def test_a_file_that_can_only_be_one_other_is_corrected_and_said_so(text, path, catalog, folder, monkeypatch):
    monkeypatch.chdir(folder)

    found = read(Load, text, catalog)

    assert found.values == {"path": path}
    assert found.corrections == (f"Read {text.removeprefix('load ')!r} as {path!r}.",)


def test_files_that_differ_in_a_number_are_never_corrected_into_each_other(folder, monkeypatch):
    monkeypatch.chdir(folder)
    (folder / "sales_2025.csv").touch()

    found = read(Load, "load sales_2026.csv", Catalog((), folder))

    assert found == Extraction(values={"path": "sales_2026.csv"})


def test_a_file_named_without_its_suffix_is_found(catalog, folder, monkeypatch):
    monkeypatch.chdir(folder)

    found = read(Load, "please load the customers", catalog)

    assert found.missing == ("path",)  # a table has that name, so the word may mean the table
    assert read(Load, "please load the customers", Catalog((), folder)).values == {"path": "data/customers.csv"}


def test_a_file_of_another_kind_is_a_problem_not_a_value(catalog):
    found = read(Load, "load book.xlsx", catalog)

    assert found.missing == ("path",)
    assert found.problems == ("'book.xlsx' is not a .csv or .parquet file.",)


def test_an_address_is_a_problem_not_a_value(catalog):
    found = read(Load, "load https://example.com/orders.csv", catalog)

    assert found.missing == ("path",)
    assert "address" in found.problems[0]


def test_several_files_fill_a_list(catalog, folder, monkeypatch):
    monkeypatch.chdir(folder)

    assert read(Compare, "compare orders.csv with data/customers.csv", catalog).values == {
        "paths": ["orders.csv", "data/customers.csv"]
    }


@pytest.mark.parametrize("text", ["profile orders", "profile the ORDERS table", "profile every order"])
def test_a_table_is_found_in_any_form_of_its_name(text, catalog):
    assert read(Profile, text, catalog) == Extraction(values={"source": "orders"})


def test_a_misspelled_table_is_corrected_and_said_so(catalog):
    found = read(Profile, "profile custmers", catalog)

    assert found.values == {"source": "customers"}
    assert found.corrections == ("Read 'custmers' as 'customers'.",)


def test_markers_are_tried_in_their_order(catalog, folder, monkeypatch):
    monkeypatch.chdir(folder)

    assert read(Profile, "profile orders.csv like customers", catalog).values == {"source": "orders.csv"}


def test_a_file_that_is_gone_may_still_be_a_table(catalog, folder):
    (folder / "orders.csv").unlink()

    found = read(Profile, "profile orders.csv", catalog)

    assert found.values == {"source": "orders"}
    assert found.corrections == ("Read 'orders.csv' as the table 'orders'.",)


@pytest.mark.parametrize("text", ["profile it", "profile the table", "profile"])
def test_the_only_table_stands_for_a_required_one_and_it_is_said(text, one_table):
    found = read(Profile, text, one_table)

    assert found.values == {"source": "orders"}
    assert found.corrections == ("Took the table 'orders', the only one here.",)


def test_the_only_table_does_not_stand_for_one_that_was_named_and_is_unknown(one_table):
    assert read(Profile, "profile the invoices", one_table).missing == ("source",)


def test_among_several_tables_it_is_the_newest(catalog):
    assert read(Profile, "profile it", catalog).corrections == ("Took the table 'orders', the newest one here.",)
    assert read(Profile, "profile a table", catalog).missing == ("source",)


def test_columns_are_those_of_the_table_that_was_named(catalog):
    found = read(Pick, "show unit prices and customer id of orders", catalog)

    assert found.values == {"table": "orders", "columns": ["unit_price", "customer_id"]}


def test_a_column_of_another_table_is_missing(catalog):
    assert read(Pick, "show the segment of orders", catalog).missing == ("columns",)


@pytest.mark.parametrize(
    ("text", "job"),
    [
        ("what runs after LOAD_ORDERS?", "LOAD_ORDERS"),
        ("what runs after NIGHTLY", "NIGHTLY"),
        ("WHAT RUNS AFTER LOAD_ORDERS", "LOAD_ORDERS"),
        ("what runs after load_orders", "load_orders"),
        ('what runs after "load orders"', "load orders"),
        ("what stops when job payroll fails", "payroll"),
        ("parse the JIL in a.jil for JOB-7", "JOB-7"),
    ],
)
def test_a_name_is_found_by_its_shape(text, job, catalog):
    assert read(Job, text, catalog).values["job"] == job


@pytest.mark.parametrize(
    "text", ["which job fails", "read the JIL file", "which jobs reference others", "what is a box?"]
)
def test_an_ordinary_word_is_no_name(text, catalog):
    assert read(Job, text, catalog).missing == ("job",)


@pytest.mark.parametrize("pattern", ["(", "(a+)+$", r"\bjob-\d+\b"])
def test_a_pattern_that_is_wrong_or_slow_harms_nobody(pattern, catalog):
    class Named(BaseModel):
        name: Annotated[str | None, NameIn(pattern=pattern)] = None

    assert read(Named, f"after {'a' * 1000}! and job-7", catalog).problems == ()


def test_the_whole_message_is_kept_to_the_letter(catalog):
    class Ask(BaseModel):
        question: Annotated[str, WholeMessage()]

    text = '  Total "amount" by region?\n'

    assert read(Ask, text, catalog).values == {"question": text}


def test_what_is_known_already_is_kept(catalog):
    assert read(Job, "what runs after LOAD_B", catalog, {"job": "LOAD_A"}).values["job"] == "LOAD_A"


def test_nothing_outside_the_folder_is_listed_and_hidden_folders_are_left_alone(folder: Path):
    for path in (".git/inner.csv", "a/b/c/d/deep.csv", "node_modules/x.csv"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).touch()
    (folder / "outside").symlink_to(folder.parent)

    assert Catalog((), folder).files((".csv",)) == ("orders.csv", "data/customers.csv", "my data/late orders.csv")
