from django.urls import path

from billing_site.letters import views

urlpatterns = [
    path("letters/", views.LetterList.as_view(), name="letter-list"),
    path("letters/<int:pk>/", views.LetterPage.as_view(), name="letter-detail"),
    path("letters/<int:pk>/html/", views.LetterHtml.as_view(), name="letter-html"),
    path("letters/<int:letter>/files/<int:pk>/", views.LetterFile.as_view(), name="letter-file"),
    path("letters/<int:pk>/release/", views.Release.as_view(), name="letter-release"),
    path("letters/<int:pk>/drop/", views.Drop.as_view(), name="letter-drop"),
    path("letters/<int:pk>/arrived/", views.Arrived.as_view(), name="letter-arrived"),
    path("letters/<int:pk>/again/", views.SendAgain.as_view(), name="letter-again"),
    path("clients/<int:pk>/letters/", views.ClientLetters.as_view(), name="client-letters"),
]
