"""The notebook door's magics."""

import pytest
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell


@pytest.fixture
def shell(tmp_path, monkeypatch):
    """A shell of its own for each test, with the magics on a fresh workspace."""
    monkeypatch.setenv("DATAOPS_WORKSPACE", str(tmp_path / "ws"))
    monkeypatch.setenv("DATAOPS_USER", "ann")
    shell = InteractiveShell()
    shell.run_line_magic("load_ext", "dataops_kernel.notebook")
    yield shell
    shell.run_line_magic("unload_ext", "dataops_kernel.notebook")
    shell.history_manager.end_session()


def test_ask_shows_the_answer_and_sql_returns_a_frame(shell, data):
    answer = shell.run_line_magic("ask", f"profile {data / 'orders.csv'}")
    frame = shell.run_cell_magic("sql", "", "select count(*) as n from orders")

    assert "orders" in answer.data
    assert frame["n"][0] == 600


def test_ask_tells_its_progress_on_standard_error(shell, data, capsys):
    shell.run_line_magic("ask", f"profile {data / 'customers.csv'}")

    assert "stored customers" in capsys.readouterr().err


def test_a_wrong_query_is_a_sentence_and_no_traceback(shell):
    with pytest.raises(UsageError, match="Fix:"):
        shell.run_line_magic("sql", "select * from nowhere")


@pytest.mark.parametrize("line", ["", "   ", "profile no_such_file_anywhere.csv"])
def test_a_wrong_message_is_a_sentence_and_the_next_one_is_answered(shell, data, line):
    with pytest.raises(UsageError, match="Fix:"):
        shell.run_line_magic("ask", line)

    assert "600 rows" in shell.run_line_magic("ask", f"profile {data / 'orders.csv'}").data


def test_a_user_of_the_shell_sees_the_fix_and_no_line_of_ours(shell, capsys):
    shell.run_cell("%sql drop table orders")

    shown = capsys.readouterr()
    assert "only read" in shown.out + shown.err
    assert "Traceback" not in shown.out + shown.err
    assert "magics.py" not in shown.out + shown.err
