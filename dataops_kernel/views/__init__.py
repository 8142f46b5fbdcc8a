"""What doors draw: sentences, small tables and graphs made from the kernel's values, the same for every door."""

from dataops_kernel.views.checkpoints import (
    TreeRow,
    change_details,
    change_tables,
    change_title,
    diff_lines,
    tree_lines,
    tree_rows,
)
from dataops_kernel.views.events import event_line
from dataops_kernel.views.hits import snippet
from dataops_kernel.views.lineage import lineage_dot, lineage_lines
from dataops_kernel.views.lines import one_line
from dataops_kernel.views.markdown import literal_markdown, safe_markdown
from dataops_kernel.views.plain import plain_text
from dataops_kernel.views.tables import TableView, preview, text_table

__all__ = [
    "TableView",
    "TreeRow",
    "change_details",
    "change_tables",
    "change_title",
    "diff_lines",
    "event_line",
    "lineage_dot",
    "lineage_lines",
    "literal_markdown",
    "one_line",
    "plain_text",
    "preview",
    "safe_markdown",
    "snippet",
    "text_table",
    "tree_lines",
    "tree_rows",
]
