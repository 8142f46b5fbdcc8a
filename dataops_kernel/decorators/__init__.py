"""What authors put on nodes."""

from dataops_kernel.decorators.recovery import with_error_recovery
from dataops_kernel.decorators.timing import with_telemetry

__all__ = ["with_error_recovery", "with_telemetry"]
