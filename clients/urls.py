from django.urls import path

from clients.views import card, confirming, contacts, deeds, edits, holds, lists, money, notes

urlpatterns = [
    path("clients/", lists.ClientList.as_view(), name="client-list"),
    path("clients/new/", lists.ClientNew.as_view(), name="client-new"),
    path("clients/similar/", lists.ClientSimilar.as_view(), name="client-similar"),
    path("clients/<int:pk>/", card.ClientCard.as_view(), name="client-detail"),
    path("clients/<int:pk>/important/", card.ClientImportant.as_view(), name="client-important"),
    path("clients/<int:pk>/log/", card.ClientLog.as_view(), name="client-log"),
    path("clients/<int:pk>/edit/", edits.ClientEdit.as_view(), name="client-edit"),
    path("clients/<int:pk>/contacts/", contacts.ContactsChange.as_view(), name="client-contacts"),
    path("clients/<int:pk>/contacts/ask/", contacts.ContactsAsk.as_view(), name="contacts-ask"),
    path("clients/<int:pk>/status/", edits.ClientStatus.as_view(), name="client-status"),
    path("clients/<int:pk>/close/", deeds.ClientClose.as_view(), name="client-close"),
    path("clients/<int:pk>/delete/", deeds.ClientDelete.as_view(), name="client-delete"),
    path("clients/<int:pk>/letter/", deeds.ClientLetter.as_view(), name="client-letter"),
    path("clients/<int:pk>/payers/new/", edits.PayerNew.as_view(), name="payer-new"),
    path("clients/<int:client>/payers/<int:pk>/", edits.PayerEdit.as_view(), name="payer-edit"),
    path("clients/<int:pk>/contacts/new/", contacts.ContactNew.as_view(), name="contact-new"),
    path("clients/<int:client>/contacts/<int:pk>/", contacts.ContactEdit.as_view(), name="contact-edit"),
    path("clients/<int:client>/contacts/<int:pk>/ask/", contacts.ContactAsk.as_view(), name="contact-ask"),
    path("clients/<int:client>/proofs/<int:pk>/", contacts.ProofFile.as_view(), name="contact-proof"),
    path("confirm/<str:token>/", confirming.confirm_page, name="contacts-confirm"),
    path("clients/<int:pk>/money/", money.ClientMoney.as_view(), name="client-money"),
    path("clients/<int:pk>/counts/", money.ClientCounts.as_view(), name="client-counts"),
    path("clients/<int:pk>/notes/", notes.NoteNew.as_view(), name="note-new"),
    path("clients/<int:pk>/notes/more/", notes.NoteMore.as_view(), name="note-more"),
    path("clients/<int:client>/notes/<int:pk>/", notes.NoteEdit.as_view(), name="note-edit"),
    path("clients/<int:client>/notes/<int:pk>/delete/", notes.NoteDelete.as_view(), name="note-delete"),
    path("clients/<int:pk>/hold/", holds.ClientHold.as_view(), name="client-hold"),
    path("clients/<int:pk>/lift/", holds.ClientLift.as_view(), name="client-lift"),
]
