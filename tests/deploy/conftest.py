import os
import shutil

import pytest

from deploy.place import Place

CONFIGURED = ("DATABASE_URL", "REDIS_URL", "EMAIL_URL", "MAILBOX_URL", "SITE_URL", "SECRET_KEY", "FIELD_KEYS")


@pytest.fixture
def own_var(tmp_path, monkeypatch):
    """Where a panel of its own lives, with nothing configured; its servers end with the test."""
    for name in CONFIGURED:
        monkeypatch.delenv(name, raising=False)
    var = tmp_path / "var"
    monkeypatch.setenv("VAR_DIR", str(var))
    yield var
    for server in Place(var, os.environ).servers:
        server.stop()
    home = var / "pg"  # as root a link that leads out of the folder of tests
    shutil.rmtree(home.readlink() if home.is_symlink() else home)
