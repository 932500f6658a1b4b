from django.urls import path

from billing_site.journal import views

urlpatterns = [
    path("journal/", views.EntryList.as_view(), name="journal-list"),
    path("jobs/", views.JobList.as_view(), name="job-list"),
    path("jobs/<int:pk>/", views.JobPage.as_view(), name="job-detail"),
    path("jobs/<int:pk>/progress/", views.JobProgress.as_view(), name="job-progress"),
    path("jobs/<int:pk>/file/", views.JobFile.as_view(), name="job-file"),
    path("jobs/<int:pk>/cancel/", views.JobCancel.as_view(), name="job-cancel"),
    path("jobs/<int:pk>/retry/", views.JobRetry.as_view(), name="job-retry"),
]
