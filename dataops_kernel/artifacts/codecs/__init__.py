"""Codecs: any value a run may leave behind, as bytes that give the same kind of value back."""

from dataops_kernel.artifacts.codecs.columns import TableSummary
from dataops_kernel.artifacts.codecs.documents import MAX_DEPTH, Document, decompress
from dataops_kernel.artifacts.codecs.forms import decode, encode
from dataops_kernel.artifacts.codecs.tables import ROW_GROUP_ROWS, Table, first_rows, read_summary

__all__ = [
    "MAX_DEPTH",
    "ROW_GROUP_ROWS",
    "Document",
    "Table",
    "TableSummary",
    "decode",
    "decompress",
    "encode",
    "first_rows",
    "read_summary",
]
