"""Storage on this machine's disk: SQLite, files, diskcache."""

from dataops_kernel.storage.embedded.blobs import FileBlobs
from dataops_kernel.storage.embedded.cache import DiskCache
from dataops_kernel.storage.embedded.ledger import SqliteLedger
from dataops_kernel.storage.embedded.textindex import SqliteTextIndex

__all__ = ["DiskCache", "FileBlobs", "SqliteLedger", "SqliteTextIndex"]
