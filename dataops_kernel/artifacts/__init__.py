"""What runs leave behind: content with its versions, and the graph of where it came from."""

from dataops_kernel.artifacts.lineage import ITSELF, Lineage
from dataops_kernel.artifacts.store import ArtifactStore

__all__ = ["ITSELF", "ArtifactStore", "Lineage"]
