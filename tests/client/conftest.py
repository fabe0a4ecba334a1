"""These tests need a server that takes events."""

import importlib.util

collect_ignore = (
    [] if importlib.util.find_spec("verascope.ingest.event") else ["test_with_server.py"]
)
