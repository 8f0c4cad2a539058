"""Meta-arguments of resources, and settings of a run, as the IR has them."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from nivis_tofu.core import json_text
from nivis_tofu.core.nearest import did_you_mean
from nivis_tofu.ir.decode_values import ValueDecoder
from nivis_tofu.ir.model import Meta, Settings
from nivis_tofu.ir.values import Ref, leaves

_CONDITIONS = {"precondition", "postcondition"}
_LIFECYCLE = {"preventDestroy", "createBeforeDestroy", "ignoreChanges", "replaceTriggeredBy"} | _CONDITIONS

_SETTINGS = {"ask": '"always" "auto" "name"', "style": '"list" "diff" "full"', "onePlan": "true false", "checks": ""}
"""What each may be, as JSON; nothing: that is not one of a few."""

_NONE = Meta()


class MetaDecoder(ValueDecoder):
    """Decodes `meta` of one resource at a time, and `settings`."""

    def meta(self, data: Any, rid: str) -> Meta:
        if not data:
            return _NONE
        cycle = self.table(data.get("lifecycle"), f"{rid}: meta.lifecycle")
        for key in sorted(set(cycle) - _LIFECYCLE):
            self.problem(
                "Unknown lifecycle argument",
                f"`{rid}`: meta.lifecycle.{key} is none of {', '.join(sorted(_LIFECYCLE))}.",
                did_you_mean(key, _LIFECYCLE),
                rid,
                "meta.lifecycle",
            )
        other = self.config({k: v for k, v in data.items() if k not in ("dependsOn", "lifecycle")}, rid)
        for key in sorted(other.keys() - {"timeouts"}):
            near = difflib.get_close_matches(key, ("dependsOn", "lifecycle", "timeouts"), n=1, cutoff=0.8)
            if near:
                self.problem(
                    "Unknown meta-argument",
                    f"`{rid}`: there is no meta.{key}.",
                    f"Did you mean `{near[0]}`?",
                    rid,
                    f"meta.{key}",
                )
            elif any(isinstance(leaf, Ref) and not leaf.path for leaf in leaves(other[key])):
                self.problem(
                    "A resource where a value is expected",
                    f"`{rid}`: meta.{key} holds a resource; only dependsOn and lifecycle.replaceTriggeredBy take one.",
                    'Use a reference to one of its attributes, as in `refAttr "id"`.',
                    rid,
                    f"meta.{key}",
                )
        ignore = cycle.get("ignoreChanges")
        ignored = f"{rid}: meta.lifecycle.ignoreChanges"
        return Meta(
            depends_on=self.strings(data.get("dependsOn"), f"{rid}: meta.dependsOn"),
            prevent_destroy=self.flag(cycle.get("preventDestroy"), f"{rid}: meta.lifecycle.preventDestroy"),
            create_before_destroy=self.flag(
                cycle.get("createBeforeDestroy"), f"{rid}: meta.lifecycle.createBeforeDestroy"
            ),
            ignore_changes="all" if ignore == "all" else self.strings(ignore, ignored),
            replace_triggered_by=tuple(self.triggers(cycle.get("replaceTriggeredBy"), rid)),
            conditions=self.config({k: v for k, v in cycle.items() if k in _CONDITIONS}, rid),
            other=other,
        )

    def triggers(self, data: Any, rid: str) -> Iterator[Ref | str]:
        where = f"{rid}: meta.lifecycle.replaceTriggeredBy"
        for item in self.sequence(data, where):
            value = self.value(item, rid)
            if isinstance(value, str) and value in self.ids:
                yield Ref(value, ())
            elif isinstance(value, str | Ref):
                yield value
            else:
                self.problem("Malformed meta", f"`{where}` must hold references, ids or addresses.", address=rid)

    def settings(self, data: Mapping[str, Any]) -> Settings:
        for key, value in data.items():
            if key not in _SETTINGS:
                self.problem(
                    "Unknown setting",
                    f"`settings` has an element `{key}` that this version does not know; nothing is dropped silently.",
                    f"There are: {', '.join(_SETTINGS)}.",
                )
            elif (choices := _SETTINGS[key].split()) and value is not None and json_text.dumps(value) not in choices:
                self.problem("Malformed setting", f"`settings.{key}` must be one of {', '.join(choices)}.")
        checks = self.strings(data.get("checks"), "settings.checks")
        return Settings(str(data.get("ask") or ""), str(data.get("style") or ""), data.get("onePlan"), checks)
