"""Who else is at an object: "is looking", "is writing" (Redis; nobody when it is away)."""

from typing import Any

from billing_site.kit import live
from billing_site.pages.views import PanelView

SECONDS = 50  # a page tells every 20 that it is open


class PresenceView(PanelView):
    """Tells that the user is here (?writing=1), and answers who else is. Put in by {% presence %}."""

    template_name = "pages/_presence.html"

    def get_context(self, obj: Any) -> dict[str, Any]:
        me, room = self.request.user.name, f"{obj._meta.label_lower}:{obj.pk}"
        live.present(room, me)
        if self.request.GET.get("writing"):
            live.present(f"{room}:writing", me)
        writing = {name for name in live.who_is(f"{room}:writing", SECONDS) if name != me}
        looking = {name for name in live.who_is(room, SECONDS) if name != me}
        return {"writing": sorted(writing), "looking": sorted(looking - writing)}
