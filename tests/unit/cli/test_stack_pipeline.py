"""Options of `stacks pipeline` that are refused before anything is evaluated."""

from __future__ import annotations

import pytest

from nivis_tofu.cli.common import Common
from nivis_tofu.cli.stack_pipeline import wanted
from nivis_tofu.core.errors import NivisError


@pytest.mark.parametrize(
    ("common", "form", "verb", "env", "said"),
    [
        (Common(), "", "apply", [], "Unknown forge"),
        (Common(), "jenkins", "apply", [], "Unknown forge"),
        (Common(), "github", "destroy", [], "Unknown verb of a pipeline"),
        (Common(var=["password=x"]), "github", "plan", [], "A value in a pipeline"),
        (Common(), "github", "plan", ["A"], "Malformed --env"),
        (Common(), "github", "plan", ["=b"], "Malformed --env"),
    ],
)
def test_what_no_pipeline_can_have(common: Common, form: str, verb: str, env: list[str], said: str) -> None:
    with pytest.raises(NivisError, match=said) as error:
        wanted(common, form, verb, "", env)
    assert "password" not in str(error.value.diagnostics)


def test_variables_of_jobs() -> None:
    found = wanted(Common(), "gitlab", "apply", "", ["A=b=c", "TF_HTTP_PASSWORD=$CI_JOB_TOKEN"])
    assert found.env == {"A": "b=c", "TF_HTTP_PASSWORD": "$CI_JOB_TOKEN"}
