"""Text from data never becomes markup, and what answers mean as markup stays markup."""

import pytest
from markdown_it import MarkdownIt

from dataops_kernel.views import literal_markdown, safe_markdown

RENDER = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render

HOSTILE = [
    "![x](http://evil.example/x.png)",
    "[click](http://evil.example)",
    "[click][ref]\n\n[ref]: http://evil.example",
    "<img src=http://evil.example/x.png>",
    "<http://evil.example>",
    "<script>alert(1)</script>",
    r"\![x](http://evil.example/x.png)",
    r"\\![x](http://evil.example/x.png)",
    r"\`![x](http://evil.example/x.png)`",
    "```![x](http://evil.example/x.png)`",
    "``![x](http://evil.example/x.png)`",
    "| a | b | c |\n|---|---|---|\n| `a | ![x](http://evil.example/x.png) | b` |",
    "| a | b | c |\n|---|---|---|\n| `a | [x](http://evil.example) | b` |",
]

# Harmless as they are; a second backslash before theirs would make them links and HTML.
BACKSLASHED = [
    r"[x\](http://evil.example)",
    r"\<img src=http://evil.example/x.png>",
    "[x]\n\n[x\\]: http://evil.example",
]


@pytest.mark.parametrize("treated", [safe_markdown, literal_markdown])
@pytest.mark.parametrize("text", HOSTILE + BACKSLASHED)
def test_a_hostile_value_makes_no_link_no_image_and_no_html(text, treated):
    html = RENDER(treated(text))

    assert "<a" not in html
    assert "<img" not in html
    assert "<script" not in html


@pytest.mark.parametrize("text", HOSTILE)
def test_the_same_hostile_values_are_dangerous_when_nobody_treats_them(text):
    html = RENDER(text)

    assert "<a" in html or "<img" in html or "<script" in html


def test_a_bare_address_is_broken_so_that_no_renderer_links_it():
    for treated in (safe_markdown, literal_markdown):
        assert "http://evil" not in treated("see http://evil.example")
        assert "www.evil" not in treated("see www.evil.example")


def test_emphasis_lists_tables_and_code_of_an_answer_stay():
    html = RENDER(safe_markdown("**APAC** leads\n\n- `a < b`\n\n| x |\n|---|\n| 1 |\n\n```\na <b> c\n```"))

    for part in ("<strong>APAC</strong>", "<li>", "<code>a &lt; b</code>", "<table>", "<pre>"):
        assert part in html


@pytest.mark.parametrize("text", ["$a$ costs $5", ":red[x]", ":material/home: x", ":blue-background[x]"])
def test_formulas_colours_and_icons_are_escaped(text):
    first = text.index("$") if "$" in text else text.index(":")

    assert safe_markdown(text)[first] == "\\"


@pytest.mark.parametrize(
    "text", ["before `cleanup` *x* <i>", "# no heading", "1. no list", "- no list", "_a_ snake_case", "a|b~~c~~", "\\*"]
)
def test_a_literal_reads_exactly_as_it_was_written(text):
    import html

    assert html.unescape(RENDER(literal_markdown(text))) == f"<p>{text}</p>\n"
