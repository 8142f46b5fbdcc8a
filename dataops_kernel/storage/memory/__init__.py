"""Storage in this process's memory: for tests, and strict enough that what passes here passes in the cloud."""

from dataops_kernel.storage.memory.blobs import MemoryBlobs
from dataops_kernel.storage.memory.cache import MemoryCache
from dataops_kernel.storage.memory.ledger import MemoryLedger
from dataops_kernel.storage.memory.textindex import MemoryTextIndex

__all__ = ["MemoryBlobs", "MemoryCache", "MemoryLedger", "MemoryTextIndex"]
