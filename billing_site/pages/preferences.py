"""What a member of staff sets for himself from the frame."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from billing_site.office.models import User
from billing_site.pages.access import SIGNED_IN, needs
from billing_site.pages.addresses import is_ours
from billing_site.pages.requests import PanelRequest

CHOICES = {
    "language": dict(User._meta.get_field("language").flatchoices),
    "theme": dict(User.Theme.choices),
}


@require_POST
@needs(SIGNED_IN)
def set_preference(request: PanelRequest, name: str) -> HttpResponse:
    """Keep the language or the theme, then back to where the user was."""
    value = request.POST.get("value", "")
    if value in CHOICES[name]:
        User.objects.filter(pk=request.user.pk or 0).update(**{name: value})
    back = request.POST.get("next", "")
    return redirect(back if is_ours(request, back) else "/")
