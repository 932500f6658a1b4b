"""An invoice as PDF, of the lines it has and of twenty; beside WeasyPrint as its first page shows it."""

from collections.abc import Iterator
from dataclasses import replace

from django.template.loader import render_to_string
from django.utils import translation
from weasyprint import HTML

from bench.frame.measuring import Goal, Measurement, in_turn, peak, repeated
from bench.frame.offices import Office
from invoices import documents, pdf
from invoices.models import Invoice

LINES = 20
NAIVE = "the same HTML by HTML(string=…).write_pdf(), nothing shared, column widths found by it"
GOAL = Goal(ratio=0.7)


def measure(office: Office) -> Iterator[Measurement]:
    issued = Invoice.objects.exclude(number=None).select_related("seller", "current")
    invoice = issued.filter(client=office.typical).latest("pk")
    with translation.override("ru"):
        yield Measurement(
            "what a paper says", repeated(lambda: printed(documents.paper_of(invoice, invoice.revision)))
        )
        paper = documents.paper_of(invoice, invoice.revision)
        yield _pdf(f"PDF, lines: {len(paper.rows)}", paper)
        rows = tuple(paper.rows[n % len(paper.rows)] for n in range(LINES))
        yield _pdf(f"PDF, lines: {LINES}", replace(paper, rows=rows))


def _pdf(what: str, paper: documents.Paper) -> Measurement:
    html = printed(paper)
    rules = pdf.sheet(pdf.subsets()).replace("table-layout: fixed", "table-layout: auto")
    fresh = html.replace("</head>", f"<style>{rules}</style></head>")
    memory = peak(lambda: pdf.render(html))
    times, floors = in_turn(lambda: pdf.render(html), lambda: HTML(string=fresh).write_pdf(), least=9)
    return Measurement(what, times, NAIVE, floors, memory=memory, rows=1, goal=GOAL)


def printed(paper: documents.Paper) -> str:
    return render_to_string("invoices/pdf/invoice.html", {"paper": paper})
