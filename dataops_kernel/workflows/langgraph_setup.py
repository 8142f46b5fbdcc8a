"""What must be said to langgraph before its first import; this module is imported by whatever leads to one."""

import os
import sys

# Restoring a checkpoint must not import whatever a tampered file names.
os.environ["LANGGRAPH_STRICT_MSGPACK"] = "true"

# The workbench opens no network connection. Tracing to a hosted service starts by environment alone, also by one
# that was meant for another program of the same shell.
for _name in ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING", "LANGCHAIN_TRACING_V2"):
    os.environ[_name] = "false"
if "langsmith.utils" in sys.modules:
    # Somebody imported langsmith first; it remembers what the environment said then.
    sys.modules["langsmith.utils"].get_env_var.cache_clear()
