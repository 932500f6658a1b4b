from django.urls import include, path

from billing_site.pages import errors

urlpatterns = [
    path("", include("billing_site.home.urls")),
    path("", include("clients.urls")),
    path("", include("products.urls")),
    path("", include("invoices.urls")),
    path("", include("tickets.urls")),
    path("", include("reports.urls")),
    path("", include("billing_site.letters.urls")),
    path("", include("billing_site.journal.urls")),
    path("", include("billing_site.pages.urls")),
    *(path(f"account/{tail}", errors.closed) for tail in errors.CLOSED),
    path("account/", include("allauth.account.urls")),
]
handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.page_not_found
handler500 = errors.server_error
