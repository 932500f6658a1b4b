"""PostgreSQL extensions by migration, with a word for the administrator when the role may not."""

from django.contrib.postgres.operations import CreateExtension
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState
from django.db.utils import ProgrammingError

NEEDED = ("btree_gist", "pg_trgm", "unaccent")


class NeededExtension(CreateExtension):
    """CreateExtension that says what to run, and as whom, instead of a bare permission error."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        try:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        except ProgrammingError as refused:
            database = schema_editor.connection.settings_dict["NAME"]
            all_of_them = " ".join(f"CREATE EXTENSION IF NOT EXISTS {name};" for name in NEEDED)
            raise SystemExit(
                f"The database role may not create extensions. Run once as PostgreSQL's administrator:\n"
                f'  psql -d {database} -c "{all_of_them}"\n({str(refused).splitlines()[0]})'
            ) from refused
