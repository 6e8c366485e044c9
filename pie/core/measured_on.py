"""What `measured_on` stands for: the entries behind the label of a number, and what two differ in.

A label is `MACHINE:FINGERPRINT`. Its entries are in a manifest: that of a run of `pie simulate`, or
the one beside a file of `pie dataset`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pie.core.dataset.manifest import earlier_manifest
from pie.core.differences import differences, named
from pie.core.run_folder import load_json
from sim.program import Language, digest_of
from sim.setting import number_entries, number_label

Settings = Mapping[str, Mapping[str, Any]]
"""The entries that decide a number, by its label."""


def settings_of(described: Mapping[str, Any], languages: Mapping[str, Any]) -> Settings:
    """Return the entries behind each label of a described setting.

    Labels of earlier versions, whose fingerprints held budgets too, are among them.
    """
    machine = described.get("machine")
    name = machine.get("machine") if isinstance(machine, Mapping) else None
    known: dict[str, Mapping[str, Any]] = {}
    for language in languages:
        entries = number_entries(described, language)
        known[number_label(str(name), described, language)] = entries
        toolchain = {language: languages[language]}
        earlier = digest_of({**described, "toolchain": toolchain})[:12]
        known[f"{name}:{earlier}"] = entries
    return known


def run_settings(manifest: Mapping[str, Any]) -> Settings:
    """Return the entries behind the labels of a run's rows; none of a manifest without them."""
    described = manifest.get("setting")
    if not isinstance(described, Mapping) or not isinstance(described.get("toolchain"), Mapping):
        return {}
    machine, known = manifest.get("machine"), dict(settings_of(described, described["toolchain"]))
    # A run of an earlier version has one label for all its languages.
    if isinstance(machine, Mapping) and len(described["toolchain"]) == 1:
        label = f"{machine.get('name')}:{machine.get('fingerprint')}"
        known[label] = number_entries(described, next(iter(described["toolchain"])))
    return known


def settings_beside(*paths: Path) -> Settings:
    """Return what the manifests beside files, and those of the runs that they lie in, tell."""
    known: dict[str, Mapping[str, Any]] = {}
    for path in paths:
        manifest = earlier_manifest(path)
        told = manifest.get("settings")
        if isinstance(told, Mapping):
            known |= {str(label): one for label, one in told.items() if isinstance(one, Mapping)}
        parameters = manifest.get("parameters")
        described = parameters.get("runtimes_from") if isinstance(parameters, Mapping) else None
        if isinstance(described, Mapping) and isinstance(described.get("toolchain"), Mapping):
            known |= settings_of(described, described["toolchain"])
        run = path.parent / "manifest.json"
        if run.is_file():
            known |= run_settings(load_json(run))
    return known


def label_of(manifest: Mapping[str, Any], language: Language) -> str:
    """Return the label of a run's numbers of one language."""
    machine, described = manifest.get("machine"), manifest.get("setting")
    name = machine.get("name") if isinstance(machine, Mapping) else None
    if isinstance(described, Mapping):
        return number_label(str(name), described, language)
    return f"{name}:{machine.get('fingerprint') if isinstance(machine, Mapping) else None}"


def same(left: str, right: str, known: Settings) -> bool:
    """Tell whether numbers under two labels are comparable."""
    return left == right or (left in known and known.get(left) == known.get(right))


def told(left: str, right: str, known: Settings) -> str:
    """Say in which entries two labels differ, or why nobody knows."""
    unknown = [label for label in (left, right) if label not in known]
    if unknown:
        were = "is" if len(unknown) == 1 else "are"
        return f"what is behind {' and '.join(unknown)} {were} in no manifest beside these files"
    return named(differences("", known[left], known[right]))
