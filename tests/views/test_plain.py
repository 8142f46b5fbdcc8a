import pytest

from dataops_kernel.views import plain_text


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("**EMEA** leads with **1,234.50**.", "EMEA leads with 1,234.50."),
        ("the newest orders.order\\_date", "the newest orders.order_date"),
        ("`order_id` looks like *a key*", "order_id looks like a key"),
        ("`a * b` and 2 * 3 * 4", "a * b and 2 * 3 * 4"),
        ("- one\n- two", "- one\n- two"),
        ("``a`b``", "a`b"),
        ("no **end", "no **end"),
        ("C:\\\\logs", "C:\\logs"),
        ("", ""),
    ],
)
def test_an_answer_reads_as_plain_text(markdown, shown):
    assert plain_text(markdown) == shown
