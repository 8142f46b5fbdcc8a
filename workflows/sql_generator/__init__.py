"""The workflow ``sql_generator``: questions in English, answered by SQL over the session's tables, without a model."""
