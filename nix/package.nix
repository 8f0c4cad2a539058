# Called by the flake with nixpkgs; `nivis.override { opentofu = …; }` brings another engine, `withTraces = true` OpenTelemetry.
{
  lib,
  python3Packages,
  installShellFiles,
  opentofu,
  git,
  nix,
  withTraces ? false,
}:
let
  root = ../.;
  content = [
    "LICENSE"
    "README.md"
    "nivis_tofu"
    "pyproject.toml"
    "templates"
    "tools"
  ];
  found = builtins.match ".*__version__ = \"([^\"]+)\".*" (builtins.readFile ../nivis_tofu/__init__.py);

  # nixpkgs may still have an older major version, whose trees look different.
  python-hcl2 =
    if lib.versionAtLeast python3Packages.python-hcl2.version "8" then
      python3Packages.python-hcl2
    else
      python3Packages.buildPythonPackage {
        pname = "python-hcl2";
        version = "8.1.4";
        pyproject = true;
        src = python3Packages.fetchPypi {
          pname = "python_hcl2";
          version = "8.1.4";
          hash = "sha256-tBRckwVA6Z4+m0994pd3W9+FbfKXgqer2wkWy/yreGU=";
        };
        build-system = [
          python3Packages.setuptools
          python3Packages.setuptools-scm
        ];
        dependencies = [
          python3Packages.lark
          python3Packages.regex
        ];
        pythonImportsCheck = [ "hcl2" ];
      };
in
python3Packages.buildPythonApplication {
  pname = "nivis";
  version = builtins.head found;
  pyproject = true;

  src = builtins.path {
    name = "nivis-source";
    path = root;
    filter =
      path: _:
      let
        below = lib.removePrefix "${toString root}/" (toString path);
        top = builtins.head (builtins.filter builtins.isString (builtins.split "/" below));
      in
      builtins.elem top content && !lib.hasSuffix "__pycache__" path;
  };

  build-system = [
    python3Packages.hatchling
    python3Packages.hatch-fancy-pypi-readme
  ];
  dependencies = [
    python-hcl2
    python3Packages.grpcio
    python3Packages.jinja2
    python3Packages.msgpack
    python3Packages.pyyaml
    python3Packages.rich
    python3Packages.simplejson
    python3Packages.typer
  ]
  ++ lib.optionals withTraces [
    python3Packages.opentelemetry-sdk
    python3Packages.opentelemetry-exporter-otlp-proto-http
    python3Packages.opentelemetry-exporter-otlp-proto-grpc
  ];
  # Its upper bound keeps pip away from versions that nobody has tried; nixpkgs has the versions it has.
  pythonRelaxDeps = [ "typer" ];

  nativeBuildInputs = [ installShellFiles ];

  # What is on PATH already comes first: an engine with plugins, or the Nix that owns the store.
  makeWrapperArgs = [
    "--suffix"
    "PATH"
    ":"
    (lib.makeBinPath [
      opentofu
      git
      nix
    ])
  ];

  postInstall = ''
    export PYTHONPATH="$out/${python3Packages.python.sitePackages}:$PYTHONPATH"
    for shell in bash zsh fish; do
      ${python3Packages.python.interpreter} -m nivis_tofu completion "$shell" > "completion.$shell"
    done
    installShellCompletion --cmd nivis --bash completion.bash --zsh completion.zsh --fish completion.fish
    ${python3Packages.python.interpreter} -m tools.manpages man
    installManPage man/*.1
  '';

  pythonImportsCheck = [ "nivis_tofu" ];

  meta = {
    description = "Infrastructure as Nix code on the real OpenTofu engine";
    homepage = "https://github.com/wearetechnative/nivis";
    changelog = "https://github.com/wearetechnative/nivis/blob/main/CHANGELOG.md";
    license = lib.licenses.asl20;
    mainProgram = "nivis";
  };
}
