"""The workflow ``schema_analyzer``: what a data file holds, and what looks wrong with it."""
