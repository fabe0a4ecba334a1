"""The store's databases of both kinds, for what is kept of notifications."""

from tests.store.conftest import database, postgres_url, settings  # noqa: F401
