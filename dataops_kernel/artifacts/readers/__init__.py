"""From a file somebody has to a table we keep: read whole, in bounded memory, with every doubt said."""

from dataops_kernel.artifacts.readers.kinds import DATA_SUFFIXES
from dataops_kernel.artifacts.readers.paths import find_file
from dataops_kernel.artifacts.readers.reader import read_file
from dataops_kernel.artifacts.readers.report import FileFormat, ReadLimits, ReadReport, Watch
from dataops_kernel.artifacts.readers.text import TEXT_BYTES, read_text_file

__all__ = [
    "DATA_SUFFIXES",
    "TEXT_BYTES",
    "FileFormat",
    "ReadLimits",
    "ReadReport",
    "Watch",
    "find_file",
    "read_file",
    "read_text_file",
]
