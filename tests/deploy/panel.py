"""A browser without a screen: what a person signs in with, reads and sends, over real HTTP."""

import http.cookiejar
import re
import urllib.error
import urllib.parse
import urllib.request


class Person:
    """Keeps cookies, follows redirects; `status`, `address` and `page` are of the last answer."""

    def __init__(self, site: str) -> None:
        self.site = site
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.browser = urllib.request.build_opener(cookies)

    def get(self, path: str, form: dict[str, str] | None = None) -> str:
        sent = urllib.parse.urlencode(form).encode() if form is not None else None
        request = urllib.request.Request(self.site + path, sent, {"Referer": self.site + path})
        try:
            answer = self.browser.open(request, timeout=30)
        except urllib.error.HTTPError as refused:
            answer = refused
        with answer:
            self.status, self.address = answer.status, answer.geturl().removeprefix(self.site)
            self.page = answer.read().decode()
        return self.page

    def fill_in(self, path: str, **values: str) -> str:
        """Open a form and send it: its hidden values as the page shows them, and these."""
        self.get(path)
        hidden = (
            re.findall(r'(name|value)="([^"]*)"', tag)
            for tag in re.findall("<input[^>]*hidden[^>]*>", self.page)
        )
        return self.get(
            self.address, {**{one["name"]: one.get("value", "") for one in map(dict, hidden)}, **values}
        )
