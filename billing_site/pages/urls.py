from django.urls import path

from billing_site.pages import preferences, saved_views, search

urlpatterns = [
    path("search/", search.SearchPage.as_view(), name="search"),
    path("set/language/", preferences.set_preference, {"name": "language"}, name="set-language"),
    path("set/theme/", preferences.set_preference, {"name": "theme"}, name="set-theme"),
    path("set/list/", saved_views.arrange, name="list-setup"),
    path("views/new/", saved_views.ViewNew.as_view(), name="view-new"),
    path("views/<int:pk>/", saved_views.ViewEdit.as_view(), name="view-edit"),
    path("views/<int:pk>/delete/", saved_views.ViewDelete.as_view(), name="view-delete"),
]
