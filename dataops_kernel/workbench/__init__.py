"""The facade: every verb a door needs, asked of `access` first."""

from dataops_kernel.workbench.facade import Workbench

__all__ = ["Workbench"]
