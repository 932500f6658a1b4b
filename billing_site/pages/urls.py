from django.urls import path

from billing_site.pages import preferences, search

urlpatterns = [
    path("search/", search.SearchPage.as_view(), name="search"),
    path("set/language/", preferences.set_preference, {"name": "language"}, name="set-language"),
    path("set/theme/", preferences.set_preference, {"name": "theme"}, name="set-theme"),
]
