"""Storage in AWS."""
