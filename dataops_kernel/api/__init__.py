"""The REST door: the workbench's verbs as routes."""

from dataops_kernel.api.app import create_app

__all__ = ["create_app"]
