"""Every promise of SECURITY.md has tests, and they exist."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
PROMISES = {
    "secrets": (
        "e2e/test_secrets.py::test_a_secret_is_nowhere_else",
        "e2e/test_errors_nix.py::test_secrets_do_not_come_with_the_steps",
        "e2e/test_one_plan.py::test_secrets_stay_secret",
        "integration/test_guard_and_secrets.py::test_secret_is_nowhere_but_in_state_plans_and_variable_files",
        "unit/telemetry/test_spans.py::test_no_secret_in_anything",
        "unit/tofu/test_client.py::test_every_command_is_reported_without_secrets",
        "unit/api/test_project.py::test_secrets_are_in_values_and_in_no_text",
        "unit/views/test_tests.py::test_secrets_are_taken_out_everywhere",
        "unit/core/test_redactor.py::test_redactor",
    ),
    "store": (
        "e2e/test_errors_flake.py::test_state_and_secrets_stay_out_of_the_store",
        "integration/test_nix.py::test_ledger_file_is_private_and_not_in_the_store",
        "unit/nix/test_flake_copy.py::test_what_is_a_secret_by_its_name",
    ),
    "private": (
        "e2e/test_secrets.py::test_all_below_the_work_directory_is_for_the_user_alone",
        "unit/system/test_files.py::test_what_is_made_is_private_whatever_the_umask_is",
        "unit/functions/test_server.py::test_nobody_else_reaches_the_socket_and_nothing_of_it_stays",
        "unit/telemetry/test_relay.py::test_nobody_else_on_this_machine_gets_in",
        "unit/nix/test_evaluator.py::test_only_private_files_hold_what_is_asked_and_they_go",
    ),
    "links": (
        "e2e/test_damage.py::test_no_verb_follows_a_link",
        "unit/system/test_notes.py::test_a_link_is_refused_before_anything_is_touched",
        "unit/system/test_lock.py::test_a_link_is_not_followed",
        "unit/project/test_own_files.py::test_a_link_is_not_written_through",
    ),
    "files": (
        "unit/system/test_destination.py::test_only_an_older_one_is_overwritten",
        "e2e/test_run_directory.py::test_files_that_are_in_the_way_are_never_touched",
    ),
    "announced": (
        "e2e/test_faults.py",
        "e2e/test_plan_files.py",
        "unit/run/decide/test_guard.py",
    ),
    "damage": (
        "e2e/test_damage.py::test_every_file",
        "e2e/test_damage.py::test_a_central_file",
        "unit/test_fuzz.py",
        "unit/run/test_sidecar.py::test_what_is_no_sidecar",
    ),
    "terminal": (
        "e2e/test_hostile_text.py::test_no_verb_lets_it_through",
        "e2e/test_hostile_text.py::test_errors_of_others",
        "unit/core/test_visible.py::test_no_control_character_of_unicode_passes",
    ),
    "data": (
        "integration/test_render_values.py::test_values_come_back",
        "unit/hcl/test_quoting.py::test_escape",
        "unit/views/test_markdown_text.py::test_html_and_labels",
        "unit/core/test_nix_calls.py::test_what_is_escaped_ends_no_string",
    ),
    "programs": (
        "e2e/test_threats.py::test_programs_that_lie_in_the_project_are_not_run",
        "e2e/test_threats.py::test_settings_of_nix_that_a_flake_wants_are_not_granted",
    ),
    "environment": (
        "unit/system/test_process.py",
        "unit/tofu/test_alone.py",
        "unit/project/test_early_values.py",
        "e2e/test_backends.py::test_secrets_of_a_backend_are_on_no_command_line",
    ),
    "engine": (
        "unit/release/test_install.py::test_another_archive_is_refused",
        "unit/release/test_install.py::test_a_wrong_signature_is_refused",
        "unit/release/test_signature.py::test_the_key_in_the_package_verifies_a_real_release",
    ),
    "pipelines": (
        "unit/test_workflows.py::test_shell_parses_and_takes_no_expressions",
        "unit/views/test_pipelines.py::test_plans_of_github_are_a_matrix_without_the_identity_of_strangers",
        "unit/core/test_namespace.py::test_names_that_cannot",
    ),
    "cluster": (
        "unit/stacks/test_shipment.py::test_an_archive_that_is_none_or_leads_out",
        "unit/stacks/test_shipment.py::test_nothing_of_it_is_in_its_text",
    ),
}
"""Name of a promise -> the tests of it, below `tests/`; a file stands for all that is in it."""


@cache
def functions(file: Path) -> frozenset[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_each_promise_is_claimed() -> None:
    text = (TOP / "SECURITY.md").read_text(encoding="utf-8")
    assert re.findall(r"^- \*\*(\w+)\*\*: ", text, re.M) == list(PROMISES)


@pytest.mark.parametrize("claim", sorted({claim for claims in PROMISES.values() for claim in claims}))
def test_what_is_claimed_exists(claim: str) -> None:
    file, _, name = claim.partition("::")
    found = functions(TOP / "tests" / file)
    assert name in found if name else any(each.startswith("test_") for each in found)
