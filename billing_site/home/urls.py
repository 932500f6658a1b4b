from django.urls import path

from billing_site.home import views, waiting

urlpatterns = [
    path("", views.Home.as_view(), name="home"),
    path("home/figures/", views.Figures.as_view(), name="home-figures"),
    path("home/renewals/", views.Renewals.as_view(), name="home-renewals"),
    path("home/debts/", views.Debts.as_view(), name="home-debts"),
    path("home/calendar/<int:year>/<int:month>/", views.Month.as_view(), name="home-month"),
    path("clients/waiting-for-code/", waiting.WaitingForCode.as_view(), name="payer-codes"),
    path("clients/without-manager/", waiting.PaidWithoutManager.as_view(), name="client-managerless"),
    path("system/", views.System.as_view(), name="system"),
    path("help/", views.Help.as_view(), name="help"),
    path("profile/", views.Profile.as_view(), name="profile"),
]
