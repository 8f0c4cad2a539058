"""Which configuration of which provider each resource uses, and what only the state still needs."""

from __future__ import annotations

from typing import Any

from nivis_tofu.manage.providers_used import Used, used
from tests.support.played import Play, document, thing
from tests.support.played_engine import SOURCE

LOCK = f'''provider "{SOURCE}" {{
  version     = "1.2.3"
  constraints = "~> 1.0"
}}
'''


def flake(**providers: Any) -> Any:
    other = {**thing("x", "x"), "id": "q.t.x", "provider": "q"}
    return lambda _: {**document(thing("b", "x"), thing("a", "x"), other), "providers": providers}


def test_configurations_with_their_users_and_versions(play: Play) -> None:
    of_p = {"source": SOURCE, "version": "~> 1.0", "config": {}}
    played = play(flake(p=of_p, q={"source": "y/q", "config": {}}, unused={"source": SOURCE, "config": {}}))
    (played.directory / ".terraform.lock.hcl").write_text(LOCK)
    assert used(played.session()) == (
        Used("p", SOURCE, "1.2.3", "~> 1.0", ("p.t.a", "p.t.b")),
        Used("q", "registry.opentofu.org/y/q", "", "", ("q.t.x",)),
        Used("unused", SOURCE, "1.2.3", "", ()),
    )


def test_the_built_in_provider_has_no_version(play: Play) -> None:
    builtin = {"source": "terraform.io/builtin/terraform", "config": {}}
    played = play(lambda _: {**document(), "providers": {"terraform": builtin}})
    assert [u.version for u in used(played.session())] == ["built in"]


def test_a_provider_that_only_the_state_needs(play: Play) -> None:
    played = play(lambda _: document(thing("b", "x"), thing("a", "x"))).applied()
    played.flake = lambda _: {**document(), "providers": {"q": {"source": "y/q", "config": {}}}}
    assert used(played.session())[-1] == Used("", SOURCE, "", "", ("p.t.a", "p.t.b"))
