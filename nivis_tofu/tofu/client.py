"""Drives the engine: one method per command, results as values, failures as EngineError."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nivis_tofu.core.diagnostics import Diagnostic
from nivis_tofu.core.errors import EngineError, Interrupted
from nivis_tofu.system import notes, process
from nivis_tofu.tofu import argv, documents, exclude_file, failures, messages, wire
from nivis_tofu.tofu.argv import DEFAULT_LOCKING, ApplyOptions, Argv, InitOptions, Locking, PlanOptions
from nivis_tofu.tofu.messages import DiagnosticMessage
from nivis_tofu.tofu.processes import Processes
from nivis_tofu.tofu.results import (
    ApplyFailed,
    ApplyInterrupted,
    ApplyResult,
    Collector,
    LockHeldError,
    LockInfo,
    PlanResult,
)
from nivis_tofu.tofu.withheld import Withheld


class Tofu(Processes):
    """One engine in one working directory, with a method for each of its commands."""

    def init(self, options: InitOptions = InitOptions()) -> tuple[Diagnostic, ...]:  # noqa: B008 - frozen
        """Install what the configuration needs; returns warnings."""
        return self._stream(argv.init(options), Collector()).warnings

    def plan(self, options: PlanOptions = PlanOptions()) -> PlanResult:  # noqa: B008 - frozen
        if options.generate_config_out:
            Path(options.generate_config_out).unlink(missing_ok=True)  # of a plan before: the engine writes no old file
        with exclude_file.through(options, self.kind, self.site.scratch) as options:
            line = argv.plan(options, self.kind)
            return self._stream(line, Collector(), loads=True, hush=options.partial, end="plan").plan_result()

    def apply(self, plan_file: Path, options: ApplyOptions = ApplyOptions()) -> ApplyResult:  # noqa: B008 - frozen
        """Apply a saved plan; raises ApplyFailed or ApplyInterrupted, both with the result so far."""
        line = argv.apply_saved(str(plan_file), options)
        if not self.cost.values_beside_plan:
            return self._apply_without_files(line)
        said = Withheld(self.on_message, self.on_raw)
        try:
            return self.at(on_message=said.message, on_raw=said.raw)._apply(line, hush=True)
        except ApplyFailed as error:
            if not any(d.summary == argv.NO_VALUES for d in error.diagnostics):
                raise
            said.forget()
            self.cost.refuse_values()
            return self._apply_without_files(line)
        finally:
            said.release()

    def apply_direct(
        self,
        plan: PlanOptions = PlanOptions(),  # noqa: B008 - frozen
        options: ApplyOptions = ApplyOptions(),  # noqa: B008 - frozen
    ) -> ApplyResult:
        """Plan and apply in one process, without asking."""
        with exclude_file.through(plan, self.kind, self.site.scratch) as plan:
            return self._apply(argv.apply_direct(plan, options, self.kind), hush=plan.partial)

    def outlived(self) -> bool:
        """Has an apply come to its end whose nivis was killed before? It went on writing what it says to its file."""
        said, collector = notes.open_file(self.site.scratch / process.SAID), Collector()
        if said is None:
            return False
        with said, contextlib.suppress(EngineError):
            for line in said:
                if b'"change_summary"' in line:
                    collector.add(messages.decode(line.decode(errors="replace")))
        return collector.told("apply")

    def show_plan(self, plan_file: Path) -> tuple[documents.PlanDocument, dict[str, Any]]:
        """The saved plan, typed and as the engine's own document."""
        raw = wire.load_object(self._text(argv.show(str(plan_file)), loads=True, reads=True), "the saved plan")
        return documents.read_plan(raw), raw

    def show_state(self) -> tuple[documents.StateDocument, dict[str, Any]]:
        raw = wire.load_object(self._text(argv.show(), loads=True, reads=True), "the state")
        return documents.read_state(raw), raw

    def state_pull(self) -> str:
        """The state as it is stored, or "" if there is none; `raw_state.read_raw_state` reads it."""
        return self._text(argv.state_pull(), reads=True)

    def providers_schema(self) -> dict[str, Any]:
        found = wire.load_object(self._text(argv.providers_schema(), loads=True), "the provider schemas")
        with wire.reading("the provider schemas"):
            for provider in wire.table(found.get("provider_schemas")).values():
                for section in ("provider", "resource_schemas", "data_source_schemas"):
                    kinds = wire.table(provider.get(section))
                    for schema in (kinds,) if section == "provider" else kinds.values():
                        wire.table(schema.get("block"))
        return found

    def output(self) -> dict[str, Any]:
        """Name -> {value, type, sensitive}, values in clear."""
        return wire.load_object(self._text(argv.output(), reads=True), "the outputs")

    def version(self) -> str:
        raw = wire.load_object(self._text(argv.version(), reads=True), "the engine's version")
        return str(raw.get("terraform_version", ""))

    def validate(self) -> tuple[Diagnostic, ...]:
        """Check the configuration; returns warnings."""
        done = self._run(argv.validate(), loads=True)
        collector = Collector()
        # An invalid configuration ends with exit code 1 and a document; an engine that broke, without one.
        with contextlib.suppress(*((EngineError,) if done.returncode else ())), wire.reading("the validation"):
            for item in wire.sequence(wire.load_object(done.stdout, "the validation").get("diagnostics")):
                collector.add(self._clean(DiagnosticMessage(wire.diagnostic(item))))
        self._check(done, collector)
        return collector.warnings

    def state_list(self, addresses: Argv = ()) -> tuple[str, ...]:
        return tuple(self._text(argv.state_list(addresses), reads=True).splitlines())

    def state_mv(
        self, source: str, destination: str, locking: Locking = DEFAULT_LOCKING, *, dry_run: bool = False
    ) -> None:
        self._change(argv.state_mv(source, destination, locking, self.kind, dry_run=dry_run))

    def state_rm(self, addresses: Argv, locking: Locking = DEFAULT_LOCKING) -> None:
        self._change(argv.state_rm(addresses, locking, self.kind))

    def state_push(self, file: Path, locking: Locking = DEFAULT_LOCKING, *, force: bool = False) -> None:
        self._change(argv.state_push(str(file), locking, self.kind, force=force))

    def state_replace_provider(self, source: str, destination: str, locking: Locking = DEFAULT_LOCKING) -> None:
        self._change(argv.state_replace_provider(source, destination, locking, self.kind))

    def import_(self, address: str, import_id: str, locking: Locking = DEFAULT_LOCKING, var_files: Argv = ()) -> None:
        self._change(argv.import_(address, import_id, locking, self.kind, var_files), loads=True)

    def taint(self, address: str, locking: Locking = DEFAULT_LOCKING) -> None:
        self._change(argv.taint(address, locking, self.kind))

    def untaint(self, address: str, locking: Locking = DEFAULT_LOCKING) -> None:
        self._change(argv.untaint(address, locking, self.kind))

    def attached(self, line: Argv, env: Mapping[str, str]) -> int:
        """Run the user's own command line on the terminal with the user's environment; returns the exit code."""
        with self.around((self.kind, *line)) as more, self.site.occupied():
            whole = self._command(line) if line[0] in argv.WITH_VALUES else (str(self.exe), *line)
            return process.attached(whole, cwd=self.site.path, env=self._in_site({**env, **more}))

    def lock_holder(self) -> LockInfo | None:
        """Who holds the state lock; None if nobody does."""
        try:
            self.touch_lock(DEFAULT_LOCKING)
        except LockHeldError as error:
            return error.lock
        return None

    def touch_lock(self, locking: Locking) -> None:
        """Take the state lock and release it. Raises LockHeldError if somebody else holds it."""
        self._change(argv.touch_lock(locking, self.kind), quiet=True)

    def force_unlock(self, lock_id: str) -> None:
        self._change(argv.force_unlock(lock_id, self.kind))

    def workspace_list(self) -> tuple[tuple[str, ...], str]:
        """All names, and the current one."""
        # With TF_WORKSPACE set a sentence about it follows the list.
        lines = [
            x for x in self._text(argv.workspace_list(), reads=True).splitlines() if x[:2] in ("* ", "  ") and x.strip()
        ]
        current = next((line[2:] for line in lines if line.startswith("*")), "default")
        return tuple(line[2:] for line in lines), current

    def workspace_new(self, name: str, locking: Locking = DEFAULT_LOCKING) -> None:
        self._change(argv.workspace_new(name, locking, self.kind))

    def workspace_select(self, name: str) -> None:
        self._change(argv.workspace_select(name, self.kind))

    def workspace_delete(self, name: str, locking: Locking = DEFAULT_LOCKING, *, force: bool = False) -> None:
        self._change(argv.workspace_delete(name, locking, self.kind, force=force))

    def _apply_without_files(self, line: Argv) -> ApplyResult:
        return self.at(env={**self.env, **self.site.early_values()})._apply(line, hush=True)

    def _apply(self, line: Argv, *, hush: bool) -> ApplyResult:
        collector = Collector()
        try:
            self._stream(line, collector, loads=True, hush=hush, survives=self.site.scratch, end="apply")
        except LockHeldError:
            raise
        except EngineError as error:
            result, died = collector.apply_result(), not collector.errors
            raise ApplyFailed(*error.diagnostics, result=result, raw=error.raw, died=died) from error
        except Interrupted as error:
            raise ApplyInterrupted(error, collector.apply_result()) from error
        return collector.apply_result()

    def _change(self, line: Argv, *, loads: bool = False, quiet: bool = False) -> None:
        """A command that is run for what it does: JSON where the engine offers it. `quiet`: no warnings of it."""
        if self.kind == "tofu":
            try:
                done = self._stream(line, Collector(), loads=loads)
            except EngineError as error:
                if not any(argv.is_usage(d.summary + d.detail) for d in error.diagnostics):
                    raise
                # It has not begun: in OpenTofu 1.10 commands that edit a state speak to people only.
                warnings = self._in_plain_text(tuple(word for word in line if word != "-json"), loads=loads)
            else:
                remarks = (Diagnostic(text, severity="warning") for text in done.remarks)
                warnings = (*done.warnings, *remarks)
        else:
            warnings = self._in_plain_text(line, loads=loads)
        for warning in () if quiet else warnings:
            self.on_warning(warning)

    def _in_plain_text(self, line: Argv, *, loads: bool) -> tuple[Diagnostic, ...]:
        """A command that speaks to people only; returns warnings."""
        done = self._run(line, loads=loads)
        self._check(done, Collector())
        found = failures.warnings(self.redactor.redact(f"{done.stdout}\n{done.stderr}"))
        return tuple(warning for warning in found if warning.summary not in self.site.hushed)
