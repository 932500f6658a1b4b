"""Deeds for the ticked clients of the list."""

from billing_site.pages.bulk import BulkPage
from clients import schedule


class ClientBulk(BulkPage):
    permission, menu, list_name = "clients.change_client", "clients", "client-list"


class BulkManager(ClientBulk):
    deed = schedule.GIVE_MANAGER


class BulkGroup(ClientBulk):
    deed = schedule.PUT_INTO_GROUP


class BulkStatus(ClientBulk):
    deed = schedule.MOVE_STATUS
