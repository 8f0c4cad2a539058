"""Pipelines of the forges against the schemas that they publish."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
import yaml

from nivis_tofu.core import json_text
from nivis_tofu.stacks.jobs import Job, Pipeline, jobs
from nivis_tofu.stacks.order import Order
from nivis_tofu.views import pipelines
from nivis_tofu.views.human import Style

SCHEMAS = {"github": "github-workflows", "gitlab": "gitlab-ci", "buildkite": "buildkite"}
NAMES = ("9lives", "default", "a-b", "true")
"""Names that a forge could take for something else."""


def made(verb: str = "apply", names: tuple[str, ...] = NAMES, **more: Any) -> Pipeline:
    before = {name: (names[n - 1],) if n and verb == "apply" else () for n, name in enumerate(names)}
    options = ("--var-file=it's $HOME.json", "--no-input")
    jobs = tuple(Job(n, before[n], ("nivis", verb, "--stack", n, *options)) for n in names)
    return Pipeline(verb, jobs, **more)


def planning(**more: Any) -> Pipeline:
    """Plans of stacks that use each other."""
    uses = Order({"net": frozenset(), "db": frozenset({"net"}), "web": frozenset({"db"}), "log": frozenset()})
    return Pipeline("plan", jobs(uses.names, uses.within(uses.names), "plan", ("--no-input",)), **more)


def text(form: str, found: Pipeline) -> str:
    return pipelines.pipeline(form, found).text(Style())


def document(form: str, found: Pipeline) -> Any:
    return yaml.safe_load(text(form, found))


@pytest.mark.parametrize("form", sorted(SCHEMAS))
@pytest.mark.parametrize(
    "found",
    [
        made(),
        made("plan"),
        made(names=()),
        made("plan", names=()),
        made(directory="infra", branch="release", env={"NIVIS_VAR_x": "${{ vars.X }}"}, aws=True),
        made("plan", aws=True, env={"TF_HTTP_PASSWORD": "$CI_JOB_TOKEN"}),
        planning(),
        planning(directory="infra", aws=True, env={"A": "1"}),
    ],
    ids=["apply", "plan", "no applies", "no plans", "apply with all", "plan with all", "plans", "plans with all"],
)
def test_they_keep_to_the_published_schemas(form: str, found: Pipeline) -> None:
    schema = json.loads(
        (files("check_jsonschema") / f"builtin_schemas/vendor/{SCHEMAS[form]}.json").read_text(encoding="utf-8")
    )
    body = document(form, found)
    jsonschema.Draft7Validator(schema).validate(body)
    page = pipelines.pipeline(form, found)
    assert json_text.loads(page.document())["pipeline"] == body
    assert text(form, found) == text(form, found)
    assert "&id" not in text(form, found)


def test_jobs_of_github_need_each_other() -> None:
    jobs = document("github", made(branch="release", aws=True))["jobs"]
    assert {name: job.get("needs") for name, job in jobs.items()} == {
        "apply-9lives": None,
        "apply-default": ["apply-9lives"],
        "apply-a-b": ["apply-default"],
        "apply-true": ["apply-a-b"],
    }
    assert jobs["apply-a-b"]["environment"] == "a-b"
    steps = jobs["apply-a-b"]["steps"]
    assert steps[-1]["run"] == """nivis apply --stack a-b '--var-file=it'"'"'s $HOME.json' --no-input"""
    assert "configure-aws-credentials" in steps[-2]["uses"]


def test_plans_of_github_are_a_matrix_without_the_identity_of_strangers() -> None:
    (job,) = document("github", made("plan"))["jobs"].values()
    assert job["strategy"]["matrix"]["stack"] == list(NAMES)
    assert job["steps"][-1]["run"].startswith("nivis plan --stack ${{ matrix.stack }} '--var-file=")
    assert "head.repo.full_name == github.repository" in job["if"]


def test_on_github_documents_of_plans_go_from_job_to_job() -> None:
    jobs = document("github", planning(directory="my infra"))["jobs"]
    assert {name: job.get("needs") for name, job in jobs.items()} == {
        "plan-log": None,
        "plan-net": None,
        "plan-db": ["plan-net"],
        "plan-web": ["plan-net", "plan-db"],
    }
    assert all("head.repo.full_name" in job["if"] for job in jobs.values())
    *_, fetched, run, kept = jobs["plan-db"]["steps"]
    assert fetched["with"] == {"pattern": "nivis-plan-*", "path": "my infra/nivis-plans", "merge-multiple": True}
    assert run == {
        "run": "mkdir -p 'my infra/nivis-plans' && nivis plan --stack db --json-into=nivis-plans/db.json --no-input",
        "env": {"NIVIS_STACKS_CHANGING": "nivis-plans"},
    }
    assert (kept["with"]["name"], kept["with"]["path"]) == ("nivis-plan-db", "my infra/nivis-plans/db.json")
    assert jobs["plan-log"]["steps"][-1] == {"run": "nivis plan --stack log --no-input"}
    assert "env" not in jobs["plan-net"]["steps"][-2]


def test_on_gitlab_and_buildkite_too() -> None:
    found = document("gitlab", planning(directory="infra"))
    assert found["plan-web"]["needs"] == ["plan-net", "plan-db"]
    assert found["plan-web"]["variables"] == {"NIVIS_STACKS_CHANGING": "nivis-plans"}
    assert found["plan-db"]["artifacts"]["paths"] == ["infra/nivis-plans/db.json"]
    assert not {"variables", "artifacts"} & found["plan-log"].keys()
    steps = {step["key"]: step for step in document("buildkite", planning(directory="infra"))["steps"]}
    fetch, docker = steps["plan-web"]["plugins"]
    assert fetch["artifacts#v1.9.4"]["download"] == ["infra/nivis-plans/net.json", "infra/nivis-plans/db.json"]
    assert "NIVIS_STACKS_CHANGING=nivis-plans" in docker["docker#v5.13.0"]["environment"]
    assert steps["plan-net"]["artifact_paths"] == ["infra/nivis-plans/net.json"]
    assert [len(steps[key]["plugins"]) for key in ("plan-log", "plan-net", "plan-db")] == [1, 1, 2]


def test_a_branch_is_the_only_one_that_applies() -> None:
    assert document("github", made(branch="release"))["on"]["push"] == {"branches": ["release"]}
    for branch, said in (("", "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"), ("r", '$CI_COMMIT_BRANCH == "r"')):
        assert document("gitlab", made(branch=branch))["workflow"]["rules"] == [{"if": said}]
    for branch, said in (("", "build.branch == pipeline.default_branch"), ("r", 'build.branch == "r"')):
        assert {s["if"] for s in document("buildkite", made(branch=branch))["steps"]} == {said}


def test_jobs_of_gitlab() -> None:
    found = document("gitlab", made(directory="infra"))
    assert found["apply-default"]["needs"] == ["apply-9lives"]
    assert found["apply-default"]["resource_group"] == "stack-default"
    assert found["apply-default"]["cache"]["key"]["files"] == ["infra/nivis.default.lock.hcl"]
    assert not {"artifacts", "default"} & {key for n, job in found.items() if n != "default" for key in job}


def test_steps_of_buildkite_are_safe_from_its_own_variables() -> None:
    steps = document("buildkite", made(env={"A": "1"}))["steps"]
    assert [s["depends_on"] for s in steps] == [[], ["apply-9lives"], ["apply-default"], ["apply-a-b"]]
    assert "s $$HOME.json" in steps[0]["command"]
    assert "A" in steps[0]["plugins"][0]["docker#v5.13.0"]["environment"]
