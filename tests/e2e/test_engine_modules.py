"""Calls of the engine's modules: local ones, from a Nix path, from a registry; their outputs in values of Nix."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.e2e.project import Project

pytestmark = [pytest.mark.engine, pytest.mark.nix]

NET = """
variable "cidr" { type = string }
resource "terraform_data" "net" { input = var.cidr }
output "id" { value = terraform_data.net.id }
output "cidr" { value = terraform_data.net.output }
output "token" {
  value     = "tok-${terraform_data.net.output}"
  sensitive = true
}
"""
LET = """
  first = data "first" "10.0.0.0/16";
  net = lib.mkModule { source = @source@; name = "net"; config = { cidr = @cidr@; }; @more@ };
  plain = data "plain" (net.refAttr "id");
  host = data "host" (lib.derived {
    inputs = { id = net.refAttr "id"; cidr = net.refAttr "cidr"; };
    render = { id, cidr }: "${cidr}@${id}";
  });
  last = data "last" (lib.str [ "last of " (host.refAttr "output") ]);
"""
IR = 'ir [ first plain host last ] { modules = [ net ]; outputs.host = host.refAttr "output"; @outputs@ }'


def write(
    project: Project, *, source: str = '"./modules/net"', cidr: str = '"10.0.0.0/16"', more: str = "", outputs: str = ""
) -> Project:
    let = LET.replace("@source@", source).replace("@cidr@", cidr).replace("@more@", more)
    return project.flake(IR.replace("@outputs@", outputs), let=let)


@pytest.fixture
def with_module(project: Project) -> Project:
    folder = project.directory / "modules/net"
    folder.mkdir(parents=True)
    (folder / "main.tf").write_text(NET)
    return project


def host(project: Project) -> str:
    return project.run("output", "host").ok().stdout.strip()


def test_outputs_feed_values_that_nix_computes(with_module: Project) -> None:
    project = write(with_module)
    applied = project.run("apply").ok().stdout
    assert "across 3 phase(s)" in applied
    net = json.loads(project.state)["outputs"]["nivis_module_net"]["value"]["v"]
    assert host(project) == f"10.0.0.0/16@{net['id']}"
    assert project.attributes("terraform_data.plain")["input"]["value"] == net["id"]
    assert project.run("plan").ok().stdout == "No changes. 5 resource(s) up to date.\n"
    assert project.run("output").ok().stdout.splitlines() == [f"host = 10.0.0.0/16@{net['id']}"]

    # A new value of an input shows in everything that is computed from the module's outputs.
    write(project, cidr='"10.9.0.0/16"')
    plan = project.run("plan").ok().stdout
    assert " ~ terraform.terraform_data.host" in plan
    assert " ~ terraform.terraform_data.last" in plan
    project.run("apply").ok()
    assert host(project).startswith("10.9.0.0/16@")
    assert project.run("plan").ok().stdout == "No changes. 5 resource(s) up to date.\n"
    project.run("destroy").ok()
    assert project.run("state", "list").ok().stdout == "No resources in state.\n"


def test_module_that_waits_for_nix_itself(with_module: Project) -> None:
    project = write(with_module, cidr='(lib.str [ "of " (first.refAttr "id") ])')
    project.run("apply").ok()
    first = project.attributes("terraform_data.first")["id"]
    assert host(project).startswith(f"of {first}@")
    assert "No changes" in project.run("plan").ok().stdout
    flake = project.directory / "flake.nix"
    flake.write_text(flake.read_text().replace('data "first" "10.0.0.0/16"', 'data "first" "x"'))
    project.run("apply").ok()
    assert "No changes" in project.run("plan").ok().stdout
    project.run("destroy").ok()


def test_edited_and_new_modules_are_initialised(with_module: Project) -> None:
    project = write(with_module)
    project.run("apply").ok()
    inner = project.directory / "modules/inner"
    inner.mkdir()
    (inner / "main.tf").write_text('resource "terraform_data" "inner" {}\n')
    (project.directory / "modules/net/main.tf").write_text(NET + 'module "inner" { source = "../inner" }\n')
    assert "module.net.module.inner.terraform_data.inner" in project.run("apply").ok().stdout
    flake = project.directory / "flake.nix"
    text = flake.read_text().replace("modules = [ net ]; ", "").replace("net.refAttr", "first.refAttr")
    flake.write_text(text.replace('first.refAttr "cidr"', 'first.refAttr "output"'))
    gone = project.run("apply").ok().stdout
    assert "module.net.terraform_data.net  destroyed" in gone


def test_source_that_is_a_path_of_nix(with_module: Project) -> None:
    project = write(with_module, source="./modules/net")
    project.run("apply").ok()
    assert "No changes" in project.run("plan").ok().stdout
    assert "/nix/store/" in (project.directory / ".nivis/work/main.tf.json").read_text()
    (project.directory / "modules/net/main.tf").write_text(NET.replace("tok-", "key-"))
    assert "No changes" in project.run("plan").ok().stdout


def test_sensitive_output_stays_so(with_module: Project) -> None:
    project = write(with_module, outputs='outputs.seen = lib.str [ "<" (net.refAttr "token") ">" ];')
    spoken = project.run("apply", "--log-level", "debug").ok()
    assert "tok-10" not in spoken.stdout + spoken.stderr
    assert json.loads(project.state)["outputs"]["seen"] == {
        "value": "<tok-10.0.0.0/16>", "type": "string", "sensitive": True,
    }  # fmt: skip
    rendered = (project.directory / ".nivis/work/main.tf.json").read_text()
    assert "tok-10" not in rendered
    assert project.run("output").ok().stdout.splitlines()[1] == "seen = (sensitive)"
    assert project.run("output", "-show-sensitive").ok().stdout.splitlines()[1] == "seen = <tok-10.0.0.0/16>"


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Path]:
    """A CLI config file that names a module registry with `acme/net/demo` in versions 1.0.0 and 1.1.0."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr("main.tf", NET)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.endswith("/versions"):
                found = {"modules": [{"versions": [{"version": "1.0.0"}, {"version": "1.1.0"}]}]}
                self._answer(200, json.dumps(found).encode())
            elif self.path.endswith("/download"):
                version = self.path.split("/")[-2]
                host = self.headers["Host"]
                self._answer(204, b"", {"X-Terraform-Get": f"http://{host}/{version}/net.zip"})
            else:
                self._answer(200, archive.getvalue())

        do_HEAD = do_GET  # noqa: N815

        def _answer(self, code: int, body: bytes, headers: dict[str, str] | None = None) -> None:
            self.send_response(code)
            for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.server_address[1]}/v1/modules/"
    config = tmp_path / "tofurc"
    config.write_text(f'host "modules.test" {{\n  services = {{ "modules.v1" = "{url}" }}\n}}\n')
    yield config
    server.shutdown()
    server.server_close()
    thread.join()


def test_module_of_a_registry(project: Project, registry: Path) -> None:
    project.env["TF_CLI_CONFIG_FILE"] = str(registry)
    write(project, source='"modules.test/acme/net/demo"', more='version = "~> 1.0";').run("apply").ok()
    assert host(project).startswith("10.0.0.0/16@")
    modules = json.loads((project.directory / ".nivis/work/.terraform/modules/modules.json").read_text())["Modules"]
    assert {m.get("Version") for m in modules if m["Key"] == "net"} == {"1.1.0"}
    write(project, source='"modules.test/acme/net/demo"', more='version = "1.0.0";')
    assert "No changes" in project.run("plan").ok().stdout
