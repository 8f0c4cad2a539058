"""What goes wrong in an episode: each kind runs a command in which something happens, or does something to the project."""

from __future__ import annotations

import contextlib
import json
import random
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.campaign import announced
from tests.campaign import cloud as clouds
from tests.campaign.small_disk import small_disk
from tests.campaign.world import Violation, World
from tests.e2e.project import Result
from tests.property.generator import Spec
from tests.support.damage import DIRECTORIES, FILES
from tests.support.provider import Verb

SIGNALS = (signal.SIGKILL, signal.SIGKILL, signal.SIGINT, signal.SIGTERM)


@dataclass
class Scene:
    """What a fault works with, and what it makes of it."""

    world: World
    spec: Spec
    random: random.Random
    usual: float
    """Seconds that an apply has taken here."""
    flags: list[str]
    """Of the mode."""
    kind: str = ""
    killed: bool = False
    """May a module and temporary files lie about?"""
    trusted: bool = True
    """Does success mean that all is done?"""
    destroys: bool = False
    """Was everything announced to go?"""
    told: dict[str, str] = field(default_factory=dict)
    """What was announced beside the plan for the new configuration: of the command's flags, or by the run itself."""
    unforeseen: bool = False
    """Did something happen that the plan before could not know?"""
    broken: str = ""
    """How it went."""

    def stacked(self, *verb: str) -> list[str]:
        return ["stacks", *verb] if self.world.mode == "stacks" else [*verb]

    def command(self) -> list[str]:
        """An apply mostly."""
        verb = self.random.choices(["apply", "plan", "destroy", "refresh"], [75, 8, 12, 5])[0]
        if verb == "refresh" and self.world.mode == "stacks":
            verb = "apply"
        self.destroys |= verb == "destroy"
        self.trusted &= verb == "apply"
        return [*self.stacked(verb), *self.flags]

    def tool(self, which: str, **wanted: Any) -> dict[str, str]:
        """Environment in which a tool misbehaves once."""
        mark = self.world.top / "mark"
        mark.unlink(missing_ok=True)
        return {"CAMPAIGN_WHICH": which, "CAMPAIGN_TOOL": json.dumps({"mark": str(mark), **wanted})}

    @property
    def uses_secret(self) -> bool:
        """Does every graph use the variable? Only what a provider was given can it quote, and nivis know to be secret."""
        specs = self.spec.get("stacks", {"": self.spec}).values()
        return all('"k": "secret"' in json.dumps(spec) for spec in specs)

    def ids(self) -> list[tuple[str, str]]:
        """(stack or "", id) of every resource that has a name in the spec."""
        specs = self.spec.get("stacks", {"": self.spec})
        found = []
        for stack, spec in specs.items():
            for n in spec["nodes"]:
                kind = {"data": "terraform.terraform_data.", "thing": f"{n.get('provider')}.lab_thing."}
                found.append((stack, kind.get(n["is"], "module.") + n["name"]))
        return found


def killed_after_a_while(s: Scene) -> Result:
    """A signal after a random time, to nivis, the engine or Nix."""
    process = s.world.start(*s.command())
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(s.random.uniform(0.05, 1.2 * s.usual))
    number = s.random.choice(SIGNALS)
    victim = s.random.choice(["nivis", "nivis", "engine", "nix", "all"])
    targets = {
        "nivis": [process.pid],
        "engine": clouds.named(process.pid, "tofu"),
        "nix": clouds.named(process.pid, "nix"),
        "all": clouds.family(process.pid),
    }[victim]
    if process.poll() is None:
        clouds.send(targets, number)
        if number == signal.SIGINT and s.random.random() < 0.3:
            time.sleep(0.2)
            clouds.send(targets, number)
    s.killed = True
    s.broken = f"{victim} {signal.Signals(number).name}"
    return s.world.end(process)


def killed_at_a_step(s: Scene) -> Result:
    """nivis gets a signal at the n-th time it touches a file or starts a process."""
    action = s.random.choice(["kill", "kill", "kill", "int", "term", "hup"])
    at = s.random.choice([s.random.randint(1, 40), s.random.randint(1, 150)])
    s.killed = True
    s.broken = f"{action} at step {at}"
    return s.world.end(s.world.start(*s.command(), die={"at": at, "action": action, "for": 1}))


def killed_at_a_line(s: Scene) -> Result:
    """The engine, nivis or both get a signal when the engine says its n-th line."""
    action = s.random.choice(["kill engine", "kill nivis", "kill both"])
    number = s.random.choice(SIGNALS)
    s.killed = True
    return misbehaves(s, action, number)


def misbehaves(s: Scene, action: str, number: int) -> Result:
    command = s.random.choices(["apply", "plan", "init", "show"], [60, 30, 5, 5])[0]
    wanted = {"command": command, "call": s.random.choice([1, 1, 1, 2, 2, 3]), "line": s.random.randint(0, 14)}
    env = s.tool("tofu", action=action, signal=int(number), **wanted)
    s.broken = f"{action} {int(number)} at {wanted}"
    process = s.world.start(*s.command(), env=env)
    if action == "hang":
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(3 * s.usual + 5)
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
    return s.world.end(process)


def misbehaving_engine(s: Scene) -> Result:
    """The engine's stream is cut off, has garbage in it, its exit code is odd or a lie, or it hangs."""
    action = s.random.choice(["cut", "garbage", "garbage", "odd exit", "lie", "hang"])
    s.trusted = False
    s.killed = True
    return misbehaves(s, action, s.random.randint(0, 29))


def misbehaving_nix(s: Scene) -> Result:
    """The n-th evaluation dies, is cut off, says garbage, or nivis dies during it."""
    action = s.random.choice(["kill engine", "cut", "garbage", "odd exit", "kill nivis"])
    command = "repl" if s.flags and s.random.random() < 0.5 else "eval"
    number = s.random.choice(SIGNALS) if action.startswith("kill") else s.random.randint(0, 29)
    env = s.tool("nix", command=command, call=s.random.randint(1, 4), line=0, action=action, signal=int(number))
    s.killed = True
    s.broken = f"nix {command}: {action} {int(number)}"
    return s.world.end(s.world.start(*s.command(), env=env))


def killed_at_a_call(s: Scene) -> Result:
    """Somebody gets a signal while the provider works on something."""
    verbs: tuple[Verb, ...] = s.random.choice([("create",), ("create", "update", "delete"), ("read",), ("plan",)])
    victim = s.random.choice(["nivis", "engine", "nix", "all", "socket"])
    number = s.random.choice(SIGNALS)
    s.killed = True
    s.broken = f"{victim} {signal.Signals(number).name} at {verbs}"
    process: list[subprocess.Popen[str]] = []

    def act() -> None:
        pid = process[0].pid
        if victim == "socket":
            for path in (s.world.top / "tmp").glob("nivis-*/socket"):
                path.unlink(missing_ok=True)
            return
        found = {"nivis": [pid], "all": clouds.family(pid)}
        clouds.send(found.get(victim) or clouds.named(pid, {"engine": "tofu"}.get(victim, victim)), number)

    s.world.cloud.watch(verbs, s.random.choice([1, 1, 2, 3]), act)
    process.append(s.world.start(*s.command()))
    return s.world.end(process[0])


def misbehaving_provider(s: Scene) -> Result:
    """Calls fail, are slow, crash before or after the deed, or answer otherwise than was planned."""
    kinds: list[dict[str, Any]] = [
        {"fail": "no room"},
        {"fail": f"no room for {s.world.canary}"} if s.uses_secret else {"fail": "no room at all"},
        {"fail": "half done", "half": True},
        {"crash": True},
        {"late_crash": True},
        {"answer": {"value": "something else"}},
        {"answer": {"seen": 77}},
        {"seconds": 0.4},
    ]
    told = []
    for _ in range(s.random.randint(1, 2)):
        verb: Verb = s.random.choice(["create", "create", "update", "delete", "read", "plan"])
        fault = s.random.choice(kinds)
        if "answer" in fault and verb in ("plan", "delete"):
            continue
        things = [i.rsplit(".", 1)[-1] for _, i in s.ids() if ".lab_thing." in i]
        name = s.random.choice(["*", *things])
        times = s.random.choice([1, 1, 10**6])
        s.world.cloud.on(verb, name, **fault, times=times)
        s.unforeseen |= "answer" in fault
        told.append(f"{verb} {name} {fault} {times}")
    s.trusted = False
    s.broken = "; ".join(told)
    return heard(s, s.command())


def heard(s: Scene, command: list[str]) -> Result:
    """Runs a command; what follows from something unforeseen only this run and the next can announce."""
    listens = s.unforeseen and "apply" in command
    result = s.world.end(s.world.start(*command, *(s.world.listener.flags if listens else [])))
    s.told = s.world.listener.heard()
    return result


def drift(s: Scene) -> Result:
    """Things change or go behind the engine's back, before or while it runs."""
    cloud = s.world.cloud

    def move() -> None:
        for name, found in list(cloud.objects.items()):
            kind = s.random.random()
            if kind < 0.2:
                del cloud.objects[name]
            elif kind < 0.4:
                found["value"] = "drifted"
            elif kind < 0.5:
                found["seen"] = 100

    s.trusted = False
    if s.random.random() < 0.5:
        s.broken = "before"
        move()
    else:
        s.broken = "while it runs"
        cloud.watch(("read", "create", "update"), s.random.randint(1, 4), move)
    s.unforeseen = True
    return heard(s, s.command())


def full_disk(s: Scene) -> Result:
    """No file can be written from the n-th on, for a while or for good."""
    at, length = s.random.randint(1, 80), s.random.choice([1, 2, 10, 1000])
    action = s.random.choice(["disk", "disk", "denied"])
    s.broken = f"{action} from {at} for {length}"
    s.killed = True
    return s.world.end(s.world.start(*s.command(), die={"at": at, "action": action, "for": length}))


def small_files(s: Scene) -> Result:
    """No process of the run can make a file larger than some bytes."""
    size = s.random.choice([0, 100, 1000, s.random.randint(0, 20_000)])
    s.broken = f"{size} bytes"
    s.killed = True
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))  # noqa: E731 - called in the child
    return s.world.end(s.world.start(*s.command(), before=limit))


def no_space(s: Scene) -> Result:
    """The project's file system has some kilobytes left, for nivis, the engine and its state."""
    room = s.random.choice([0, 4, 8, 16, 32, 64])
    s.killed = True
    with small_disk(s.world.directory, s.world.top / "copy", room) as small:
        s.broken = f"{room} KB left" if small else "mounting is not allowed"
        s.trusted &= not small
        try:
            return s.world.end(s.world.start(*s.command()))
        finally:
            s.world.idle()


def damaged_notes(s: Scene) -> Result:
    """Files below `.nivis/` are replaced with something else; what the hints say is done."""
    root = s.world.directory / ".nivis"
    if s.random.random() < 0.2:
        s.broken = "all gone"
        shutil.rmtree(root, ignore_errors=True)
        return s.world.run(*s.command())
    every = [p for p in root.rglob("*") if not p.is_symlink() and not any(q.is_symlink() for q in p.parents)]
    files = [p for p in every if p.is_file()]
    told = []
    for path in s.random.sample(sorted(files), min(len(files), s.random.choice([1, 1, 2, 5]))):
        kind = s.random.choice(list(FILES))
        told.append(f"{path.relative_to(root)} {kind}")
        FILES[kind](path)
    directories = [p for p in sorted(every) if p.is_dir() and not p.is_symlink()]
    if directories and s.random.random() < 0.3:
        path = s.random.choice(directories)
        kind = s.random.choice(list(DIRECTORIES))
        told.append(f"{path.relative_to(root)} {kind}")
        shutil.rmtree(path)
        DIRECTORIES[kind](path)
    s.broken = ", ".join(told)
    return followed(s, s.command())


def followed(s: Scene, command: list[str]) -> Result:
    """Runs a command and does what its hints about damaged notes say, until it goes through."""
    from tests.campaign.hints import obey

    for _ in range(8):
        done = s.world.run(*command)
        if done.code == 0 or not obey(s.world, done):
            return done
    raise Violation("advice does not help", "".join(s.world.said[-2:]))


def side_by_side(s: Scene) -> Result:
    """Two or three runs at once."""
    commands = [s.command() for _ in range(s.random.randint(2, 3))]
    wait = ["--lock-timeout", "60s"] if s.random.random() < 0.5 and s.world.mode != "stacks" else []
    s.broken = f"{len(commands)} runs {wait}"
    running = []
    for command in commands:
        running.append(s.world.start(*command, *wait))
        time.sleep(s.random.choice([0.0, 0.1, 0.5]))
    s.trusted = False
    results = [s.world.end(p) for p in running]
    for done in results:
        if done.code not in (0, 1):
            raise Violation("exit code", f"{s.broken}: {done.stderr}")
    return results[-1]


def chosen(s: Scene) -> Result:
    """Only some, all but some, some anew; or a few phases only."""
    ids = s.ids()
    stack, first = s.random.choice(ids)
    flag = s.random.choice(["--target", "--exclude", "--replace", "--max-phases", "--parallelism", "--refresh=false"])
    value = {"--max-phases": ["1"], "--parallelism": ["1"], "--refresh=false": []}.get(flag, [first])
    if flag == "--replace" and first.startswith("module."):
        flag = "--target"
    s.trusted = flag in ("--parallelism", "--replace") and not stack
    at = ["--stack", stack] if stack else []
    s.broken = " ".join([flag, *value])
    if flag == "--replace":
        # What uses it may have to be replaced, too; in other stacks only the next run can say that.
        s.unforeseen = bool(stack)
        planned = s.world.run("plan", *at, flag, *value, *s.flags, "--json")
        if planned.code != 0:
            return planned
        s.told = announced.planned(json.loads(planned.stdout))
    return s.world.run("apply", *at, flag, *value, *s.flags)


def plan_file(s: Scene) -> Result:
    """A plan is applied later: at once, after another apply, or after a kill."""
    at = ["--stack", s.random.choice([stack for stack, _ in s.ids()])] if s.world.mode == "stacks" else []
    file = str(s.world.top / "plan")
    s.trusted = False
    planned = s.world.run("plan", "-out", file, *at, *s.flags)
    if planned.code != 0:
        return planned
    between = s.random.choice(["nothing", "apply", "killed", "notes gone"])
    s.broken = between
    if between == "apply":
        s.world.run("apply", *at, *s.flags)
    elif between == "killed":
        killed_at_a_step(s)
        s.world.idle()
    elif between == "notes gone":
        shutil.rmtree(s.world.directory / ".nivis")
    return s.world.run("apply", file, *at)


def broken_flake(s: Scene) -> Result:
    """The flake does not evaluate, or throws in the middle."""
    path = s.world.directory / "flake.nix"
    good = path.read_text()
    bad = s.random.choice(["this is no Nix", good.replace("hash = xs: hash", "hash = xs: throw"), good[:-40]])
    path.write_text(bad)
    s.broken = "does not evaluate"
    s.trusted = False
    try:
        return s.world.run(*s.command())
    finally:
        path.write_text(good)


def nothing(s: Scene) -> Result:
    """A run without a fault."""
    s.trusted = True
    return s.world.run(*s.stacked("apply"), *s.flags)


FAULTS: dict[str, tuple[int, Callable[[Scene], Result]]] = {
    "killed after a while": (16, killed_after_a_while),
    "killed at a step": (16, killed_at_a_step),
    "killed at a line": (12, killed_at_a_line),
    "killed at a call": (12, killed_at_a_call),
    "misbehaving engine": (8, misbehaving_engine),
    "misbehaving nix": (5, misbehaving_nix),
    "misbehaving provider": (10, misbehaving_provider),
    "drift": (5, drift),
    "full disk": (8, full_disk),
    "small files": (4, small_files),
    "no space": (6, no_space),
    "damaged notes": (8, damaged_notes),
    "side by side": (4, side_by_side),
    "chosen resources": (6, chosen),
    "plan file": (5, plan_file),
    "broken flake": (3, broken_flake),
    "nothing": (4, nothing),
}
"""Name -> how often, and what it does."""
