"""The notebook door: ``%load_ext dataops_kernel.notebook`` brings ``%ask`` and ``%%sql``."""

from dataops_kernel.notebook.magics import load_ipython_extension, unload_ipython_extension

__all__ = ["load_ipython_extension", "unload_ipython_extension"]
