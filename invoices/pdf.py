"""Papers as PDF: our HTML, our style sheet, our fonts; nothing is ever fetched from elsewhere."""

import os
import tempfile
from functools import cache
from pathlib import Path

import fontpkg_pt_sans
from django.conf import settings
from django.contrib.staticfiles import finders
from fontTools import subset
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

FACES = {"400": "PT_Sans-Web-Regular.ttf", "700": "PT_Sans-Web-Bold.ttf"}
# Latin, Cyrillic, the signs of typed Russian, € ₽ №: a tenth of the font, and every paper carries it.
CHARACTERS = ((0x20, 0x7E), (0xA0, 0xFF), (0x400, 0x45F), (0x490, 0x491), (0x2010, 0x2026))
SIGNS = "‰‹›€₽№™−≤≥"


class OwnFilesOnly(URLFetcher):
    """Opens the font files named at the start; any other address stops the rendering."""

    def __init__(self, allowed: frozenset[str]):
        super().__init__(allowed_protocols=("file",), allow_redirects=False, fail_on_errors=True)
        self.allowed = allowed

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        if url not in self.allowed:
            raise ValueError(f"a paper may not ask for {url}")
        return super().fetch(url, headers)


def render(html: str) -> bytes:
    """The PDF of a paper's HTML. Raises FatalURLFetchingError when it asks for anything from outside."""
    fetcher, fonts, style = _press()
    return HTML(string=html, url_fetcher=fetcher).write_pdf(stylesheets=[style], font_config=fonts)


@cache
def _press() -> tuple[OwnFilesOnly, FontConfiguration, CSS]:
    """What all papers of this process share; the style sheet is parsed once."""
    faces = subsets()
    fetcher = OwnFilesOnly(frozenset(path.as_uri() for path in faces.values()))
    fonts = FontConfiguration()
    return fetcher, fonts, CSS(string=sheet(faces), font_config=fonts, url_fetcher=fetcher)


def sheet(faces: dict[str, Path]) -> str:
    """How a paper looks, in these faces by weight."""
    found = finders.find("css/paper.css")
    if found is None:
        raise FileNotFoundError("css/paper.css is not among the static files")
    rules = "".join(
        f"@font-face {{ font-family: Paper; font-weight: {weight}; src: url({path.as_uri()}) }}"
        for weight, path in faces.items()
    )
    return rules + Path(found).read_text("utf-8")


def subsets() -> dict[str, Path]:
    """The faces of papers by weight."""
    return {weight: font_file(name) for weight, name in FACES.items()}


def font_file(name: str) -> Path:
    """The subset of a PT Sans face, made once and kept in VAR_DIR/cache."""
    kept = settings.VAR_DIR / "cache" / "fonts" / name
    if not kept.exists():
        _make_subset(fontpkg_pt_sans.ROOT / "files" / name, kept)
    return kept


def _make_subset(source: Path, target: Path) -> None:
    """Written aside and moved into place: two workers may start at once."""
    target.parent.mkdir(parents=True, exist_ok=True)
    options = subset.Options(layout_features=["kern", "locl"], hinting=False, notdef_outline=True)
    font = subset.load_font(str(source), options)
    subsetter = subset.Subsetter(options)
    wanted = [code for first, last in CHARACTERS for code in range(first, last + 1)]
    subsetter.populate(unicodes=wanted, text=SIGNS)
    subsetter.subset(font)
    handle, aside = tempfile.mkstemp(dir=target.parent, suffix=".ttf")
    os.close(handle)
    subset.save_font(font, aside, options)
    Path(aside).replace(target)
