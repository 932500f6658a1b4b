from django.urls import path

from invoices.views import desk, paper, public, statements

urlpatterns = [
    path("invoices/<int:pk>/paper/", paper.InvoicePaper.as_view(), name="invoice-paper"),
    path("invoices/revisions/<int:pk>/pdf/", paper.RevisionPdf.as_view(), name="revision-pdf"),
    path("i/<str:token>/", public.invoice_page, name="public-invoice"),
    path("i/<str:token>/pdf/", public.invoice_pdf, name="public-invoice-pdf"),
    path("bank/", desk.Desk.as_view(), name="bank-desk"),
    path("bank/lines/", desk.LineList.as_view(), name="bank-line-list"),
    path("bank/lines/<int:pk>/", desk.LinePage.as_view(), name="bank-line"),
    path("bank/lines/<int:pk>/accept/", desk.Accept.as_view(), name="bank-line-accept"),
    path("bank/lines/<int:pk>/split/", desk.Split.as_view(), name="bank-line-split"),
    path("bank/lines/<int:pk>/aside/", desk.SetAside.as_view(), name="bank-line-aside"),
    path("bank/lines/<int:pk>/reopen/", desk.Reopen.as_view(), name="bank-line-reopen"),
    path("bank/statements/", statements.StatementList.as_view(), name="statement-list"),
    path("bank/statements/new/", statements.StatementNew.as_view(), name="statement-new"),
    path("bank/statements/<int:pk>/", statements.StatementPage.as_view(), name="statement-detail"),
    path("bank/statements/<int:pk>/file/", statements.StatementFile.as_view(), name="statement-file"),
    path("bank/statements/<int:pk>/again/", statements.ReadAgain.as_view(), name="statement-again"),
]
