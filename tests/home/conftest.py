import pytest

from billing_site.kit import live


@pytest.fixture(autouse=True)
def _counters_anew():
    """Counters are kept by user id, and ids come again in tests."""
    for key in live.connection().scan_iter("counters:*"):
        live.forget(key)
