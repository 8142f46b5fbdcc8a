"""The lens: SQL over stored tables, through a guard and a fenced process."""

from dataops_kernel.artifacts.query.service import QueryLimits, QueryOutcome, QueryService

__all__ = ["QueryLimits", "QueryOutcome", "QueryService"]
