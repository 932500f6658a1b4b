"""The client confirms a change of its contact data by a link, without signing in (R2.3)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_http_methods

from billing_site.kit import live
from billing_site.pages.access import public
from clients import proving

MISSES, WINDOW = 60, 600  # wrong links one address may try, in so many seconds
HEADERS = {
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    # The address is the key, told to no other site; "no-referrer" would blank the guarding Origin of a POST.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "private, no-store",
}


@public
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_page(request: HttpRequest, token: str) -> HttpResponse:
    """Looking changes nothing, so that a mail scanner can't confirm: an answer is a POST."""
    proof = proving.asked_of(token)
    if proof is None:
        return sealed(nothing_here(request))
    with translation.override(proof.client.language):
        answered = ""
        if request.method == "POST":
            denied = "deny" in request.POST
            done = proving.deny(proof) if denied else proving.confirm(proof)
            answered = ("denied" if denied else "confirmed") if done else "late"
        context = {"proof": proof, "words": proof_words(proof), "answered": answered}
        answer = sealed(render(request, "clients/public_confirm.html", context))
        answer["Content-Language"] = proof.client.language
        return answer


def proof_words(proof: proving.Proof) -> list[str]:
    """What is asked, in the client's language."""
    person = proof.client.contacts.filter(pk=proof.changes.get("contact")).first()
    name = person.name if person else ""
    asked = proof.changes.get("changes", [])
    return [proving.Change(field, old, new, name).words() for field, old, new in asked]


def nothing_here(request: HttpRequest) -> HttpResponse:
    """Wrong, answered and expired links look alike; guessing is slowed down."""
    patient = live.allow(f"wrong-links:{request.META.get('REMOTE_ADDR', '')}", MISSES, WINDOW)
    return render(request, "clients/public_gone.html", status=404 if patient else 429)


def sealed(answer: HttpResponse) -> HttpResponse:
    for name, value in HEADERS.items():
        answer[name] = value
    return answer
