from django.db import migrations


class Migration(migrations.Migration):
    """Laws that the ORM can't word: one seller of payment and invoice; the manager who answers now."""

    dependencies = [("invoices", "0003_initial"), ("clients", "0002_initial"), ("office", "0001_initial")]
    operations = [
        migrations.RunSQL(
            """
            ALTER TABLE invoices_payment ADD CONSTRAINT payment_account_of_seller
                FOREIGN KEY (account_id, seller_id) REFERENCES office_bankaccount (id, seller_id);
            ALTER TABLE invoices_allocation ADD CONSTRAINT allocation_invoice_of_seller
                FOREIGN KEY (invoice_id, seller_id) REFERENCES invoices_invoice (id, seller_id);
            ALTER TABLE invoices_allocation ADD CONSTRAINT allocation_payment_of_seller
                FOREIGN KEY (payment_id, seller_id) REFERENCES invoices_payment (id, seller_id);
            """,
            """
            ALTER TABLE invoices_payment DROP CONSTRAINT payment_account_of_seller;
            ALTER TABLE invoices_allocation DROP CONSTRAINT allocation_invoice_of_seller;
            ALTER TABLE invoices_allocation DROP CONSTRAINT allocation_payment_of_seller;
            """,
        ),
        migrations.RunSQL(
            """
            CREATE FUNCTION invoices_follow_manager() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                UPDATE invoices_invoice AS i SET manager_id = n.account_manager_id
                FROM new_rows AS n JOIN old_rows AS o ON o.id = n.id
                WHERE i.client_id = n.id
                  AND n.account_manager_id IS DISTINCT FROM o.account_manager_id
                  AND i.manager_id IS DISTINCT FROM n.account_manager_id;
                RETURN NULL;
            END $$;
            CREATE TRIGGER invoices_follow_manager AFTER UPDATE ON clients_client
                REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
                FOR EACH STATEMENT EXECUTE FUNCTION invoices_follow_manager();
            """,
            "DROP TRIGGER invoices_follow_manager ON clients_client; DROP FUNCTION invoices_follow_manager();",
        ),
    ]
