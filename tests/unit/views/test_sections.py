"""What folds in which pipeline's log."""

from __future__ import annotations

from nivis_tofu.views import sections


def test_github_folds_groups() -> None:
    found = sections.of({"GITHUB_ACTIONS": "true"}, "apply_7")
    assert (found.begin("phase 1/3"), found.end("phase 1/3")) == ("::group::phase 1/3", "::endgroup::")


def test_gitlab_folds_named_sections() -> None:
    found = sections.of({"GITLAB_CI": "true"}, "apply_7", clock=lambda: 12.9)
    name = "nivis_apply_7_phase_1_of_3+"
    assert found.begin("phase 1/3+") == f"\x1b[0Ksection_start:12:{name}\r\x1b[0Kphase 1/3+"
    assert found.end("phase 1/3+") == f"\x1b[0Ksection_end:12:{name}\r\x1b[0K"


def test_elsewhere_nothing_is_said() -> None:
    for env in ({}, {"CI": "true"}, {"GITHUB_ACTIONS": "false"}):
        found = sections.of(env, "apply_7")
        assert (found.begin("phase 1"), found.end("phase 1")) == ("", "")
