"""Laws of the house that the import linter can't see."""

import ast
from pathlib import Path

import pytest
from django.apps import apps
from django.urls import URLPattern, URLResolver, get_resolver

ROOT = Path(__file__).resolve().parent.parent
APPS = ("clients", "products", "invoices", "tickets", "reports")
TOWER = ("office", "journal", "letters", "clients", "products", "invoices", "tickets", "reports")
# The file vocabulary: what it is called says what it may hold. A new word is a decision, made here.
FILES = {
    "__init__", "apps", "urls", "views", "api", "schedule", "forms", "tables", "filters", "panels", "models",
    "actions", "tasks", "queries", "letters", "documents", "accounts", "pdf", "told",
    "contact_forms", "note_forms", "group_forms", "profile_forms", "paper_forms", "payer_forms",
    "program_forms",
    "service_forms", "client_filters", "people_filters", "catalogue_forms", "price_forms",
    "renewal_tables", "renewal_filters", "quote_forms", "work_forms", "reissue_forms",
    # arithmetic: pure functions of values
    "pricing", "sla", "totals", "drift", "sanity",
    # verbs
    "billing", "drafting", "issuing", "matching", "intake", "importing", "handing", "answering",
    "clocks", "senders", "threads", "timeline", "contacting", "contracting", "licensing", "proving",
    "noting", "revealing", "grouping", "revising", "redrawing", "planning", "running",
    "cataloguing", "promotions", "repricing", "provisioning", "programs", "calling", "domains",
    "assigning", "managing", "offering", "working", "guarding",
    # pure readers
    "statements", "purposes", "purpose_tokens", "purpose_words", "evidence", "judging", "reading", "quoting",
    "waiting",
}  # fmt: skip
FOREIGN = {"auth", "contenttypes", "sessions", "account", "pghistory"}


def test_an_older_fact_never_points_at_a_younger_one():
    """HOUSE 2: relations go down the tower, not by a string either."""
    wrong = []
    for model in apps.get_models():
        app = model._meta.app_label
        if app not in TOWER:
            continue
        for field in model._meta.get_fields():
            other = getattr(field.remote_field, "model", None) if getattr(field, "concrete", False) else None
            if other is None or other._meta.app_label in FOREIGN:
                continue
            if TOWER.index(other._meta.app_label) > TOWER.index(app):
                wrong.append(f"{model.__name__}.{field.name} → {other.__name__}")
    assert wrong == []


@pytest.mark.parametrize("app", APPS)
def test_every_file_is_called_by_what_it_holds(app):
    files = {path.stem for path in (ROOT / app).glob("*.py")}
    folders = {
        path.name
        for path in (ROOT / app).iterdir()
        if path.is_dir() and path.name not in ("migrations", "management", "__pycache__")
    }
    assert (files | folders) - FILES == set()


def _patterns(resolver: URLResolver, prefix: str = ""):
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from _patterns(pattern, prefix + str(pattern.pattern))
        elif isinstance(pattern, URLPattern):
            yield prefix + str(pattern.pattern), pattern.callback


def test_every_page_names_its_right_or_is_marked_public():
    naked = []
    for path, view in _patterns(get_resolver()):
        if path.startswith("account/") or view.__module__.startswith("django_tomselect"):
            continue  # allauth's own pages
        page = getattr(view, "view_class", view)
        if getattr(page, "permission", None) is None and not getattr(page, "public", False):
            naked.append(path)
    assert naked == []


def _sources():
    for folder in (*APPS, "billing_site"):
        for path in (ROOT / folder).rglob("*.py"):
            if "migrations" not in path.parts:
                yield path


def test_no_module_is_a_drawer_for_everything():
    assert [p.name for p in _sources() if p.stem in ("utils", "helpers", "misc", "common")] == []


@pytest.mark.parametrize(
    ("limit", "suffix", "folders"), [(400, "py", (*APPS, "billing_site")), (120, "html", ("templates",))]
)
def test_files_stay_small(limit, suffix, folders):
    long = {
        str(path.relative_to(ROOT)): lines
        for folder in folders
        for path in (ROOT / folder).rglob(f"*.{suffix}")
        if "migrations" not in path.parts and (lines := path.read_text().count("\n")) > limit
    }
    assert long == {}


def test_functions_stay_small():
    long = []
    for path in _sources():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                if lines > 50:
                    long.append(f"{path.relative_to(ROOT)}:{node.name} {lines}")
    assert long == []


def test_no_page_sends_or_saves():
    """Views fetch, call one verb, redirect: no .save(), no transaction (HOUSE 3)."""
    wrong = []
    for path in _sources():
        if path.stem != "views" and path.parent.name != "views":
            continue
        text = path.read_text()
        wrong += [f"{path.relative_to(ROOT)}: {word}" for word in (".save(", "transaction.") if word in text]
    assert wrong == []


def test_every_relation_to_a_client_keeps_its_history():
    """What hangs on a client is either in the client's own tables or protected from its deletion."""
    client = apps.get_model("clients", "Client")
    cascading = {
        relation.related_model.__name__
        for relation in client._meta.related_objects
        if relation.on_delete.__name__ == "CASCADE"
    }
    assert cascading <= {
        "Contact", "EmailAddress", "Payer", "Note", "LearnedPayer", "ClientOption", "Referral",
    }  # fmt: skip
