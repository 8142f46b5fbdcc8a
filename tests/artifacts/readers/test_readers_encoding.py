"""Encodings: found over the whole file, converted without loss or refused."""

import pytest

from dataops_kernel.artifacts.readers import read_text_file
from dataops_kernel.errors import FileInputError, LimitExceededError

TEXT = 'id,name\n1,"Müller, Łódź"\n2,José\n'


@pytest.mark.parametrize(
    ("codec", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", b"\xef\xbb\xbf"),
        ("utf-16-le", b"\xff\xfe"),
        ("utf-16-be", b"\xfe\xff"),
        ("utf-16-le", b""),
        ("utf-16-be", b""),
        ("utf-32-le", b"\xff\xfe\x00\x00"),
    ],
)
def test_unicode_in_every_coat_gives_the_same_rows(read, codec, mark):
    assert read(mark + TEXT.encode(codec)).rows == [[1, "Müller, Łódź"], [2, "José"]]


def test_windows_1252_is_converted_with_a_note(read):
    found = read("id,name\n1,Müller\n2,“José” – 5 €\n".encode("cp1252"))

    assert found.rows == [[1, "Müller"], [2, "“José” – 5 €"]]
    assert found.report.encoding == "cp1252"
    assert "not UTF-8" in found.notes
    assert "line 2" in found.notes


def test_one_foreign_byte_deep_in_a_utf8_file_spoils_nothing(read):
    lines = "".join(f"{number},Müller\n" for number in range(2000))

    found = read(b"id,name\n" + lines.encode() + "2000,José\n".encode("cp1252"))

    assert found.rows[0] == [0, "Müller"]
    assert found.rows[-1] == [2000, "José"]
    assert "1 byte, the first in line 2,002" in found.notes


def test_a_multibyte_character_may_cross_the_edge_of_a_chunk(read):
    # The encoding is checked in chunks of 4 MB; one byte of an é stands before the edge, one behind it.
    head = "id,name\n1,"
    filler = "x" * (4 * 2**20 - len(head) - 1)

    found = read(f"{head}{filler}é\n2,b\n")

    assert found.rows[0][1] == filler + "é"
    assert found.report.encoding == "utf-8"


def test_cyrillic_in_one_byte_is_refused_not_guessed(read):
    with pytest.raises(FileInputError, match="neither UTF-8 nor a Western European encoding") as caught:
        read("имя,город\nИван,Москва\n".encode("cp1251"))

    assert "iconv" in caught.value.hint


def test_a_nul_byte_makes_a_file_binary_and_names_the_line(read):
    with pytest.raises(FileInputError, match="binary file: there is a NUL byte in line 2"):
        read(b"a,b\n1,\x00\n")


@pytest.mark.parametrize("codec", ["utf-8", "utf-16", "utf-16-le", "cp1252"])
def test_text_is_read_whatever_its_encoding(tmp_path, codec):
    file = tmp_path / "jobs.jil"
    file.write_bytes("insert_job: Prüfung\r\ncommand: lauf\r\n".encode(codec))

    text, name = read_text_file(file)

    assert text == "insert_job: Prüfung\r\ncommand: lauf\r\n"
    assert name.lower().startswith(codec[:6])


def test_text_over_the_limit_is_refused(tmp_path):
    (tmp_path / "a.jil").write_text("x" * 101)

    with pytest.raises(LimitExceededError, match="101 bytes; 100 are allowed"):
        read_text_file("a.jil", 100, cwd=tmp_path)


def test_binary_text_is_named(tmp_path):
    (tmp_path / "a.jil").write_bytes(b"\x89PNG\r\n\x1a\n rest")

    with pytest.raises(FileInputError, match="PNG image"):
        read_text_file("a.jil", cwd=tmp_path)
