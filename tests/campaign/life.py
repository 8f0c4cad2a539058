"""The life of one project: edits and faults in turn, and after each what must hold."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import tempfile
import time
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

from nivis_tofu.system import locate
from tests.campaign import announced, expected
from tests.campaign.announced import merge
from tests.campaign.cloud import Cloud
from tests.campaign.faults import FAULTS, Scene, followed
from tests.campaign.graphs import Graphs
from tests.campaign.hints import PUT_BACK
from tests.campaign.report import Episode
from tests.campaign.world import CANARY, Stopped, Violation, World
from tests.property.generator import Spec
from tests.support.provider import provider

MODES = ("phases", "one-plan", "stacks")
EPISODES = 6
"""In one life."""
VIOLATED = 4
"""Exit code of a worker that has seen a violation; 1 is what an error of its own gives."""


@dataclass
class Life:
    """`only_last`: faults in the last episode only."""

    seed: int
    mode: str
    run: int
    top: Path
    tofu: Path
    episodes: int = EPISODES
    fault: str = ""
    only_last: bool = False
    stop: Path | None = None
    usual: float = 3.0
    spec: Spec = field(default_factory=dict)
    before: Spec = field(default_factory=dict)
    labels: dict[str, set[str]] = field(default_factory=dict)
    """Name of every resource that ever was -> names of its things in the cloud; one that is declared anew has another."""

    def live(self) -> Iterator[Episode]:
        """Episodes as they end; nothing more after a violation."""
        cloud = Cloud(secret=CANARY)
        with provider(cloud):
            self.graphs = Graphs(f"{self.seed}/{self.mode}/{self.run}")
            world = self.world = World(self.top, self.mode, cloud, self.tofu, self.stop)
            world.in_git = self.random("git").random() < 0.2
            try:
                for number in range(1, self.episodes + 1):
                    row = self.episode(number)
                    yield row
                    if row.violation:
                        return
                if self.episodes == EPISODES:
                    yield self.guarded(Episode(self.mode, self.run, self.episodes + 1, "destroy"), self.destroy)
            finally:
                world.close()

    def random(self, what: object) -> Random:
        return Random(f"{self.seed}/{self.mode}/{self.run}/{what}")

    def episode(self, number: int) -> Episode:
        rng = self.random(number)
        kinds = list(FAULTS)
        kind = self.fault or rng.choices(kinds, [FAULTS[k][0] for k in kinds])[0]
        if (number == 1 and rng.random() < 0.5) or (self.only_last and number < self.episodes):
            kind = "nothing"
        row = Episode(self.mode, self.run, number, kind)
        self.before = self.spec
        if not self.spec:
            self.spec = self.graphs.stacks() if self.mode == "stacks" else self.graphs.spec()
        else:
            for _ in range(rng.choice([0, 1, 1, 1, 2, 3])):
                self.spec = self.graphs.edit(self.spec)
        return self.guarded(row, lambda r: self.happens(r, rng))

    def guarded(self, row: Episode, do: Callable[[Episode], None]) -> Episode:
        began = time.monotonic()
        try:
            do(row)
        except Violation as found:
            row.violation, row.detail = found.kind, str(found)
            self.world.said.append(f"VIOLATION {found.kind}: {found}")
        (self.top / "said").write_text("\n".join(self.world.said))
        row.seconds = round(time.monotonic() - began, 1)
        return row

    # One episode.

    def happens(self, row: Episode, rng: Random) -> None:
        world = self.world
        world.said.append(f"### episode {row.episode}: {row.fault}")
        world.write(self.spec)
        self.name_labels()
        was, done = self.objects(), len(world.cloud.done)
        told = self.plan("plan")
        scene = Scene(world, self.spec, rng, self.usual, self.flags(rng))
        _, act = FAULTS[row.fault]
        try:
            result = act(scene)
        finally:
            row.how = scene.broken
            world.said.append(f"### how: {scene.broken}")
        row.exit_code = result.code
        world.cloud.calm()
        merge(told, scene.told)
        looked = rng.random() < 0.6
        if looked:
            world.idle()
            world.look(module=scene.killed, temporary=scene.killed)
            if not scene.destroys:
                self.announced(done, told)
        touched = {name for _, name in world.cloud.done[done:]}
        if row.fault != "nothing":
            if result.code == 0 and scene.trusted and not world.running():
                self.nothing_left("plan", "a run that said it was done was not")
            self.first_clean_run(rng, told, scene)
        world.idle()
        world.look(module=False, temporary=scene.killed and not looked)
        self.nothing_left(*self.verb(rng), "the next plan is not empty")
        self.values()
        if not scene.destroys:
            self.announced(done, told, touched)
            self.all_announced(was, told, touched)
        self.orphans()

    def first_clean_run(self, rng: Random, told: dict[str, str], scene: Scene) -> None:
        flags = self.flags(rng)
        clean = Scene(self.world, self.spec, rng, self.usual, flags)
        command = [*clean.stacked("apply"), *flags, *(["--lock-timeout", "60s"] if self.mode != "stacks" else [])]
        if self.mode == "stacks":
            self.world.idle()
        idle, done, now = not self.world.running(), len(self.world.cloud.done), dict[str, str]()
        if rng.random() < 0.6:
            merge(now, self.plan("plan", "--lock-timeout", "60s"))
        elif scene.unforeseen or rng.random() < 0.5:
            command += self.world.listener.flags
        else:
            now["direct"] = "direct"
        began = time.monotonic()
        result = followed(clean, command)
        if result.code != 0:
            raise Violation("first clean run failed", "\n".join(self.world.said[-2:]))
        merge(now, self.world.listener.heard())
        if idle and "direct" not in now:
            self.announced(done, now)
        merge(told, now)
        self.usual = 0.5 * self.usual + 0.5 * (time.monotonic() - began)

    def flags(self, rng: Random) -> list[str]:
        if self.mode != "one-plan":
            return []
        ways: list[list[str]] = [["--one-plan"], ["--one-plan"], ["--one-plan=careful"], []]
        return rng.choice(ways)

    def verb(self, rng: Random) -> tuple[str, ...]:
        return ("plan", *self.flags(rng))

    def plan(self, *verb: str) -> dict[str, str]:
        """Name -> what a plan says of it."""
        scene = Scene(self.world, self.spec, Random(0), 0, [])
        stacked = self.mode == "stacks"
        args = [a for a in verb if not (stacked and a in ("--lock-timeout", "60s"))]
        result = followed(scene, [*scene.stacked(*args), "--json"])
        if result.code != 0:
            raise Violation("plan failed", "\n".join(self.world.said[-2:]))
        return announced.planned(json.loads(result.stdout))

    def nothing_left(self, *args: str) -> None:
        *verb, what = args
        found = self.plan(*verb)
        if left := {n: a for n, a in found.items() if a not in ("noop", "read")}:
            raise Violation("not converged", f"{what}: {left}\n" + self.world.said[-1])

    # What must hold.

    def specs(self, spec: Spec) -> Mapping[str, Spec]:
        """Name of a stack ("" where there are none) -> its graph."""
        stacks: Mapping[str, Spec] = spec.get("stacks", {"": spec} if spec else {})
        return stacks

    def state(self, stack: str) -> Path:
        return self.world.directory / (f"nivis.{stack}.state.json" if stack else "nivis.state.json")

    def objects(self) -> expected.Objects:
        """Of all stacks; a name is never in two."""
        found: expected.Objects = {}
        for stack in self.specs(self.spec):
            found |= expected.read(self.state(stack))[0]
        return found

    def name_labels(self) -> None:
        for spec in self.specs(self.spec).values():
            for node in spec["nodes"]:
                self.labels.setdefault(node["name"], set()).add(node.get("label", node["name"]))

    def values(self) -> None:
        around: dict[str, Any] = {"var": {"canary": self.world.canary}}
        for stack, spec in self.specs(self.spec).items():
            objects, outputs = expected.read(self.state(stack))
            if expected.problems(spec, objects, outputs, around):
                # What a refresh finds to be as it should, the engine does not write down.
                expected.refresh(objects, self.world.cloud.existing, {node["name"] for node in spec["nodes"]})
            for problem in expected.problems(spec, objects, outputs, around):
                raise Violation("wrong values", f"{stack} {problem}\n{json.dumps(spec)}")
            if left := expected.deposed(self.state(stack)):
                raise Violation("deposed object left", str(left))
            around[f"stack.{stack}"] = outputs

    def allowed(self, told: Mapping[str, str], touched: Set[str]) -> set[str]:
        """Labels of what may go: announced as going, or as `?`, and `touched`, what the faulty run has made or changed."""
        names = {n for n, action in told.items() if action in ("delete", "replace", "unknown")}
        # What was renamed may be declared anew under its new name, in one edit.
        former = {old for old in self.labels if self.called(old) in names}
        allowed = {label for n in names | former for label in self.labels.get(n, {n})} | touched
        # Of what is forgotten only the state loses sight.
        allowed |= {n for n, action in told.items() if action == "forget" and n.startswith("n")}
        if "unknown" in told.values() or "direct" in told:
            # What is no longer declared may turn out to be a member of a group that waits: said late, and asked about.
            declared = {n["name"] for spec in self.specs(self.spec).values() for n in spec["nodes"]}
            gone = {label for name, labels in self.labels.items() if name not in declared for label in labels}
            allowed |= gone | {n for n in [*self.labels, *self.members()] if n.startswith(("g", "i"))}
        if "direct" in told and touched:
            allowed = allowed.union(*self.labels.values())
        return allowed

    def members(self) -> set[str]:
        return {name for _, name in self.world.cloud.done if name.startswith(("g", "i"))}

    def announced(self, done: int, told: Mapping[str, str], touched: Set[str] = frozenset()) -> None:
        """Nothing was destroyed that was not announced, since so many things were done."""
        gone = {name for verb, name in self.world.cloud.done[done:] if verb == "delete"}
        allowed = self.allowed(told, touched)
        if strange := gone - allowed:
            raise Violation("destroyed unannounced", f"{sorted(strange)}; announced: {sorted(allowed)}")

    def all_announced(self, was: expected.Objects, told: Mapping[str, str], touched: Set[str]) -> None:
        """The same of what only the state knows."""
        allowed, now = self.allowed(told, touched), self.objects()
        for name, old in was.items():
            called = self.called(name)
            # What is renamed to nothing goes under the name that it had.
            told_of = {name, called} & allowed
            if name.startswith("n") and now.get(called, {}).get("id") != old["id"] and not told_of:
                raise Violation("destroyed unannounced", f"{name}; announced: {sorted(allowed)}")

    def called(self, name: str) -> str:
        """Its name after all renames that the engine is told of."""
        moves = [m for spec in self.specs(self.spec).values() for m in spec["moved"]]
        renamed = {m["from"].split(".")[-1]: m["to"].split(".")[-1] for m in moves}
        while name in renamed:
            name = renamed[name]
        return name

    def forgotten(self) -> set[str]:
        """Labels of things that were left to themselves."""
        every = [a for spec in self.specs(self.spec).values() for a in spec["forgotten"]]
        return {label for a in every for label in self.labels.get(a.split(".")[-1], ())}

    def orphans(self) -> None:
        """Things that no state knows, and things in a state that are not there."""
        cloud = self.world.cloud
        objects = self.objects()
        declared = {node["name"] for spec in self.specs(self.spec).values() for node in spec["nodes"]}
        ghosts = expected.ghosts(objects, cloud.existing, declared)
        known = {o["id"] for name, o in objects.items() if "seen" in o and name not in ghosts}
        if gone := known - cloud.existing.keys():
            raise Violation("object lost", f"in the state, not in the cloud: {sorted(gone)}")
        said = "\n".join(self.world.said)
        for id_, found in cloud.existing.items():
            if id_ in known or id_ in cloud.lost or found["name"] in self.forgotten():
                continue
            names = [n for n, labels in self.labels.items() if found["name"] in labels] or [found["name"]]
            if not any(excused(said, name) for name in names):
                raise Violation("object lost", f"in the cloud, in no state, and nobody said so: {id_}")
            cloud.lost.add(id_)

    def destroy(self, row: Episode) -> None:
        scene = Scene(self.world, self.spec, Random(0), 0, [])
        if self.world.run(*scene.stacked("destroy")).code != 0:
            raise Violation("destroy failed", self.world.said[-1])
        if left := self.objects():
            raise Violation("destroy failed", f"left in the state: {sorted(left)}")
        self.orphans()
        self.world.idle()
        self.world.look(module=False, temporary=False)


def excused(said: str, name: str) -> bool:
    """Was it said that this thing may exist without being in the state, or that making it failed?

    Of what a state has lost that had to be put back the run has told while it made it.
    """
    told = [line for line in said.splitlines() if re.search(rf"lab_thing\.{name}\b", line)]
    words = ["may exist", "failed", "nivis import", *(["created after"] if PUT_BACK in said else [])]
    return any(word in line for line in told for word in words)


def work(options: Namespace) -> int:
    """Life after life, until the time is over or somebody stops it. The exit code: `VIOLATED` or 0."""
    until = time.monotonic() + 60 * options.minutes
    engine = locate.find_engine(None, dict(os.environ), lambda _: "").exe
    out: Path = options.out
    out.mkdir(parents=True, exist_ok=True)
    run = options.run if options.run is not None else options.worker
    bad = False
    while time.monotonic() < until and not (out / "stop").exists():
        modes = options.mode or MODES
        mode = modes[run % len(modes)]
        with tempfile.TemporaryDirectory(prefix="nvc-", ignore_cleanup_errors=True) as top:
            made = (options.seed, mode, run, Path(top) / "x", engine, options.episodes, options.fault or "")
            life = Life(*made, only_last=options.only_last, stop=out / "stop")
            with contextlib.suppress(Stopped):
                for row in life.live():
                    bad |= record(row, life, out, options)
        if options.run is not None:
            break
        run += options.workers
    return VIOLATED if bad else 0


def record(row: Episode, life: Life, out: Path, options: Namespace) -> bool:
    """Tells of an episode; was there a violation?"""
    if row.violation:
        place = out / f"{life.seed}-{row.mode}-{row.run}-{row.episode}"
        shutil.rmtree(place, ignore_errors=True)
        keep(life.top, place)
        fault = f" --fault '{row.fault}'" if options.fault else ""
        fault += " --only-last" if options.only_last or (options.worker is not None and alone(row, life)) else ""
        row.again = f"python -m tests.campaign --seed {life.seed} --mode {row.mode} --run {row.run} --episodes {row.episode}{fault}"
    with (out / f"episodes-{row.run % options.workers if options.worker is not None else 'one'}.jsonl").open(
        "a"
    ) as file:
        file.write(json.dumps(asdict(row)) + "\n")
    print(row.text(), flush=True)
    return bool(row.violation)


def alone(row: Episode, life: Life) -> bool:
    """Does the last fault make the violation without those before it? Lives once more, to tell the shortest way."""
    with tempfile.TemporaryDirectory(prefix="nvc-", ignore_cleanup_errors=True) as top:
        again = replace(life, top=Path(top) / "x", episodes=row.episode, only_last=True, spec={}, before={}, labels={})
        rows = list(again.live())
    return (rows[-1].episode, rows[-1].violation) == (row.episode, row.violation)


def keep(top: Path, to: Path) -> None:
    """Puts the directory of a life where it is not thrown away."""
    shutil.copytree(top, to, symlinks=True, ignore=_special)


def _special(directory: str, names: list[str]) -> list[str]:
    """FIFOs and sockets, which cannot be copied."""
    found = [Path(directory, n) for n in names]
    return [p.name for p in found if not (p.is_symlink() or p.is_file() or p.is_dir())]
