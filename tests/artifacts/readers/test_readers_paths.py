"""Paths: what is not there is answered by what was probably meant."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from dataops_kernel.artifacts.readers import find_file, read_file
from dataops_kernel.errors import FileInputError, LimitExceededError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data" / "raw").mkdir(parents=True)
    for name in ("orders.csv", "customers.csv", "raw/events.jsonl"):
        (tmp_path / "data" / name).write_text("a,b\n1,2\n")
    return tmp_path


@pytest.mark.parametrize(
    ("wanted", "meant"),
    [
        ("data/ordrs.csv", "data/orders.csv"),
        ("data/Orders.CSV", "data/orders.csv"),
        ("data/orders", "data/orders.csv"),
        ("data/orders.parquet", "data/orders.csv"),
        ("dta/orders.csv", "data/orders.csv"),
        ("dat/custmers.csv", "data/customers.csv"),
        ("orders.csv", "data/orders.csv"),
        ("events.jsonl", "data/raw/events.jsonl"),
        ("data/events.jsonl", "data/raw/events.jsonl"),
        ("somewhere/else/orders.csv", "data/orders.csv"),
        ("data/orders.csv/x", "data/orders.csv"),
    ],
)
def test_a_missing_file_names_the_closest_existing_one(folder, wanted, meant):
    with pytest.raises(FileInputError, match="There is no file") as caught:
        find_file(wanted, cwd=folder)

    assert caught.value.facts["closest"] == meant
    assert meant in caught.value.hint


def test_a_missing_file_with_nothing_like_it_lists_the_folder(folder):
    with pytest.raises(FileInputError) as caught:
        find_file("data/zzz.bin", cwd=folder)

    assert caught.value.facts["closest"] is None
    assert "customers.csv, orders.csv" in caught.value.hint


def test_a_directory_names_the_files_inside(folder):
    with pytest.raises(FileInputError, match="is a directory") as caught:
        find_file("data", cwd=folder)

    assert caught.value.facts["files"] == ("customers.csv", "orders.csv")
    assert "data/customers.csv" in caught.value.hint


def test_a_relative_path_starts_at_the_given_folder_and_a_tilde_at_home(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder / "data"))

    assert find_file("data/orders.csv", cwd=folder) == folder / "data" / "orders.csv"
    assert find_file("~/orders.csv") == folder / "data" / "orders.csv"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("", "No file was named"),
        ("a\nb.csv", "control characters"),
        ("a\x00b.csv", "control characters"),
        ("s3://bucket/a.csv", "not a local file"),
        ("x" * 5000 + ".csv", "cannot be opened"),
        ("~nobody-of-that-name/a.csv", "cannot be opened"),
        ("/dev/null", "not a regular file"),
    ],
)
def test_a_path_that_cannot_be_one_says_why(folder, path, said):
    with pytest.raises(FileInputError, match=said):
        find_file(path, cwd=folder)


def test_a_pipe_is_refused_without_waiting_for_it(folder):
    os.mkfifo(folder / "pipe.csv")

    with pytest.raises(FileInputError, match="not a regular file"):
        find_file("pipe.csv", cwd=folder)


def test_a_loop_of_links_is_refused(folder):
    (folder / "a.csv").symlink_to(folder / "b.csv")
    (folder / "b.csv").symlink_to(folder / "a.csv")

    with pytest.raises(FileInputError, match="cannot be opened"):
        find_file("a.csv", cwd=folder)


@pytest.mark.parametrize("content", ["", "   \n\t\n", "\ufeff"])
def test_an_empty_file_is_called_empty(read, content):
    with pytest.raises(FileInputError, match="is empty"):
        read(content)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\x1f\x8b\x08rest", "gzip"),
        (b"\x89PNG\r\n\x1a\nrest", "PNG image"),
        (b"\xff\xd8\xff\xe0rest", "JPEG image"),
        (b"%PDF-1.7 rest", "PDF"),
        (b"SQLite format 3\x00rest", "SQLite database"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "old Excel"),
        (b"PK\x03\x04rest", "damaged zip"),
        (b"ARROW1\x00\x00", "Arrow"),
    ],
)
def test_a_binary_file_is_named_for_what_it_is(read, head, kind):
    with pytest.raises(FileInputError, match=kind) as caught:
        read(head)

    assert caught.value.hint


@pytest.mark.parametrize(("inside", "kind"), [("xl/workbook.xml", "Excel workbook"), ("orders.csv", "a zip archive")])
def test_a_zip_is_named_by_what_it_holds(tmp_path, inside, kind):
    with zipfile.ZipFile(tmp_path / "book.csv", "w") as archive:
        archive.writestr(inside, "a,b")

    with pytest.raises(FileInputError, match=kind):
        read_file("book.csv", tmp_path / "out", cwd=tmp_path)


def test_an_unsupported_suffix_lists_the_supported_ones(read):
    with pytest.raises(FileInputError, match=r"'\.yaml'") as caught:
        read("a: b\n", "config.yaml")

    assert ".csv" in caught.value.hint
    assert ".parquet" in caught.value.hint


def test_a_file_without_a_suffix_is_judged_by_its_content(read):
    assert read("a,b\n1,2\n", "export").rows == [[1, 2]]


def test_a_file_over_the_limit_is_refused_before_it_is_read(read):
    from dataops_kernel.artifacts.readers import ReadLimits

    with pytest.raises(LimitExceededError, match="20 bytes; 10 are allowed"):
        read("a,b\n1,2\n3,4\n5,6\n7,8\n", limits=ReadLimits(file_bytes=10))


def test_a_file_that_changes_while_it_is_read_is_refused(read, tmp_path):
    def write_to_it(said: str) -> None:
        if "columns" in said:
            (tmp_path / "data.csv").write_text("a,b\n1,2\n3,4\n")

    with pytest.raises(FileInputError, match=r"written to while it was read|read reliably"):
        read("a,b\n1,2\n", watch=write_to_it)


def test_a_file_that_is_deleted_while_it_is_read_is_an_error_of_ours(read, tmp_path):
    def delete(said: str) -> None:
        (tmp_path / "data.csv").unlink(missing_ok=True)

    with pytest.raises(FileInputError, match="while it was read"):
        read("a,b\n1,2\n", watch=delete)


def test_a_copy_that_the_system_refuses_to_write_is_an_error_of_the_disk_not_of_the_file(tmp_path):
    """The evened copy of a ragged file does not fit: the process may write files of 64 KB at most."""
    (tmp_path / "ragged.csv").write_text("a,b,c\n" + "1,2\n" * 50_000)
    code = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from dataops_kernel.artifacts.readers import read_file\n"
        "from dataops_kernel.errors import DataOpsError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))\n"
        "try: read_file(sys.argv[1], Path(sys.argv[2]))\n"
        "except DataOpsError as error: print(error.code, error)\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "ragged.csv"), str(tmp_path / "out")],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.startswith("storage_unavailable ")
    assert "no room to write what is read from 'ragged.csv': File too large" in done.stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become a user who may not read the file")
def test_a_file_that_may_not_be_read_says_so(tmp_path):
    file = tmp_path / "secret.csv"
    file.write_text("a,b\n1,2\n")
    file.chmod(0o600)
    code = (
        "import os, sys\n"
        "from dataops_kernel.artifacts.readers import find_file\n"
        "from dataops_kernel.errors import FileInputError\n"
        "os.setgid(65534); os.setuid(65534)\n"
        "try: find_file(sys.argv[1])\n"
        "except FileInputError as error: sys.exit(0 if 'may not be read' in str(error) else str(error))\n"
        "sys.exit('it was found')\n"
    )

    done = subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
