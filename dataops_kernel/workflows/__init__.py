"""What authors write (a workflow), what nodes get (a context), and what runs one workflow."""

from dataops_kernel.workflows.base import BaseWorkflow, WorkflowResult
from dataops_kernel.workflows.context import WorkflowContext
from dataops_kernel.workflows.parameters import (
    Choice,
    ColumnName,
    DataFile,
    Earlier,
    NameIn,
    TableName,
    WholeMessage,
)
from dataops_kernel.workflows.registry import WorkflowInfo, WorkflowRegistry
from dataops_kernel.workflows.runner import WorkflowRunner

__all__ = [
    "BaseWorkflow",
    "Choice",
    "ColumnName",
    "DataFile",
    "Earlier",
    "NameIn",
    "TableName",
    "WholeMessage",
    "WorkflowContext",
    "WorkflowInfo",
    "WorkflowRegistry",
    "WorkflowResult",
    "WorkflowRunner",
]
