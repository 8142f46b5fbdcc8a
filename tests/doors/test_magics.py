"""The notebook door's magics."""

import pytest
from IPython.core.error import UsageError
from IPython.testing.globalipapp import get_ipython


@pytest.fixture
def shell(tmp_path, monkeypatch):
    monkeypatch.setenv("DATAOPS_WORKSPACE", str(tmp_path / "ws"))
    shell = get_ipython()
    shell.run_line_magic("load_ext", "dataops_kernel.notebook")
    yield shell
    shell.run_line_magic("unload_ext", "dataops_kernel.notebook")


def test_ask_shows_the_answer_and_sql_returns_a_frame(shell, data):
    answer = shell.run_line_magic("ask", f"profile {data / 'orders.csv'}")
    frame = shell.run_cell_magic("sql", "", "select count(*) as n from orders")

    assert "orders" in answer.data
    assert frame["n"][0] > 100


def test_a_wrong_query_is_a_sentence_and_no_traceback(shell):
    with pytest.raises(UsageError, match="Fix:"):
        shell.run_line_magic("sql", "select * from nowhere")
