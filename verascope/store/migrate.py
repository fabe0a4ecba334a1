"""Bringing a database to the schema of this version, with Alembic."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from verascope.errors import StoreUnusable

VERSION_TABLE = "alembic_version"


def upgrade(connection: Connection) -> None:
    """Run the migrations that are missing, inside the caller's transaction.

    Raises StoreUnusable for a schema that this version does not know: it was made by a newer one.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    script = ScriptDirectory.from_config(config)
    current = MigrationContext.configure(connection).get_current_revision()
    known = {revision.revision for revision in script.walk_revisions()}
    if current is not None and current not in known:
        raise StoreUnusable(
            f"The database has schema {current}, which this version does not know; it was made by a newer "
            "Verascope. Install that version, or restore a backup from before."
        )
    if current != script.get_current_head():
        command.upgrade(config, "head")
