from django.urls import path

from reports import views

urlpatterns = [path("reports/debtors/", views.Debtors.as_view(), name="debtors")]
