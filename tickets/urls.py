from django.urls import path

from tickets.views import conversation, deeds, panels, quarantine, queue

urlpatterns = [
    path("tickets/", queue.TicketList.as_view(), name="ticket-list"),
    path("tickets/new/", queue.TicketNew.as_view(), name="ticket-new"),
    path("tickets/next/", queue.TicketNext.as_view(), name="ticket-next"),
    path("tickets/clients/", queue.ClientChoice.as_view(), name="ticket-clients"),
    path("tickets/quarantine/", quarantine.QuarantineList.as_view(), name="quarantine-list"),
    path("tickets/quarantine/<int:pk>/", quarantine.QuarantineCard.as_view(), name="quarantine-detail"),
    path("tickets/quarantine/<int:pk>/raw/", quarantine.QuarantineRaw.as_view(), name="quarantine-raw"),
    path("tickets/quarantine/<int:pk>/retry/", quarantine.Retry.as_view(), name="quarantine-retry"),
    path("tickets/quarantine/<int:pk>/ticket/", quarantine.MakeTicket.as_view(), name="quarantine-ticket"),
    path("tickets/<int:pk>/", conversation.TicketCard.as_view(), name="ticket-detail"),
    path("tickets/<int:pk>/answer/", conversation.Answer.as_view(), name="ticket-answer"),
    path("tickets/<int:pk>/note/", conversation.NoteNew.as_view(), name="ticket-note"),
    path("tickets/<int:pk>/presence/", panels.Presence.as_view(), name="ticket-presence"),
    path("tickets/<int:pk>/take/", deeds.Take.as_view(), name="ticket-take"),
    path("tickets/<int:pk>/assign/", deeds.Assign.as_view(), name="ticket-assign"),
    path("tickets/<int:pk>/hand/", deeds.HandTo.as_view(), name="ticket-hand"),
    path("tickets/<int:pk>/priority/", deeds.Priority.as_view(), name="ticket-priority"),
    path("tickets/<int:pk>/client/", deeds.BindClient.as_view(), name="ticket-client"),
    path("tickets/<int:pk>/wait/", deeds.Wait.as_view(), name="ticket-wait"),
    path("tickets/<int:pk>/resume/", deeds.Resume.as_view(), name="ticket-resume"),
    path("tickets/<int:pk>/close/", deeds.Close.as_view(), name="ticket-close"),
    path("tickets/<int:pk>/reopen/", deeds.Reopen.as_view(), name="ticket-reopen"),
    path("tickets/<int:pk>/carry-out/", deeds.CarryOut.as_view(), name="ticket-carry-out"),
    path("tickets/messages/<int:pk>/html/", conversation.MessageHtml.as_view(), name="message-html"),
    path("tickets/messages/<int:pk>/raw/", conversation.MessageRaw.as_view(), name="message-raw"),
    path("tickets/files/<int:pk>/", conversation.MessageFile.as_view(), name="message-file"),
    path("clients/<int:pk>/tickets/", panels.ClientTickets.as_view(), name="client-tickets"),
    path("services/<int:pk>/tickets/", panels.ServiceTickets.as_view(), name="service-tickets"),
]
