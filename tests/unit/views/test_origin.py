from __future__ import annotations

from nivis_tofu.core.diagnostics import Position
from nivis_tofu.insight.why import Origin
from nivis_tofu.views import origin

PLACE = Position("/nix/store/abc-source/flake.nix", 3, 7)
BUCKET = Origin("aws.t.bucket.id", ("provider",), 2)
NOTE = Origin("aws.t.note.content", ("nix",), 2, PLACE, known=True, value="in x", inputs=(BUCKET,))


def test_text_is_indented_below_what_it_goes_into() -> None:
    assert origin.text(NOTE) == (
        "aws.t.note.content = in x\n"
        "   at flake.nix:3:7\n"
        "   computed by Nix, known in phase 2, from:\n"
        "      aws.t.bucket.id\n"
        "         decided by the provider, known after phase 1"
    )


def test_what_was_told_is_not_told_again() -> None:
    assert origin.text(Origin("a.b", ("nix",), 1, seen=True, inputs=(BUCKET,))) == "a.b  (see above)"


def test_secrets_are_in_neither_form() -> None:
    secret = Origin("a.b", ("variable", "nix"), 1, known=True, value="hunter2", sensitive=True)
    assert origin.text(secret) == "a.b = (sensitive)\n   a sensitive variable and computed by Nix, known in phase 1"
    assert origin.document(secret)["value"] == "(sensitive)"


def test_a_document_has_everything() -> None:
    assert origin.document(NOTE) == {
        "what": "aws.t.note.content", "how": ["nix"], "phase": 2, "position": "flake.nix:3:7", "value": "in x",
        "sensitive": False,
        "inputs": [{"what": "aws.t.bucket.id", "how": ["provider"], "phase": 2, "sensitive": False, "inputs": []}],
    }  # fmt: skip


def test_names_and_values_command_no_terminal() -> None:
    shown = origin.text(Origin("a\x1b[2J", ("nix",), 1, known=True, value="b\x1b[2J"))
    assert "\x1b" not in shown
