"""The workflow ``jil_parser``: AutoSys job estates read, drawn as a graph and asked about."""
