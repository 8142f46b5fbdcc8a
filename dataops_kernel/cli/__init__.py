"""The terminal door: answers on standard output, progress and errors on standard error."""
