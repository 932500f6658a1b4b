from django.db import migrations


class Migration(migrations.Migration):
    """The journal is only ever added to."""

    dependencies = [("journal", "0002_initial")]
    operations = [
        migrations.RunSQL(
            """
            CREATE FUNCTION journal_entry_stays() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'journal entries are never changed or deleted';
            END $$;
            CREATE TRIGGER journal_entry_stays BEFORE UPDATE OR DELETE ON journal_entry
                FOR EACH STATEMENT EXECUTE FUNCTION journal_entry_stays();
            """,
            "DROP TRIGGER journal_entry_stays ON journal_entry; DROP FUNCTION journal_entry_stays();",
        )
    ]
