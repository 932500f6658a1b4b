from billing_site.pages.presence import PresenceView
from clients.models import Client


class ClientPresence(PresenceView):
    permission, model = "clients.view_client", Client
