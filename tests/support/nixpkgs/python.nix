# buildPythonApplication builds the wheel and installs it, as the one of nixpkgs does; the packages that it depends on
# are those of the machine's Python, whatever is asked for.
{
  host,
  lib,
  system,
}:
let
  package = name: version: {
    inherit name version;
  };
in
{
  python = {
    sitePackages = "lib/${host.pythonName}/site-packages";
    interpreter = host.python;
  };
  fetchPypi = _: throw "this stand-in downloads nothing";
  buildPythonPackage = arguments: package arguments.pname arguments.version;
  python-hcl2 = package "python-hcl2" "7.3.1";
  grpcio = package "grpcio" "1";
  hatch-fancy-pypi-readme = package "hatch-fancy-pypi-readme" "25";
  hatchling = package "hatchling" "1";
  jinja2 = package "jinja2" "3";
  lark = package "lark" "1";
  msgpack = package "msgpack" "1";
  pyyaml = package "pyyaml" "6";
  regex = package "regex" "1";
  rich = package "rich" "14";
  setuptools = package "setuptools" "80";
  setuptools-scm = package "setuptools-scm" "9";
  simplejson = package "simplejson" "3";
  typer = package "typer" "0.20";

  buildPythonApplication =
    arguments:
    (derivation {
      inherit system;
      inherit (arguments) src postInstall makeWrapperArgs;
      name = "${arguments.pname}-${arguments.version}";
      builder = "/bin/sh";
      args = [ ./build.sh ];
      PATH = "/usr/bin:/bin";
      hostPython = host.python;
      hostPackages = host.packages;
      checked = arguments.pythonImportsCheck;
    })
    // {
      inherit (arguments) meta;
      asked = map (d: d.name) arguments.dependencies;
    };
}
