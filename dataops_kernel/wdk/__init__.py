"""The workflow development kit: start a workflow from a template and check that it signs the contract."""

from dataops_kernel.wdk.scaffold import TEMPLATES, WorkflowTemplate

__all__ = ["TEMPLATES", "WorkflowTemplate"]
