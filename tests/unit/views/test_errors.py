"""Errors as text."""

from __future__ import annotations

import errno
import json
import os
import shutil

import pytest

from nivis_tofu.core.diagnostics import Diagnostic, Position
from nivis_tofu.core.errors import NivisError, NixError
from nivis_tofu.core.outcome import Applied, Tally
from nivis_tofu.run import refusals
from nivis_tofu.views import errors, jsonl, markdown


def test_everything_there_is() -> None:
    found = Diagnostic(
        "Summary",
        "Why.\n\nMore.",
        "do this",
        address="a.b.c",
        attribute="tags.Name",
        position=Position("flake.nix", 3, 7),
        helper="in `f`, called at flake.nix:9:1",
        snippet="1 | x = 1;\n  |   ^",
    )
    assert errors.diagnostic(found) == (
        "error: Summary\n  at a.b.c, attribute tags.Name, flake.nix:3:7 in `f`, called at flake.nix:9:1\n    1 | x = 1;\n      |   ^\n"
        "  Why.\n\n  More.\nhint: do this"
    )
    assert errors.diagnostic(Diagnostic("Only this", severity="warning")) == "warning: Only this"


def test_several_each_once_and_foreign_text_last() -> None:
    one, two = Diagnostic("One"), Diagnostic("Two")
    assert errors.error(NivisError(one, two, one)) == "error: One\nerror: Two\n"
    assert errors.error(NivisError(one, raw="error: from nix\n  at x\n\n")) == "error: One\nerror: from nix\n  at x\n"


def test_a_bug_tells_where_the_log_is_and_no_values() -> None:
    text = errors.bug(ValueError("hunter2"), ".nivis/bug.log")
    assert "This is a bug in nivis" in text
    assert ".nivis/bug.log" in text
    assert "hunter2" not in text


NIX = NixError(Diagnostic("git failed", "It ended with 1.", "do"), raw="error: a\n  at ``b``\n")


def test_a_text_of_others_stays_last() -> None:
    problem = NivisError(Diagnostic("One", "Why.", "do"), raw="text\n")
    assert errors.error(problem) == "error: One\n  Why.\nhint: do\ntext\n"


def test_json_and_markdown_have_the_foreign_text_too() -> None:
    result = Applied(Tally(), 0, error=NIX)
    (found,) = json.loads(json.dumps(jsonl.applied(result)["diagnostics"]))
    assert found["detail"] == "It ended with 1.\nerror: a\n  at ``b``"
    assert found["hint"] == "do"
    page = markdown.applied(result, "apply")
    assert page.endswith(
        "\n> **git failed**\n> It ended with 1.\n> hint: do\n>\n> ```\n> error: a\n>   at ``b``\n> ```\n"
    )


@pytest.mark.parametrize(("raw", "fence"), [("plain", "```"), ("````", "`````")])
def test_a_fence_is_longer_than_what_is_in_it(raw: str, fence: str) -> None:
    result = Applied(Tally(), 0, error=NivisError(Diagnostic("One"), raw=raw))
    assert markdown.applied(result, "apply").endswith(f"\n> {fence}\n> {raw}\n> {fence}\n")


AWS = (
    "creating S3 Bucket (my-bucket): operation error S3: CreateBucket, https response error StatusCode: 409, "
    "RequestID: x, HostID: y, BucketAlreadyExists: The requested bucket name is not available."
)


@pytest.mark.parametrize(
    ("found", "command"),
    [
        (Diagnostic(AWS, address="aws.aws_s3_bucket.b"), "nivis import aws.aws_s3_bucket.b my-bucket"),
        (Diagnostic(AWS.replace("Exists", "OwnedByYou")), "nivis import ID my-bucket"),
        (
            Diagnostic(
                "creating IAM Role (r): EntityAlreadyExists: Role with name r already exists.", address="a.b.c[0]"
            ),
            "nivis import 'a.b.c[0]' r",
        ),
        (Diagnostic("Error", "A project of this name already exists", address="x.y.z"), "nivis import x.y.z NAME"),
    ],
)
def test_a_name_that_is_taken(found: Diagnostic, command: str) -> None:
    text = errors.diagnostic(found)
    assert f"hint: Choose another name, or take the object over if it is yours: `{command}`." in text
    assert jsonl.diagnostic(found)["hint"] == errors.hint(found)


def test_other_errors_are_not_about_names() -> None:
    assert not errors.hint(Diagnostic('Workspace "x" already exists'))
    assert not errors.hint(Diagnostic("Access denied", address="a.b.c"))
    assert not errors.hint(Diagnostic(AWS, severity="warning"))
    assert errors.hint(Diagnostic(AWS, hint="its own")) == "its own"


@pytest.mark.parametrize(
    ("problem", "detail", "hint"),
    [
        (OSError(errno.ENOENT, os.strerror(errno.ENOENT), "/no/f"), "/no/f: No such file or directory.", "must exist"),
        (OSError(errno.EISDIR, "Is a directory", "/tmp/x", None, "/out"), "/out: Is a directory.", "name a file"),
        (OSError(errno.ENOSPC, "No space left on device"), "here: No space left on device.", "Free some space"),
        (OSError(errno.EACCES, "Permission denied", b"/root/x"), "/root/x: Permission denied.", "permissions"),
        (OSError(errno.EMFILE, "Too many open files", 7), "here: Too many open files.", "permissions"),
        (
            shutil.Error("Destination path '/a' already exists"),
            "Destination path '/a' already exists.",
            "Check the path",
        ),
    ],
)
def test_what_the_operating_system_refuses(problem: OSError, detail: str, hint: str) -> None:
    found = errors.refused(problem, "here")
    assert (found.summary, found.detail) == ("A file cannot be read or written", detail)
    assert hint in found.hint


@pytest.mark.parametrize(
    ("summary", "detail", "attribute", "hinted"),
    [
        ("No valid credential sources found", "", "", True),
        ("Invalid provider configuration", "status 403: token is missing", "", True),
        ("Retrieving AWS account details", "AuthFailure: the request was not authorized", "", True),
        ("Incorrect attribute value type", "Inappropriate value for attribute: a number is required.", "", False),
        ("Invalid value", "the token has to be a string", "token", False),
        ("Missing required argument", 'The argument "features" is required.', "", False),
        ("invalid AWS Region: nowhere", "", "", False),
        ("Plugin did not respond", "The plugin encountered an error: EOF", "", False),
        ("Failed to instantiate provider", "fork/exec terraform-provider-aws: permission denied", "", False),
    ],
)
def test_a_hint_at_credentials_only_where_they_are_the_matter(
    summary: str, detail: str, attribute: str, hinted: bool
) -> None:
    found = Diagnostic(summary, detail, address='provider["registry.opentofu.org/hashicorp/aws"]', attribute=attribute)
    assert ("AWS_PROFILE" in errors.hint(found)) == hinted


def test_a_question_that_was_not_answered_with_yes_is_no_error() -> None:
    assert errors.error(refusals.declined()) == "Cancelled. Nothing was changed.\n"
    assert errors.error(refusals.declined(before=False)) == "Cancelled. Nothing more was changed.\n"
