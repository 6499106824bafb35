"""The installation's settings: whatever is wrong is said before it starts."""

import pytest

from engine.errors import SettingsInvalid
from engine.settings import Settings


@pytest.mark.parametrize("name", ["SECRET_KEY_FILE", "SMTP_PASSWORD_FILE", "OIDC_CLIENT_SECRET_FILE"])
def test_a_secret_that_cannot_be_read_is_no_empty_secret(tmp_path, name):
    key = tmp_path / "key"
    key.write_text("k" * 64)
    given = {"CASEWORK_SECRET_KEY_FILE": str(key), f"CASEWORK_{name}": str(tmp_path / "missing")}
    with pytest.raises(SettingsInvalid, match=f"CASEWORK_{name} 指向的文件读不到"):
        Settings.from_env(given)


@pytest.mark.parametrize("port", ["²", "２５", "smtp", ""])
def test_a_port_is_a_number(tmp_path, port):
    key = tmp_path / "key"
    key.write_text("k" * 64)
    with pytest.raises(SettingsInvalid, match="CASEWORK_SMTP_PORT"):
        Settings.from_env({"CASEWORK_SECRET_KEY_FILE": str(key), "CASEWORK_SMTP_PORT": port})
