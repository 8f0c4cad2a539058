"""What the tab key will offer, from where a run stands."""

from __future__ import annotations

from nivis_tofu.ir.ledger import Ledger, Object
from nivis_tofu.ir.schema import BlockSchema
from nivis_tofu.project.memory import Completions
from nivis_tofu.run.completion import names
from nivis_tofu.run.decide.position import NO_ANSWER, Evaluation, Position
from tests.support.rendering import data, decode, document


def test_names_of_what_is_declared_and_of_what_is_there() -> None:
    ir = decode(document(data("a", 1), data("b", 2), extra={"variable": {"zone": {}}}))
    held = {
        "aws.aws_vpc.old": Object("aws_vpc.old", "", {"arn": "x"}),
        "data.aws.aws_ami.x": Object("data.aws_ami.x", "", {"owners": []}),
        "module.m": Object("module.m", "", {"vpc": 1}),
    }
    at = Position(Ledger(held), evaluation=Evaluation(ir, NO_ANSWER, ir))
    schema = BlockSchema({"attributes": {"id": {}}, "block_types": {"timeouts": {}}})
    found = names(at, ["region"], lambda _: schema)
    assert found == Completions(
        ids={
            "aws.aws_vpc.old": "aws_vpc",
            "data.aws.aws_ami.x": "data.aws_ami",
            "module.m": "module.m",
            "terraform.terraform_data.a": "terraform_data",
            "terraform.terraform_data.b": "terraform_data",
        },
        attributes={
            "aws_vpc": ["arn"],
            "data.aws_ami": ["owners"],
            "module.m": ["vpc"],
            "terraform_data": ["id", "input", "timeouts"],
        },
        variables=["region", "zone"],
        providers=["terraform.io/builtin/terraform"],
    )


def test_without_a_schema_there_is_what_is_configured() -> None:
    ir = decode(document(data("a", 1)))
    found = names(Position(evaluation=Evaluation(ir, NO_ANSWER, ir)), [], lambda _: None)
    assert found.attributes == {"terraform_data": ["input"]}
