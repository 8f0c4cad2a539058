# What nixpkgs' hooks do: wheel, install, completions and man pages, wrapper.
set -e
mkdir "$TMPDIR/bin" "$TMPDIR/home"
export HOME="$TMPDIR/home" PATH="$TMPDIR/bin:$PATH"
printf '#!/bin/sh\nexec %s "$@"\n' "$hostPython" > "$TMPDIR/bin/python"
chmod +x "$TMPDIR/bin/python"
cp -r "$src" "$TMPDIR/source"
chmod -R u+w "$TMPDIR/source"
cd "$TMPDIR/source"
python -m build --wheel --no-isolation --outdir "$TMPDIR/dist" .
# Without the flag pip would remove the checkout from the machine's Python.
python -m pip install --ignore-installed --quiet --no-deps --no-index --prefix "$out" "$TMPDIR"/dist/*.whl

installShellCompletion() {
  shift 2
  while [ $# -gt 0 ]; do
    mkdir -p "$out/share/completions/${1#--}"
    cp "$2" "$out/share/completions/${1#--}/nivis"
    shift 2
  done
}
installManPage() {
  mkdir -p "$out/share/man/man1"
  cp "$@" "$out/share/man/man1"
}
# Only what was installed is imported, and the machine's packages; not the checkout.
unset PYTHONPATH
eval "$postInstall"
python -c "import $checked"

set -- $makeWrapperArgs
[ "$1 $2 $3" = "--suffix PATH :" ]
mv "$out/bin/nivis" "$out/bin/.nivis-wrapped"
cat > "$out/bin/nivis" <<END
#!/bin/sh
export PATH="\${PATH:+\$PATH:}$4"
export PYTHONPATH="$(echo "$out"/lib/python3*/site-packages):$hostPackages"
exec $hostPython "$out/bin/.nivis-wrapped" "\$@"
END
chmod +x "$out/bin/nivis"
