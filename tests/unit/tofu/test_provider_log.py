"""The log of providers as lines for the reader."""

from __future__ import annotations

from pathlib import Path

from nivis_tofu.core.redactor import Redactor
from nivis_tofu.tofu import failures
from nivis_tofu.tofu.provider_log import ProviderLog

HEAD = "2026-11-26T09:17:00.123Z "
LOG = (
    f"{HEAD}[WARN]  provider.terraform-provider-aws_v5.100.0_x5: deprecated: tf_req_id=1f @module=sdk.proto\n"
    f"{HEAD}[DEBUG] provider.terraform-provider-aws_v5.100.0_x5: HTTP Request Sent\n"
    f"{HEAD}[TRACE] dag/walk: visiting x\n"
    "no entry at all\n"
)


def test_only_what_providers_say_is_told(tmp_path: Path) -> None:
    file = tmp_path / "log"
    log, whole = ProviderLog(file, verbatim=False), ProviderLog(file, verbatim=True)
    assert list(log.news()) == []
    file.write_text(LOG)
    name = "terraform-provider-aws_v5.100.0_x5"
    assert list(log.news()) == [
        f"provider note (warn) {name}: deprecated",
        f"provider note (debug) {name}: HTTP Request Sent",
    ]
    assert "tf_req_id=1f @module=sdk.proto" in next(whole.news())


def test_each_line_is_told_once_and_whole(tmp_path: Path) -> None:
    file = tmp_path / "log"
    log = ProviderLog(file, verbatim=False)
    file.write_bytes(f"{HEAD}[INFO]  provider.x: one\n{HEAD}[INFO]  provider.x: tw".encode())
    assert list(log.news()) == ["provider note (info) x: one"]
    with file.open("ab") as more:
        more.write(b"o \xff\n")
    assert list(log.news()) == ["provider note (info) x: two \N{REPLACEMENT CHARACTER}"]
    assert list(log.news()) == []


def test_lines_of_the_stream_lose_their_secrets_wherever_they_are() -> None:
    line = {
        "@message": "a: hunter22",
        "type": "apply_complete",
        "hook": {"resource": {"addr": 'x.y["hunter22"]'}, "id_value": "hunter22", "n": 1, "more": ["hunter22", None]},
    }
    assert failures.cleaned(line, Redactor(["hunter22"])) == {
        "@message": "a: (sensitive)",
        "type": "apply_complete",
        "hook": {
            "resource": {"addr": 'x.y["hunter22"]'},
            "id_value": "(sensitive)",
            "n": 1,
            "more": ["(sensitive)", None],
        },
    }
