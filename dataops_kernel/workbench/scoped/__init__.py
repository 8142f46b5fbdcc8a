"""The kernel's services as one user sees them: the same verbs, each asked of the guard first."""

from dataops_kernel.workbench.scoped.artifacts import UserArtifacts
from dataops_kernel.workbench.scoped.context import UserContext
from dataops_kernel.workbench.scoped.runs import UserRuns
from dataops_kernel.workbench.scoped.sessions import UserSessions
from dataops_kernel.workbench.scoped.users import UserDirectory

__all__ = ["UserArtifacts", "UserContext", "UserDirectory", "UserRuns", "UserSessions"]
