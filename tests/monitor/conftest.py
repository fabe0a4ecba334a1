"""The store's fixtures: fresh databases of both kinds."""

from tests.store.conftest import database, postgres_url, settings

__all__ = ["database", "postgres_url", "settings"]
